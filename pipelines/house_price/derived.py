"""What is worked out from a house: totals, ages and products. The members see it next to the inputs."""

from __future__ import annotations

import numpy as np

from pipelines.house_price.coding import IS_CATEGORY, PLACE
from pipelines.house_price.columns import CATEGORIES, INPUTS

DERIVED = ["total_area", "finished_area", "age", "since_remodelled", "baths", "outside", "qualities", "month", "worth"]
SQUARE_FEET = [
    *("living_area", "lot_area", "lot_frontage", "second_floor", "basement_area", "basement_finished", "garage_area"),
    *("veneer_area", "deck", "open_porch", "closed_porch"),
]
AREAS = [*(PLACE[name] for name in SQUARE_FEET), *(len(INPUTS) + DERIVED.index(name) for name in DERIVED[:2])]
AREAS += [len(INPUTS) + DERIVED.index("outside"), len(INPUTS) + DERIVED.index("worth")]
AGES = [len(INPUTS) + DERIVED.index(name) for name in ("age", "since_remodelled")]


def derive(codes: np.ndarray) -> np.ndarray:
    """Return codes without gaps, and what is worked out from them, shape (n, k + 9)."""
    of = {name: codes[:, place] for name, place in PLACE.items()}
    total, finished = of["living_area"] + of["basement_area"], of["living_area"] + of["basement_finished"]
    return np.column_stack(
        [
            codes,
            total,
            finished,
            np.maximum(of["year_sold"] - of["year_built"], 0),
            np.maximum(of["year_sold"] - np.maximum(of["year_remodelled"], of["year_built"]), 0),
            of["full_baths"] + of["basement_baths"] + of["half_baths"] / 2,
            of["deck"] + of["open_porch"] + of["closed_porch"],
            of["overall_quality"] / 2 + of["exterior_quality"] + of["kitchen_quality"] + of["basement_quality"],
            12 * of["year_sold"] + of["month_sold"],
            total * of["overall_quality"],
        ]
    )


class Scaler:
    """Standardized numbers, and a column per level of each category, for members that are no trees."""

    def fit(self, derived: np.ndarray) -> Scaler:
        """Return the scaler of some houses."""
        numbers = self._numbers(derived)
        self.mean, self.scale = numbers.mean(axis=0), numbers.std(axis=0) + 1e-9
        self.levels = [np.unique(derived[:, PLACE[name]]) for name in CATEGORIES]
        return self

    def transform(self, derived: np.ndarray) -> np.ndarray:
        """Return the matrix, shape (n, columns). The logarithms of areas and the roots of ages are standardized."""
        numbers = np.clip((self._numbers(derived) - self.mean) / self.scale, -8, 8)
        one_hot = [derived[:, [PLACE[name]]] == levels for name, levels in zip(CATEGORIES, self.levels, strict=True)]
        return np.hstack([numbers, *one_hot])

    def _numbers(self, derived: np.ndarray) -> np.ndarray:
        numbers = derived.copy()
        numbers[:, AREAS] = np.log1p(numbers[:, AREAS])
        numbers[:, AGES] = np.sqrt(numbers[:, AGES])
        return numbers[:, ~np.append(IS_CATEGORY, np.zeros(len(DERIVED), bool))]

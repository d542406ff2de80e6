"""From what an owner states to numbers: a matrix with a column per input, in which what is left out is NaN."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipelines.house_price.columns import CATEGORIES, DEFAULTS, INPUTS, NUMBERS, ORDINALS, WITHIN

if TYPE_CHECKING:
    from capstan.contract.model import Columns

PLACE = {name: place for place, name in enumerate(INPUTS)}
IS_CATEGORY = np.array([name in CATEGORIES for name in INPUTS])
IS_WHOLE = np.array([name not in ("latitude", "longitude") for name in INPUTS])
MOST = 20  # houses of which what was left out is taken
FURTHEST = np.where(IS_CATEGORY, 1.0, 3.0).astype(np.float32)  # a category differs or not; a number, in deviations
LOGGED = [PLACE[name] for name in ("living_area", "lot_area", "lot_frontage")]


def accepted(codes: np.ndarray, filled: np.ndarray) -> np.ndarray:
    """Return the codes without gaps, shape (n, k), each value that was filled in as the contract has it.

    It is a whole number, but for a place on the map, and no part is above its whole.
    """
    gaps = np.isnan(codes)
    complete = np.where(gaps & IS_WHOLE, np.rint(filled), filled)
    for part, whole in ((PLACE[part], PLACE[whole]) for part, whole in WITHIN.items()):
        complete[:, part] = np.where(
            gaps[:, part], np.minimum(complete[:, part], complete[:, whole]), complete[:, part]
        )
        complete[:, whole] = np.where(
            gaps[:, whole], np.maximum(complete[:, whole], complete[:, part]), complete[:, whole]
        )
    return complete


class Coder:
    """The codes of the categories, and the houses of which the values that were left out are taken."""

    def fit(self, rows: Columns) -> Coder:
        """Return the coder of some houses: what it fills in, it takes from them."""
        self.levels = {name: sorted({value for value in rows[name] if value is not None}) for name in CATEGORIES}
        self.houses = self.codes(rows)
        median = np.tile(np.nanmedian(self.houses, axis=0), (len(self.houses), 1))
        self.whole = accepted(self.houses, np.where(np.isnan(self.houses), median, self.houses))
        logged = self._logged(self.whole)
        self.scale = np.where(IS_CATEGORY, 1.0, logged.std(axis=0) + 1e-9)
        self.known = (logged / self.scale).astype(np.float32)
        return self

    def codes(self, columns: Columns) -> np.ndarray:
        """Return the inputs as numbers, shape (n, k). A category or a quality is its position; what is missing, NaN."""
        coded = np.full((len(columns["living_area"]), len(INPUTS)), np.nan)
        for name in NUMBERS:
            coded[:, PLACE[name]] = np.array(columns[name], dtype=float)
        ranked = {name: list(texts.values()) for name, (_, texts) in ORDINALS.items()}
        for name, levels in (ranked | self.levels).items():
            known = {value: float(code) for code, value in enumerate(levels)}
            coded[:, PLACE[name]] = [known.get(value, np.nan) for value in columns[name]]
        for name, value in DEFAULTS.items():
            coded[np.isnan(coded[:, PLACE[name]]), PLACE[name]] = value
        return coded

    def fill(self, codes: np.ndarray) -> np.ndarray:
        """Return the codes without gaps, shape (n, k): of the houses that are most alike in what is given.

        A number is their median, a category the most frequent one, as far as the contract accepts it. Alike: the sum of
        distances over what is given, of a number in standard deviations, at most 3, of a category 0 or 1.
        """
        filled, scaled = codes.copy(), (self._logged(codes) / self.scale).astype(np.float32)
        for row in np.flatnonzero(np.isnan(codes).any(axis=1)):
            present = np.flatnonzero(~np.isnan(codes[row]))
            away = np.minimum(np.abs(self.known[:, present] - scaled[row, present]), FURTHEST[present])
            alike = self.whole[np.argpartition(away.sum(axis=1), MOST)[:MOST]]
            gaps = np.isnan(codes[row])
            filled[row, gaps & ~IS_CATEGORY] = np.median(alike[:, gaps & ~IS_CATEGORY], axis=0)
            for place in np.flatnonzero(gaps & IS_CATEGORY):
                filled[row, place] = np.bincount(alike[:, place].astype(int)).argmax()
        return accepted(codes, filled)

    def _logged(self, codes: np.ndarray) -> np.ndarray:
        logged = codes.copy()
        logged[:, LOGGED] = np.log(logged[:, LOGGED])
        return logged

"""What follows from the columns of a customer: sums, changes and pairs, each with the inputs that it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.churn.columns import CATEGORIES, NUMBERS, SERVICES

if TYPE_CHECKING:
    from capstan.contract.model import Columns

PAIRS = {
    "contract and internet": ("contract", "internet"),
    "contract and payment": ("contract", "payment"),
    "television and movies": ("tv", "movies"),
}
# Name -> its inputs. What is said of it is divided evenly among them.
DERIVED = {
    "services": ("phone", "lines", *SERVICES),
    "average bill": ("total", "tenure"),
    "change of the bill": ("monthly", "total", "tenure"),
    "tenure, month to month": ("tenure", "contract"),
    "tenure, fiber": ("tenure", "internet"),
    **PAIRS,
}


def known(columns: Columns) -> dict[str, Any]:
    """Return the inputs by name: floats, an array of shape (n,), and lists of texts; None or NaN where one is missing.

    A total that is missing is that of the same bill each month.
    """
    values: dict[str, Any] = {name: np.array(columns[name], dtype=float) for name in NUMBERS}
    values["total"] = np.where(np.isnan(values["total"]), values["tenure"] * values["monthly"], values["total"])
    return values | {name: [v if isinstance(v, str) else None for v in columns[name]] for name in CATEGORIES}


def derived(values: dict[str, Any]) -> dict[str, Any]:
    """Return what follows from the inputs as `known` returns them, by the names of DERIVED."""
    tenure, monthly = values["tenure"], values["monthly"]
    average = np.where(tenure > 0, values["total"] / np.maximum(tenure, 1), monthly)
    return {
        "services": np.sum([_is(values[name], "yes") for name in DERIVED["services"]], axis=0).astype(float),
        "average bill": average,
        "change of the bill": monthly - average,
        "tenure, month to month": np.where(_is(values["contract"], "month-to-month"), tenure, np.nan),
        "tenure, fiber": np.where(_is(values["internet"], "fiber optic"), tenure, np.nan),
        **{
            name: [None if None in pair else ", ".join(pair) for pair in zip(values[one], values[two], strict=True)]
            for name, (one, two) in PAIRS.items()
        },
    }


def _is(texts: list[str | None], text: str) -> np.ndarray:
    return np.array([value == text for value in texts])

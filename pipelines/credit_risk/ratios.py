"""What a lender works out from an application before anything else: how much is left, and what the loan takes of it."""

from collections.abc import Mapping

import numpy as np

# Ratio -> the inputs that it is made of.
RATIOS = {
    "financed share": ("amount", "price"),
    "deposit": ("amount", "price"),
    "instalment": ("amount", "term"),
    "free income": ("income", "expenses"),
    "left after the instalment": ("amount", "term", "income", "expenses"),
    "instalment of free income": ("amount", "term", "income", "expenses"),
    "free income over the amount": ("amount", "term", "income", "expenses"),
    "debt of assets": ("debt", "assets"),
    "net worth": ("debt", "assets"),
}


def ratios(of: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the values of RATIOS, shapes (n,), for inputs of shapes (n,); NaN where one of them is not known."""
    instalment, free = of["amount"] / of["term"], of["income"] - of["expenses"]
    values = (
        of["amount"] / of["price"],
        of["price"] - of["amount"],
        instalment,
        free,
        free - instalment,
        instalment / np.maximum(free, 1),
        free * of["term"] / of["amount"],
        of["debt"] / (of["assets"] + 1),
        of["assets"] - of["debt"],
    )
    return dict(zip(RATIOS, values, strict=True))

"""What is served: the segment of a customer, in words, how sure it is, and what such customers do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.contract.model import Model
from capstan.errors import InvalidRow
from pipelines.segmentation import words
from pipelines.segmentation.columns import COUNTRY, CUSTOMER, DAY, INPUTS

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.model import Columns
    from pipelines.segmentation.divisions import Division
    from pipelines.segmentation.outcomes import Outlook
    from pipelines.segmentation.scaling import Scaling


@dataclass(eq=False)
class SegmentModel(Model):
    """A division and fits of it on other samples, which vote. Country sets the customers that the money is compared
    with.

    names: of the parts. words, rules: by name. matches: each refit's parts as ours. spending: sorted money by country.
    rivals: other divisions that the gate compares, with their outlook. shares: of the parts, a row per day.
    """

    inputs = {CUSTOMER: "long"} | dict.fromkeys(INPUTS, "double") | {COUNTRY: "string", DAY: "string"}
    requirements = ("scikit-learn", "scipy", "numpy")
    steady = True

    division: Division
    outlook: Outlook
    scaling: Scaling
    names: list[str]
    words: dict[str, str]
    refits: list[Division]
    matches: list[np.ndarray]
    spending: dict[str, np.ndarray]
    rivals: dict[str, tuple[Division, Outlook]]
    shares: pd.DataFrame
    rules: dict[str, str]

    def predict_columns(self, columns: Columns) -> dict[str, Any]:
        """Return segment, description, the share of the refits for each segment, the outlook, and the rank at home.

        Raises InvalidRow for a number that is no customer's, and for who bought nothing in the year.
        """
        rows = zip(columns[CUSTOMER], columns["frequency"], columns[DAY], strict=True)
        for row, (customer, frequency, day) in enumerate(rows):
            _check(customer, frequency, day, row)
        labels = self.division.predict(columns)
        segment = [self.names[label] for label in labels]
        return {
            "segment": segment,
            "description": [self.words[name] for name in segment],
            "rule": [self.rules[name] for name in segment],
            "known": words.customers(columns),
            "votes": [dict(zip(self.names, map(float, row), strict=True)) for row in self.votes(columns)],
            "buys": self.outlook.means[labels, 0],
            "order": np.exp(self.outlook.means[labels, 2]),
            "spends_more_than": self.ranks(columns),
        }

    def votes(self, columns: Columns) -> np.ndarray:
        """Return the share of the refits that put each customer into each segment, shape (n, segments)."""
        votes = np.zeros((len(columns[COUNTRY]), len(self.names)))
        for refit, match in zip(self.refits, self.matches, strict=True):
            votes[np.arange(len(votes)), match[refit.predict(columns)]] += 1
        return votes / len(self.refits)

    def ranks(self, columns: Columns) -> np.ndarray:
        """Return the share of the customers of the same country who spent less; of all, where they are few."""
        everyone = self.spending[""]
        known = [self.spending.get(country, everyone) for country in columns[COUNTRY]]
        return np.array(
            [np.searchsorted(sums, spent) / len(sums) for sums, spent in zip(known, columns["money"], strict=True)]
        )


def _check(customer: Any, frequency: Any, day: Any, row: int) -> None:
    """Raise InvalidRow where nothing is known of a customer, or nothing of the last year."""
    if frequency is None or np.isnan(frequency):
        raise InvalidRow(f"There is no customer {customer}. Send the number of one who has bought.", row, CUSTOMER)
    if frequency < 1:
        message = (
            f"Customer {customer} has lapsed: nothing was bought in the year before {day}, so there is no segment."
        )
        raise InvalidRow(message, row, CUSTOMER)

"""Two rankings in one list, and which of them people's clicks speak for.

Source: Radlinski, Kurup and Joachims, "How does clickthrough data reflect retrieval quality?" (CIKM 2008), section 3.2:
the two teams draft in turn, who begins is drawn again in each round, and each takes its best document that is left. So
where a click falls does not depend on the place of a team.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Drafted:
    """A list that is shown, and the team of each document: 0 or 1."""

    documents: list[int]
    teams: list[int]

    def credit(self, clicks: Sequence[int]) -> int:
        """Return 1 where the second ranking has more of the clicked documents, -1 where the first has, else 0."""
        clicked = [self.teams[self.documents.index(document)] for document in clicks]
        return int(np.sign(sum(clicked) - (len(clicked) - sum(clicked))))


def drafted(first: Sequence[int], second: Sequence[int], length: int, random: np.random.Generator) -> Drafted:
    """Return the first `length` documents of both rankings, drafted by teams."""
    rankings, documents, teams = (list(first), list(second)), list[int](), list[int]()
    while len(documents) < length and any(set(ranking) - set(documents) for ranking in rankings):
        begins = int(random.integers(2))
        for team in (begins, 1 - begins):
            left = next((document for document in rankings[team] if document not in documents), None)
            if left is not None and len(documents) < length:
                documents.append(left)
                teams.append(team)
    return Drafted(documents, teams)


@dataclass(frozen=True)
class Clicker:
    """A person who reads a list from above. click, stop: how likely for a document that is not relevant, and for one
    that is; stop: to leave after a click.

    Source: Guo, Liu and Wang, "Efficient multiple-click models in web search" (WSDM 2009), with the settings of
    Hofmann, Whiteson and de Rijke, "A probabilistic method for inferring preferences from clicks" (CIKM 2011), table 1.
    """

    click: tuple[float, float]
    stop: tuple[float, float]

    def clicks(self, documents: Sequence[int], relevant: np.ndarray, random: np.random.Generator) -> list[int]:
        """Return the documents of a list that are clicked."""
        clicked = []
        for document in documents:
            right = int(document in relevant)
            if random.random() < self.click[right]:
                clicked.append(document)
                if random.random() < self.stop[right]:
                    break
        return clicked


CLICKERS = {
    "perfect": Clicker((0.0, 1.0), (0.0, 0.0)),
    "navigational": Clicker((0.05, 0.95), (0.2, 0.9)),
    "informational": Clicker((0.4, 0.9), (0.1, 0.5)),
}

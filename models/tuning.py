"""Families of methods, the settings that are tried of each, and which of them is the best in the lines of a study."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

from models.study import Line, Study, markdown

if TYPE_CHECKING:
    import pandas as pd

Setting = dict[str, Any]


class Families:
    """Some families by name. grids: each one's class, and the values of each of its settings, the simplest first.

    score: the field of the study that decides, by its mean over the seeds. lowest: whether less of it is better.
    close: the first setting that is within so much of the best is taken.
    """

    def __init__(
        self,
        grids: Mapping[str, tuple[Any, Mapping[str, Sequence[Any]]]],
        score: str,
        lowest: bool = False,
        close: float = 0.0,
    ):
        self.grids, self.score, self.lowest, self.close = grids, score, lowest, close

    def __iter__(self) -> Iterator[str]:
        return iter(self.grids)

    def kind(self, family: str) -> Any:
        """Return the class of a family."""
        return self.grids[family][0]

    def trials(self, family: str) -> list[Setting]:
        """Return the settings of a family that are tried."""
        grid = self.grids[family][1]
        return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]

    def measure(self, study: Study, seeds: int, measured: Callable[[str, Setting, int], Line]) -> None:
        """Add the lines that a study lacks. measured: returns the scores of a family, a setting and a seed."""
        for family in self:
            for setting, seed in product(self.trials(family), range(seeds)):
                line = {"family": family, "setting": name(setting), "seed": seed}
                if not study.has(**line):
                    study.add(line | measured(family, setting, seed))

    def best(self, results: pd.DataFrame, family: str) -> Setting:
        """Return the setting of a family that the lines of a study speak for."""
        means = results[results["family"] == family].groupby("setting")[self.score].mean()
        worse = means - means.min() if self.lowest else means.max() - means
        return next(setting for setting in self.trials(family) if worse[name(setting)] <= self.close)

    def table(self, results: pd.DataFrame, columns: Mapping[str, Callable[[pd.DataFrame], str]]) -> str:
        """Return a table of a README: the best setting of each family, how many were tried, and some columns."""
        pairs = zip(results["family"], results["setting"], strict=True)
        at = [name(self.best(results, family)) == setting for family, setting in pairs]
        tried = results.groupby("family")["setting"].nunique()
        shown = {"settings tried": lambda rows: str(tried[rows["family"].iloc[0]])} | dict(columns)
        return markdown(results[at], {"family": "family", "best setting": "setting"}, shown)


def name(setting: Setting) -> str:
    """Return a setting as the lines of a study call it."""
    return ", ".join(f"{key} {value}" for key, value in setting.items()) or "no setting"

"""Families of methods, the settings that are tried of each, and which of them a record speaks for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from capstan.study.protocol import Line, Show, Table

if TYPE_CHECKING:
    import pandas as pd

Setting = dict[str, Any]


@dataclass(frozen=True)
class Choices:
    """Some families by name: each one's class, and the values of each of its settings, the simplest first.

    score: the field that decides, by its mean over the seeds. lowest: whether less of it is better. close: the first
    setting that is within so much of the best is taken.
    """

    grids: Mapping[str, tuple[Any, Mapping[str, Sequence[Any]]]]
    score: str
    lowest: bool = False
    close: float = 0.0

    def __iter__(self) -> Iterator[str]:
        return iter(self.grids)

    def kind(self, family: str) -> Any:
        """Return the class of a family."""
        return self.grids[family][0]

    def trials(self, family: str) -> list[Setting]:
        """Return the settings of a family that are tried."""
        grid = self.grids[family][1]
        return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]

    def cases(self) -> list[Line]:
        """Return the cases of a measure `(family, setting, seed)`, which finds a setting by `setting`."""
        return [{"family": family, "setting": name(setting)} for family in self for setting in self.trials(family)]

    def setting(self, family: str, called: str) -> Setting:
        """Return a setting of a family by its name in a case."""
        return next(setting for setting in self.trials(family) if name(setting) == called)

    def best(self, lines: "pd.DataFrame", family: str) -> Setting:
        """Return the setting of a family that the lines of a study speak for."""
        means = lines[lines["family"] == family].groupby("setting")[self.score].mean()
        worse = means - means.min() if self.lowest else means.max() - means
        return next(setting for setting in self.trials(family) if worse[name(setting)] <= self.close)

    def table(self, columns: Mapping[str, Show], part: str = "") -> Table:
        """Return a table of the best setting of each family, with how many were tried, and some columns."""

        def chosen(lines: "pd.DataFrame") -> "pd.DataFrame":
            pairs = zip(lines["family"], lines["setting"], strict=True)
            tried = lines["family"].map(lines.groupby("family")["setting"].nunique())
            return lines.assign(tried=tried)[[name(self.best(lines, family)) == called for family, called in pairs]]

        shown: dict[str, Show] = {"settings tried": lambda rows: str(rows["tried"].iloc[0])}
        return Table({"family": "family", "best setting": "setting"}, shown | dict(columns), part, chosen)


def name(setting: Setting) -> str:
    """Return a setting as the lines of a study call it."""
    return ", ".join(f"{key} {value}" for key, value in setting.items()) or "no setting"

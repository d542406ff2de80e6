"""`python -m pipelines.recommender.compare`: every method and the hybrid, on the ratings that are held out.

It writes `compare.json` into the folder that it is given, and prints the table. Nothing is chosen here: `tune.py` has
done that on validation data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.settings import settings
from models import paired, ranking
from models.study import Line, Study, markdown, options
from pipelines.recommender import data, methods, protocol, report
from pipelines.recommender.catalogue import Catalogue, catalogue
from pipelines.recommender.columns import SHOWN, USER
from pipelines.recommender.histories import Histories, histories
from pipelines.recommender.ranker import Hybrid, Inputs

PROTOCOLS: dict[str, Callable[[pd.DataFrame], np.ndarray]] = {
    "per person": protocol.held_out,
    "by time": protocol.held_out_after,
}
HYBRID = "hybrid (served)"


def parts(ratings: pd.DataFrame, held: np.ndarray, films: Catalogue) -> tuple[Histories, Histories, list[np.ndarray]]:
    """Return all training histories, those of the people with held-out ratings as well, and the films of the latter."""
    lists = [ratings[mask].groupby(USER).agg({"film": list, "stars": list}) for mask in (~held, held)]
    past = histories(lists[0]["film"], lists[0]["stars"], films.numbers)
    tested = np.flatnonzero(lists[0].index.isin(lists[1].index))
    relevant = [
        np.searchsorted(films.numbers, rated) for rated in lists[1].loc[lists[0].index[tested], "film"].tolist()
    ]
    return past, past.take(tested), relevant


def measure(ratings: pd.DataFrame, films: Catalogue, split: str, seeds: int) -> Iterator[Line]:
    """Yield a line per method and seed; the differences are those of the hybrid of the same seed."""
    past, tested, relevant = parts(ratings, PROTOCOLS[split](ratings), films)
    before, after = past.cut()
    early: dict[str, methods.Method] = {}
    late: dict[str, methods.Method] = {}
    for seed in range(seeds):
        early, late = methods.fit(before, films, seed, early), methods.fit(past, films, seed, late)
        hybrid = Hybrid().fit(Inputs(early, films, before), before, after, seed)
        ranked = {HYBRID: hybrid.rank(Inputs(late, films, past), tested)[0]}
        for name, method in late.items():
            ranked[name] = report.alone(method, tested, methods.METHODS[name].weighting)
        scores = {name: ranking.ndcg(shown, relevant) for name, shown in ranked.items()}
        for name, shown in ranked.items():
            line: Line = {"split": split, "people": len(tested), "method": name, "seed": seed}
            line |= {"ndcg": float(scores[name].mean())}
            line |= {"recall": float(ranking.recall(shown[:, :SHOWN], relevant).mean())}
            line |= {"coverage": ranking.coverage(shown, len(films))}
            if name != HYBRID:
                line |= paired.bootstrap(scores[HYBRID], scores[name], seed=seed)
            yield line


def cut(value: float) -> str:
    """Return a number with three digits, never rounded up."""
    return f"{np.floor(value * 1_000) / 1_000:.3f}"


def spread(values: pd.Series) -> str:
    """Return the mean of some seeds, and the lowest and the highest in brackets."""
    mean, low, high = (cut(value) for value in (values.mean(), values.min(), values.max()))
    return mean if low == high else f"{mean} ({low} to {high})"


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README: a row per method, the best last."""
    own, other = (results[results["split"] == split] for split in PROTOCOLS)
    best = own.groupby("method")["ndcg"].mean()

    def better(rows: pd.DataFrame) -> str:
        served = rows["method"].iloc[0] == HYBRID
        return "" if served else f"{cut(rows['low'].min())} to {cut(rows['high'].max())}"

    columns = {
        "nDCG@10": lambda rows: spread(rows["ndcg"]),
        "recall@10": lambda rows: cut(rows["recall"].mean()),
        "share of films shown": lambda rows: cut(rows["coverage"].mean()),
        "hybrid is better by (95 %)": better,
        "nDCG@10, split by time": lambda rows: spread(other.loc[other["method"] == rows["method"].iloc[0], "ndcg"]),
    }
    ordered = own.sort_values("method", key=lambda names: names.map(best), kind="stable")
    return markdown(ordered, {"method": "method"}, columns)


def main() -> None:
    """Measure, print and write."""
    parser = options(__doc__, Path(__file__).parent)
    parser.add_argument("--splits", nargs="+", default=list(PROTOCOLS), choices=list(PROTOCOLS))
    given = parser.parse_args()
    raw = data.tables(settings().data_dir)
    films = catalogue(raw["films"])
    study = Study(given.out / "compare.json", ["split", "method", "seed"])
    for split in given.splits:
        for line in measure(raw["ratings"], films, split, given.seeds):
            study.add(line)
    print(tables(study.table()))


if __name__ == "__main__":
    main()

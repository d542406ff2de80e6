"""`python -m pipelines.recommender.compare`: every method and the hybrid, on the ratings that are held out.

It writes `compare.json` into the folder that it is given, and prints the table. Nothing is chosen here: `tune.py` has
done that on validation data.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from capstan.settings import settings
from pipelines.recommender import data, methods, metrics, protocol, report
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


def measure(ratings: pd.DataFrame, films: Catalogue, split: str, seeds: int) -> list[dict[str, Any]]:
    """Return a line per method and seed; the differences are those of the hybrid of the same seed."""
    past, tested, relevant = parts(ratings, PROTOCOLS[split](ratings), films)
    before, after = past.cut()
    lines: list[dict[str, Any]] = []
    early: dict[str, methods.Method] = {}
    late: dict[str, methods.Method] = {}
    for seed in range(seeds):
        early, late = methods.fit(before, films, seed, early), methods.fit(past, films, seed, late)
        hybrid = Hybrid().fit(Inputs(early, films, before), before, after, seed)
        ranked = {HYBRID: hybrid.rank(Inputs(late, films, past), tested)[0]}
        for name, method in late.items():
            ranked[name] = report.ranking(method, tested, methods.METHODS[name].weighting)
        scores = {name: metrics.ndcg(shown, relevant) for name, shown in ranked.items()}
        for name, shown in ranked.items():
            line = {"split": split, "people": len(tested), "method": name, "seed": seed}
            line |= {"ndcg": float(scores[name].mean())}
            line |= {"recall": float(metrics.recall(shown[:, :SHOWN], relevant).mean())}
            line |= {"coverage": metrics.coverage(shown, len(films))}
            if name != HYBRID:
                line |= metrics.paired_bootstrap(scores[HYBRID], scores[name], seed=seed)
            lines.append(line)
            print(json.dumps(line), flush=True)
    return lines


def cut(value: float) -> str:
    """Return a number with three digits, never rounded up."""
    return f"{np.floor(value * 1_000) / 1_000:.3f}"


def spread(values: pd.Series) -> str:
    """Return the mean of some seeds, and the lowest and the highest in brackets."""
    mean, low, high = (cut(value) for value in (values.mean(), values.min(), values.max()))
    return mean if low == high else f"{mean} ({low} to {high})"


def markdown(table: pd.DataFrame) -> str:
    """Return the table of the README: a line per method, the best last."""
    own, other = (table[table["split"] == split] for split in PROTOCOLS)
    lines = [
        "| method | nDCG@10 | recall@10 | share of films shown | hybrid is better by (95 %) | nDCG@10, split by time |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name in own.groupby("method")["ndcg"].mean().sort_values().index:
        found, later = own[own["method"] == name], other[other["method"] == name]
        better = f"{cut(found['low'].min())} to {cut(found['high'].max())}" if name != HYBRID else ""
        shares = f"{cut(found['recall'].mean())} | {cut(found['coverage'].mean())}"
        lines.append(f"| {name} | {spread(found['ndcg'])} | {shares} | {better} | {spread(later['ndcg'])} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--splits", nargs="+", default=list(PROTOCOLS), choices=list(PROTOCOLS))
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    given = parser.parse_args()
    tables = data.tables(settings().data_dir)
    films = catalogue(tables["films"])
    given.out.mkdir(parents=True, exist_ok=True)
    file = given.out / "compare.json"
    lines = json.loads(file.read_text()) if file.exists() else []
    for split in given.splits:  # of the others, what was measured stays
        lines = [line for line in lines if line["split"] != split]
        lines += measure(tables["ratings"], films, split, given.seeds)
        file.write_text(json.dumps(lines, indent=1) + "\n")
    print(markdown(pd.DataFrame(lines)))


if __name__ == "__main__":
    main()

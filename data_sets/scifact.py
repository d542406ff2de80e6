"""SciFact: abstracts of papers, and claims with the abstracts that prove or refute them.

Source: Wadden et al., "Fact or fiction: verifying scientific claims" (2020), as BEIR has it: Thakur et al., "BEIR"
(2021). Claims CC BY 4.0, abstracts ODC-By 1.0.
"""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from capstan.errors import CapstanError
from capstan.inputs import downloads

if TYPE_CHECKING:
    import pandas as pd

URL = "https://public.ukp.informatik.tu-darmstadt.de/thakur/BEIR/datasets/scifact.zip"
ARCHIVE = "scifact.zip"
CORPUS, QUERIES = "corpus.jsonl.gz", "queries.jsonl"


@dataclass(frozen=True)
class Claims:
    """Claims, and the numbers of the abstracts that are relevant to each."""

    keys: list[str]
    texts: list[str]
    relevant: list[np.ndarray]


@dataclass(frozen=True)
class SciFact:
    """Abstracts by their number, and the claims of each part, `train` and `test`."""

    keys: list[str]
    titles: list[str]
    texts: list[str]
    claims: dict[str, Claims]

    def whole(self) -> list[str]:
        """Return title and text of each abstract as one text."""
        return [f"{title} {text}" for title, text in zip(self.titles, self.texts, strict=True)]


def lines(name: str, data_dir: Path | None) -> Iterator[str]:
    """Yield the lines of a file: of the data folder, or of BEIR's archive, which is downloaded."""
    path = downloads.find(f"scifact/{name}", data_dir)
    if path:
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
            yield from file
        return
    path = downloads.find(ARCHIVE, data_dir) or downloads.fetch(URL, ARCHIVE)
    try:
        with zipfile.ZipFile(path) as archive:
            yield from archive.read(f"scifact/{name.removesuffix('.gz')}").decode().splitlines()
    except (zipfile.BadZipFile, KeyError) as error:
        raise CapstanError(f"{path} is no archive with scifact/{name}. Replace or remove it.") from error


def load(data_dir: Path | None) -> SciFact:
    """Return all of it. A claim without a judgement, or to train on that is also tested on, is in no part."""
    rows = [json.loads(line) for line in lines(CORPUS, data_dir)]
    numbers = {row["_id"]: number for number, row in enumerate(rows)}
    texts = {row["_id"]: row["text"] for row in map(json.loads, lines(QUERIES, data_dir))}
    parts: dict[str, Claims] = {}
    for part in ("test", "train"):
        tested = set(parts["test"].texts) if parts else set()
        relevant: dict[str, list[int]] = {}
        for line in list(lines(f"qrels/{part}.tsv", data_dir))[1:]:
            claim, abstract, score = line.split()
            if int(score) > 0 and texts[claim] not in tested:
                relevant.setdefault(claim, []).append(numbers[abstract])
        parts[part] = Claims(list(relevant), [texts[key] for key in relevant], list(map(np.array, relevant.values())))
    return SciFact([row["_id"] for row in rows], [row["title"] for row in rows], [row["text"] for row in rows], parts)


Reasons = dict[tuple[str, str], set[int]]  # keys of a claim and an abstract -> the sentences that decide the claim


def reasons(data_dir: Path | None) -> Reasons:
    """Return which sentences of an abstract support or contradict a claim, of all parts."""
    return {pair: numbers for pair, (_, numbers) in verdicts(data_dir).items()}


def verdicts(data_dir: Path | None) -> dict[tuple[str, str], tuple[str, set[int]]]:
    """Return whether an abstract "supports" or "contradicts" a claim, and by which sentences. BEIR's archive has none.

    The keys are those of the claim and of the abstract, of all parts.
    """
    import pandas as pd

    (path,) = evidence(data_dir).values()
    by_pair: dict[tuple[str, str], tuple[str, set[int]]] = {}
    for row in pd.read_parquet(path).itertuples():
        verdict = "supports" if row.evidence_label == "SUPPORT" else "contradicts"
        by_pair.setdefault((str(row.id), str(row.evidence_doc_id)), (verdict, set()))[1].update(
            map(int, row.evidence_sentences)
        )
    return by_pair


def evidence(data_dir: Path | None) -> dict[str, Path]:
    """Return the path of the file with SciFact's own reasons, by its name."""
    path = downloads.find("scifact/evidence.parquet", data_dir)
    if not path:
        raise CapstanError("scifact/evidence.parquet, SciFact's own reasons, is missing. Put it into CAPSTAN_DATA_DIR.")
    return {"scifact/evidence.parquet": path}


def tables(data: SciFact) -> dict[str, pd.DataFrame]:
    """Return `abstracts`, and `claims` with the part that each is in and the keys of its abstracts, as one text."""
    import pandas as pd

    abstracts = pd.DataFrame({"key": data.keys, "title": data.titles, "text": data.texts})
    claims = [
        {"key": key, "text": text, "part": part, "relevant": " ".join(data.keys[number] for number in numbers)}
        for part, rows in data.claims.items()
        for key, text, numbers in zip(rows.keys, rows.texts, rows.relevant, strict=True)
    ]
    return {"abstracts": abstracts, "claims": pd.DataFrame(claims)}


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the paths of the files that `load` reads, by their names in the data folder."""
    names = [f"scifact/{name}" for name in (CORPUS, QUERIES, "qrels/train.tsv", "qrels/test.tsv")]
    found = {name: path for name in names if (path := downloads.find(name, data_dir))}
    if len(found) == len(names):
        return found
    return {ARCHIVE: downloads.find(ARCHIVE, data_dir) or downloads.fetch(URL, ARCHIVE)}

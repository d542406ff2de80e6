"""Somebody's own notes: a folder of files that is searched by words and by meaning, and forgotten on demand.

The notes stay on this machine, under CAPSTAN_HOME. A note is divided at its blank lines into passages of about a
hundred words; each is a document of an index with a vector of MiniLM. What is deleted is in no file any more when
`delete` returns: the index is written again without it, and so are the vectors. No queries are kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from capstan.data.files import atomic_write, digest
from models.retrieval import fusion, manifest, queries
from models.retrieval.directory import Hit, Index
from models.retrieval.segment import Document
from models.retrieval.snippets import snippet
from models.retrieval.writer import Writer
from pipelines.search import quoting, sources

WORDS = 100  # of a passage
LINKED = 0.5  # cosine from which on two notes are linked
FIELDS = ("title", "text")
SHARE = 0.7  # of the meaning, as in the rankings of papers

Embed = Callable[[Sequence[str]], np.ndarray]  # texts -> vectors of length 1


@dataclass(frozen=True)
class Found:
    """A passage. path: of its note, in the folder that was added. text: the whole of it. nearness: its cosine."""

    path: str
    title: str
    snippet: str
    score: float
    text: str
    nearness: float


class Note(NamedTuple):
    """A file that was read. path: where it is. sign: the digest of its bytes."""

    path: str
    text: str
    sign: str


class Added(NamedTuple):
    """What became of the files of a folder. refused: those that were not read, and why."""

    added: int
    gone: int
    unchanged: int
    refused: list[tuple[Path, str]]


def passages(text: str) -> Iterator[str]:
    """Yield the paragraphs of a text, short ones together, up to about WORDS words each."""
    held: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text):
        if held and sum(len(piece.split()) for piece in (*held, paragraph)) > WORDS:
            yield "\n\n".join(held)
            held = []
        if paragraph.strip():
            held.append(paragraph.strip())
    if held:
        yield "\n\n".join(held)


def title(path: Path, text: str) -> str:
    """Return the first heading of a note, or the name of its file."""
    found = re.search(r"^#+\s+(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else path.stem.replace("_", " ").replace("-", " ")


class Notes:
    """The notes in a folder of their own. embed: makes vectors, of texts that are new."""

    def __init__(self, home: Path, embed: Embed):
        self.home, self.embed = home, embed

    def add(self, folder: Path) -> Added:
        """Read a folder again, and return how many notes are new or changed, gone, and as they were."""
        known, there, changed, refused = self.known(), set(), [], []
        for path in sources.files(folder):
            there.add(name := str(path.resolve()))
            if known.get(name) == (sign := digest(path)):
                continue
            try:
                changed.append(Note(name, sources.text(path), sign))
            except ValueError as error:
                refused.append((path, str(error)))
        # What is refused now and was read before is forgotten: it says something else.
        inside = {path for path in known if Path(path).is_relative_to(folder.resolve())}
        gone = (inside - there) | (inside & {str(path.resolve()) for path, _ in refused})
        if changed or gone:
            self._write(changed, {*(note.path for note in changed), *gone})
        return Added(len(changed), len(gone), len(there) - len(changed) - len(refused), refused)

    def delete(self, path: Path) -> int:
        """Forget a note, or all notes of a folder, for good, and return how many they were."""
        own = {note for note in self.known() if Path(note).is_relative_to(path.resolve())}
        if own:
            self._write([], own)
        return len(own)

    def ask(self, text: str, count: int = 5) -> list[Found]:
        """Return the passages that fit best."""
        if not self.known():
            return []
        index, query = self.index(), queries.parse(text, self.index().manifest.analyzer, FIELDS)
        words, cosines = index.all_scores(query)[None], self.embed([text]) @ self.vectors(index).T
        scores = np.where(index.allowed(query), fusion.weighted(words, cosines, SHARE)[0], -np.inf)
        first = [
            position for position in np.argsort(-scores, kind="stable")[:count].tolist() if scores[position] > -np.inf
        ]
        return [
            self._found(index, query, index.hit(position, float(scores[position])), float(cosines[0, position]))
            for position in first
        ]

    def answer(self, text: str, passages: Sequence[Found]) -> list[quoting.Quote]:
        """Return sentences of the first of some passages that answer a question, word for word; none says so as well.

        Their probabilities learned from claims and papers: for notes they are an order, and no more.
        """
        index = self.index()
        rareness = quoting.Rareness(index, queries.parse(text, index.manifest.analyzer, FIELDS))
        texts, cosines = [passage.text for passage in passages], [passage.nearness for passage in passages]
        return quoting.answer(text, rareness, texts, cosines, self.embed)

    def links(self) -> list[tuple[str, str, float]]:
        """Return pairs of notes whose passages are near in meaning, by the nearest pair, the nearest first."""
        if not self.known():
            return []
        index = self.index()
        paths = np.array([passage["path"] for passage in index.attributes()])
        vectors = self.vectors(index)
        near = vectors @ vectors.T
        names = np.unique(paths)
        pairs = [
            (str(first), str(second), round(float(near[np.ix_(paths == first, paths == second)].max()), 3))
            for place, first in enumerate(names)
            for second in names[place + 1 :]
        ]
        return sorted((pair for pair in pairs if pair[2] >= LINKED), key=lambda pair: -pair[2])

    def export(self, file: Path) -> int:
        """Write all passages to a file, a JSON line each, and return how many."""
        index = self.index()
        documents = [index.document(index.hit(position, 0.0)) for position in range(len(index))] if self.known() else []
        with atomic_write(file) as partial:
            partial.write_text(
                "".join(json.dumps(dict(document.fields) | dict(document.attributes)) + "\n" for document in documents)
            )
        return len(documents)

    def known(self) -> dict[str, str]:
        """Return the digest of each note by its path."""
        if not (self.home / "index" / manifest.FILE).exists():
            return {}
        return {passage["path"]: passage["digest"] for passage in self.index().attributes()}

    def index(self) -> Index:
        """Return the index as it is now."""
        return Index(self.home / "index")

    def vectors(self, index: Index) -> np.ndarray:
        """Return the vectors of all passages, in the order of `index.keys()`."""
        kept, keys = self._kept(), index.keys()
        return np.stack([kept[key] for key in keys])

    def _write(self, notes: Sequence[Note], removed: set[str]) -> None:
        # Vectors first: one without a passage does no harm, and is left out by the next change.
        documents = [
            Document(
                f"{note.path}#{number}", {"title": title(Path(note.path), note.text), "text": passage},
                {"path": note.path, "digest": note.sign},
            )
            for note in notes
            for number, passage in enumerate(passages(note.text))
        ]  # fmt: skip
        vectors = self.embed([f"{document.fields['title']} {document.fields['text']}" for document in documents])
        kept = self._kept() | dict(zip([document.key for document in documents], vectors, strict=True))
        self._keep(kept)
        with Writer(self.home / "index", FIELDS) as writer:
            known = Index(self.home / "index")
            for key, attributes in zip(known.keys(), known.attributes(), strict=True):
                if attributes["path"] in removed:
                    writer.delete(key)
            for document in documents:
                writer.add(document)
            writer.commit(merge_all=True)
        there = set(self.index().keys())
        self._keep({key: vector for key, vector in kept.items() if key in there})

    def _kept(self) -> dict[str, np.ndarray]:
        path = self.home / "vectors.npz"
        if not path.exists():
            return {}
        with np.load(path) as file:
            return dict(zip(file["keys"].tolist(), file["vectors"], strict=True))

    def _keep(self, vectors: dict[str, np.ndarray]) -> None:
        with atomic_write(self.home / "vectors.npz") as partial, partial.open("wb") as file:
            np.savez(file, keys=np.array(list(vectors), str), vectors=np.array(list(vectors.values())))

    def _found(self, index: Index, query: queries.Query, hit: Hit, nearness: float) -> Found:
        document = index.document(hit)
        weights = {term.text: value for term, value in index.reasons(query, hit).items()}
        text = document.fields["text"]
        shown = snippet(text, weights, index.manifest.analyzer)
        return Found(document.attributes["path"], document.fields["title"], shown.text, hit.score, text, nearness)

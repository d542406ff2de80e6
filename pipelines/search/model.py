"""What is served: the index, MiniLM's vectors of the same abstracts, and both rankings as one."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from capstan.contract.model import Model
from models.retrieval import fusion, queries
from models.retrieval.directory import Hit, Index
from models.retrieval.scoring import Bm25f
from models.retrieval.snippets import snippet
from models.retrieval.spelling import Speller
from pipelines.search import facets, quoting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from capstan.contract.model import Columns
    from models.encoder.sentence_encoder import SentenceEncoder
    from pipelines.search.quoting import Quote
    from pipelines.search.ranking import Settings

FEW, FAR = 0.5, 0.3  # of the words known; cosine of the nearest abstract
REASONS = 4  # words of a hit that are named
REFUSED = "No sentence of the first papers answers this well enough. The papers are below."


class Scores(NamedTuple):
    """Of one query and all abstracts, shapes (abstracts,). words, meaning: what both add to the score."""

    bm25: np.ndarray
    cosine: np.ndarray
    words: np.ndarray
    meaning: np.ndarray

    def at(self, number: int) -> Scores:
        """Return those of one abstract."""
        return Scores(*(values[number] for values in self))


class SearchModel(Model):
    """Artifacts: `index`, a folder, and `vectors`, an array in a file. Weights: those of MiniLM."""

    inputs = {"query": "string", "count": "long", "design": "string", "organism": "string", "answer": "boolean"}
    requirements = ("numpy", "torch")

    def __init__(self, settings: Settings):
        self.settings = settings

    def __getstate__(self) -> dict[str, Any]:
        computed = {"index", "vectors", "encoder", "speller", "coded"}
        return {name: value for name, value in vars(self).items() if name not in computed}

    @cached_property
    def index(self) -> Index:
        """Return the index."""
        return Index(self.artifacts["index"])

    @cached_property
    def vectors(self) -> np.ndarray:
        """Return the vectors of the abstracts, in the order of `index.keys()`."""
        return np.asarray(np.load(self.artifacts["vectors"]))

    @cached_property
    def encoder(self) -> SentenceEncoder:
        """Return MiniLM."""
        import torch

        from models.encoder import minilm

        torch.set_num_threads(1)
        return minilm.load(self.weight_files)

    @cached_property
    def speller(self) -> Speller:
        """Return what corrects words."""
        return Speller(self.index)

    @property
    def scoring(self) -> Bm25f:
        """Return BM25F with the chosen settings; fields are title and text."""
        return Bm25f(self.settings.k1, (self.settings.b,), (self.settings.weight, 1.0))

    def words(self, asked: Sequence[queries.Query], scoring: Bm25f | None = None) -> np.ndarray:
        """Return BM25F of all abstracts, shape (queries, abstracts)."""
        return np.stack([self.index.all_scores(query, scoring or self.scoring) for query in asked])

    def meanings(self, texts: Sequence[str]) -> np.ndarray:
        """Return the cosines of all abstracts, shape (texts, abstracts)."""
        return np.asarray(self.encoder.embed(texts) @ self.vectors.T)

    def ranked(self, texts: Sequence[str]) -> np.ndarray:
        """Return the scores of all abstracts for texts without signs, shape (texts, abstracts)."""
        asked = [queries.words(text, self.index.manifest.analyzer) for text in texts]
        return fusion.weighted(self.words(asked), self.meanings(texts), self.settings.share)

    @cached_property
    def coded(self) -> dict[str, np.ndarray]:
        """Return the number of the value of each facet of each abstract, shapes (abstracts,)."""
        rows = self.index.attributes()
        return {name: np.array([values.index(row[name]) for row in rows]) for name, values in facets.FACETS.items()}

    def predict_columns(self, columns: Columns) -> dict[str, Any]:
        """Return the hits of each query and why they are there."""
        texts, counts = list(columns["query"]), [int(count or 5) for count in columns["count"]]
        asked = [self.parsed(*row) for row in zip(texts, columns["design"], columns["organism"], strict=True)]
        words, meanings = self.words(asked), self.meanings(texts)
        parts = fusion.parts(words, meanings, self.settings.share)
        rows = [
            self._answer(text, count, query, bool(wanted), Scores(*each))
            for text, count, query, wanted, *each in zip(
                texts, counts, asked, columns["answer"], words, meanings, *parts, strict=True
            )
        ]
        return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}

    def parsed(self, text: str, design: str | None = None, organism: str | None = None) -> queries.Query:
        """Return a text with signs, and filters, as a query."""
        filters = {name: value for name, value in (("design", design), ("organism", organism)) if value}
        return queries.parse(text, self.index.manifest.analyzer, self.index.manifest.fields, filters=filters)

    def quotes(self, text: str, query: queries.Query, papers: Sequence[Hit], cosines: Sequence[float]) -> list[Quote]:
        """Return the sentences of the first papers that answer a query."""
        texts = [self.index.document(hit).fields["text"] for hit in papers]
        return quoting.answer(text, quoting.Rareness(self.index, query), texts, cosines, self.encoder.embed)

    def _answer(self, text: str, count: int, query: queries.Query, wanted: bool, scores: Scores) -> dict[str, Any]:
        allowed = self.index.allowed(query)
        whole = np.where(allowed, scores.words + scores.meaning, -np.inf)
        first = [position for position in np.argsort(-whole, kind="stable")[:count].tolist() if allowed[position]]
        found = [self.index.hit(position, float(whole[position])) for position in first]
        reasons = self.index.all_reasons(query, found, self.scoring)
        written = {token.term: token.word for token in self.index.manifest.analyzer.tokens(text)}
        hits = [
            self._hit(hit, {term.text: value for term, value in why.items()}, written, scores.at(position))
            for hit, why, position in zip(found, reasons, first, strict=True)
        ]
        known = [bool(self.index.having(term.text)) for term in query.terms]
        share = sum(known) / len(known) if known else 0.0
        nearest = float(scores.cosine[first[0]]) if first else 0.0
        quotes = self.quotes(text, query, found, scores.cosine[first].tolist()) if wanted else []
        unusual = ["few of its words are in any paper"] if share < FEW else []
        unusual += ["no paper is near in meaning"] if nearest < FAR else []
        return {
            "answer": [
                {"text": quote.text, "source": f"{quote.paper + 1}. {hits[quote.paper][0]['item']}"}
                | {"key": found[quote.paper].key, "sentence": quote.sentence + 1, "chance": quote.probability}
                for quote in quotes
            ],
            "refused": REFUSED if wanted and not quotes else None,
            "hits": [hit for hit, _ in hits],
            "shown": [part for place, (hit, parts) in enumerate(hits, 1) for part in shown(place, hit, parts)],
            "facets": self._facets(allowed & (scores.bm25 > 0)),
            "corrected": self.speller.corrected(text),
            "known": share,
            "nearest": nearest,
            "unusual": unusual if hits else ["no paper has what was asked for"],
        }

    def _facets(self, found: np.ndarray) -> list[dict[str, Any]]:
        listed = []
        for name, values in facets.FACETS.items():
            counts = np.bincount(self.coded[name][found], minlength=len(values)).tolist()
            pairs = sorted(zip(values, counts, strict=True), key=lambda pair: -pair[1])
            listed += [{"facet": name, "value": value, "count": count} for value, count in pairs if count]
        return listed

    def _hit(
        self, hit: Hit, reasons: dict[str, float], written: dict[str, str], score: Scores
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        # reasons: what each term adds to BM25. written: words of the query by their terms. score: of this hit alone.
        document, analyzer = self.index.document(hit), self.index.manifest.analyzer
        best = sorted(reasons, key=lambda term: -reasons[term])[:REASONS]
        because = [f"{written.get(term, term)} ({reasons[term]:.1f})" for term in best]
        because.append(f"meaning ({score.cosine:.2f})")
        found = snippet(document.fields["text"], reasons, analyzer)
        parts, end = [], 0
        for start, stop in found.marks:
            parts += [{"part": found.text[end:start], "effect": 0.0}] if start > end else []
            term = analyzer.tokens(found.text[start:stop])[0].term
            parts.append({"part": found.text[start:stop], "effect": reasons.get(term, 0.0)})
            end = stop
        parts += [{"part": found.text[end:], "effect": 0.0}] if end < len(found.text) else []
        words, meaning = float(score.words), float(score.meaning)
        answer = {
            "item": document.fields["title"], "score": min(1.0, hit.score), "because": because, "key": hit.key,
            "snippet": found.text, "marks": [list(mark) for mark in found.marks], "words": words, "meaning": meaning,
        }  # fmt: skip
        return answer | dict(document.attributes), parts


def shown(place: int, hit: dict[str, Any], parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the parts of a snippet under the title of its hit."""
    before = "" if place == 1 else "\n\n"
    return [{"part": f"{before}{place}. {hit['item']}\n", "effect": 0.0}, *parts]

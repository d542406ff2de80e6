"""What is served: a document in, a typed result out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.contract.model import Model
from data_sets import newsgroups
from models.text import keyphrases, language, personal_data, text_parts, topic_tree
from models.text.sentences import Span, sentences
from pipelines.documents import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from capstan.contract.model import Columns
    from models.tagging.taggers import Tagger
    from models.text.extractive_summary import Ranker
    from models.text.topic_tree import Tree

SHOWN = 3  # sentences next to the summary
FEW = 0.5  # of the words known: below that a text is in words that were not learned


class DocumentsModel(Model):
    """The three that learn, and the simple ones that the gate compares with them."""

    inputs = {"text": "string"}
    requirements = ("lightgbm", "numpy", "scipy", "torch")

    def __init__(
        self,
        groups: Tree,
        tagger: Tagger,
        rankers: Mapping[bool, Ranker],
        known: frozenset[str],
        simple: Tree,
        alone: Tagger,
        styled: Ranker,
        weights: Mapping[str, Path],
    ):
        """rankers: of texts with a title, and of those without; none takes the first sentence.

        known: the words of the messages. simple, alone, styled: of the gate.
        """
        self.groups, self.tagger, self.rankers, self.known = groups, tagger, rankers, known
        self.simple, self.alone, self.styled, self.weight_files = simple, alone, styled, weights

    def predict_columns(self, columns: Columns) -> dict[str, Any]:
        """Return what each document is about, which people it names, and what it says."""
        texts = list(columns["text"])
        if not texts:
            return {}
        made = [self.answer(text, row) for text, row in zip(texts, self.topics(texts), strict=True)]
        return {name: [one[name] for one in made] for name in made[0]}

    def topics(self, texts: Sequence[str]) -> np.ndarray:
        """Return how likely each group is, shape (n, groups)."""
        return self.groups.probabilities([newsgroups.without_headers(text) for text in texts])

    def tags(self, sentences: Sequence[Sequence[str]]) -> list[tuple[list[str], list[float]]]:
        """Return the tag of each token, and how likely it is. sentences: tokens; none may be empty."""
        from models.encoder import token_vectors
        from models.tagging.taggers import Read

        made = token_vectors.of(sentences, self.weight_files) if self.tagger.stretch else np.empty((0, 0))
        return self.tagger.sure(Read(sentences, made))

    def summaries(self, texts: Sequence[Sequence[str]], titles: Sequence[str]) -> list[str]:
        """Return the summary of each text. texts: the sentences of each. titles: "" for none."""
        return [self.ranked(one, title)[0][0] for one, title in zip(texts, titles, strict=True)]

    def ranked(self, text: Sequence[str], title: str) -> list[tuple[str, float]]:
        """Return what may be the summary of a text, the best first, and the ROUGE that it may have."""
        if not self.rankers or not text:
            return [(one, 0.0) for one in first([text])]
        return [(one.text, score) for one, score in self.rankers[bool(title)].scores([text], [title])[0]]

    def answer(self, text: str, probabilities: np.ndarray) -> dict[str, Any]:
        """Return the prediction of one text. probabilities: of its groups, shape (groups,)."""
        places = sentences(text)
        lines = [" ".join(text[one.start : one.end].split()) for one in places]
        title = lines.pop(0) if words.titled(text, places) else ""
        ranked = self.ranked(lines, title)
        names, likely = self.groups.names, int(probabilities.argmax())
        entities = self.entities(text, places)
        spans = [Span(one["start"], one["end"]) for one in entities]
        guess = language.guess(text)
        return {
            "summary": ranked[0][0],
            "group": names[likely],
            "path": topic_tree.path(names, probabilities),
            "probabilities": dict(zip(names, np.minimum(probabilities, 1).tolist(), strict=True)),
            "marked": text_parts.parts(text, spans, np.array([one["sure"] for one in entities])),
            "entities": entities,
            "keyphrases": [{"item": item, "score": score} for item, score in keyphrases.keyphrases(text)],
            "sentences": [{"item": item, "score": score} for item, score in ranked[1 : 1 + SHOWN]],
            "language": guess.name,
            "personal": personal_data.found(text),
            "text": text,
            "unusual": self.unusual(text, guess),
        }

    def entities(self, text: str, places: Sequence[Span]) -> list[dict[str, Any]]:
        """Return the names in a text. places: of its sentences."""
        from models.tagging.names import entities

        pieces = [piece for place in places for piece in words.cut(words.tokens(text, place)) if piece]
        read = self.tags([[text[one.start : one.end] for one in piece] for piece in pieces])
        made = []
        for piece, (tags, sure) in zip(pieces, read, strict=True):
            for one in entities(tags):
                start, end = piece[one.start].start, piece[one.end - 1].end
                likely = min(1.0, *sure[one.start : one.end])
                made.append({"name": text[start:end], "kind": one.kind, "start": start, "end": end, "sure": likely})
        return made

    def unusual(self, text: str, guess: language.Guess) -> list[str]:
        """Return in words what sets a text apart from every text that was learned from."""
        own = topic_tree.runs(text)
        few = not own or sum(word in self.known for word in own) / len(own) < FEW
        said = ["few of its words are known"] if few else []
        return said + ([] if guess.name == "English" else ["not English, which alone was learned"])


def first(texts: Sequence[Sequence[str]]) -> list[str]:
    """Return the first sentence of each text, "" for one without sentences: the simple summary."""
    return [next(iter(one), "") for one in texts]

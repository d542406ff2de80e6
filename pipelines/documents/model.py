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
    from models.text.topic_svc import TopicSVC
    from models.text.topic_tree import Tree

SHOWN = 3  # sentences next to the summary
NONE = "none of these"  # in the place of a group
FEW = 0.5  # of the words known: below that a text is in words that were not learned


class DocumentsModel(Model):
    """The models of groups, names and summaries, and the baselines that the gate compares with them."""

    inputs = {"text": "string"}
    requirements = ("lightgbm", "numpy", "scikit-learn", "scipy", "torch")

    def __init__(
        self,
        groups: TopicSVC | Tree,
        tagger: Tagger,
        vocabulary: frozenset[str],
        baseline_topics: Tree,
        baseline_tagger: Tagger,
        style_ranker: Ranker,
        weights: Mapping[str, Path],
        *,
        ranker_with_title: Ranker | None = None,
        ranker_without_title: Ranker | None = None,
    ):
        """vocabulary: the words of the messages. style_ranker: a baseline of the gate, as the two before it.

        Older versions and the baseline have a tree as groups, which takes each text for one of a group. With no
        rankers, the first sentence is the summary.
        """
        self.groups, self.tagger, self.vocabulary, self.weight_files = groups, tagger, vocabulary, weights
        self.baseline_topics, self.baseline_tagger = baseline_topics, baseline_tagger
        self.style_ranker = style_ranker
        self.ranker_with_title, self.ranker_without_title = ranker_with_title, ranker_without_title

    def predict_columns(self, columns: Columns) -> dict[str, Any]:
        """Return what each document is about, which names are in it, and what it says."""
        texts = list(columns["text"])
        if not texts:
            return {}
        of_groups = zip(texts, self.topics(texts), self.outside(texts), strict=True)
        answers = [self.answer(*inputs) for inputs in of_groups]
        return {name: [answer[name] for answer in answers] for name in answers[0]}

    def topics(self, texts: Sequence[str]) -> np.ndarray:
        """Return how likely each group is, if a text is of one, shape (n, groups)."""
        return self.groups.probabilities([newsgroups.without_headers(text) for text in texts])

    def outside(self, texts: Sequence[str]) -> np.ndarray:
        """Return which texts are of none of the groups, shape (n,)."""
        if not hasattr(self.groups, "outside"):
            return np.zeros(len(texts), bool)
        return self.groups.outside([newsgroups.without_headers(text) for text in texts])

    def tags(self, sentences: Sequence[Sequence[str]]) -> list[tuple[list[str], list[float]]]:
        """Return the tag of each token, and how likely it is. sentences: tokens; none may be empty."""
        from models.encoder import token_vectors
        from models.tagging.taggers import Read

        vectors = token_vectors.of(sentences, self.weight_files) if self.tagger.stretch else np.empty((0, 0))
        return self.tagger.sure(Read(sentences, vectors))

    def summaries(self, texts: Sequence[Sequence[str]], titles: Sequence[str]) -> list[str]:
        """Return the summary of each text. texts: the sentences of each. titles: "" for none."""
        return [self.ranked(text, title)[0][0] for text, title in zip(texts, titles, strict=True)]

    def ranked(self, text: Sequence[str], title: str) -> list[tuple[str, float]]:
        """Return what may be the summary of a text, the best first, and the ROUGE that it may have."""
        ranker = self.ranker_with_title if title else self.ranker_without_title
        if not ranker or not text:
            return [(sentence, 0.0) for sentence in first([text])]
        return [(candidate.text, score) for candidate, score in ranker.scores([text], [title])[0]]

    def answer(self, text: str, probabilities: np.ndarray, outside: bool) -> dict[str, Any]:
        """Return the prediction of one text. probabilities: of its groups, shape (groups,)."""
        places = sentences(text)
        lines = [" ".join(text[place.start : place.end].split()) for place in places]
        title = lines.pop(0) if words.titled(text, places) else ""
        ranked = self.ranked(lines, title)
        names, likely = self.groups.names, int(probabilities.argmax())
        entities = self.entities(text, places)
        spans = [Span(entity["start"], entity["end"]) for entity in entities]
        guess = language.guess(text)
        return {
            "summary": ranked[0][0],
            "group": NONE if outside else names[likely],
            "path": [] if outside else topic_tree.path(names, probabilities),
            "probabilities": dict(zip(names, np.minimum(probabilities, 1).tolist(), strict=True)),
            "marked": text_parts.parts(text, spans, np.array([entity["sure"] for entity in entities])),
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
        read = self.tags([[text[token.start : token.end] for token in piece] for piece in pieces])
        found = []
        for piece, (tags, sure) in zip(pieces, read, strict=True):
            for name in entities(tags):
                start, end = piece[name.start].start, piece[name.end - 1].end
                likely = min(1.0, *sure[name.start : name.end])
                found.append({"name": text[start:end], "kind": name.kind, "start": start, "end": end, "sure": likely})
        return found

    def unusual(self, text: str, guess: language.Guess) -> list[str]:
        """Return in words what sets a text apart from every text that was learned from."""
        own = topic_tree.runs(text)
        few = not own or sum(word in self.vocabulary for word in own) / len(own) < FEW
        reasons = ["few of its words are known"] if few else []
        return reasons + ([] if guess.name == "English" else ["not English, which alone was learned"])


def first(texts: Sequence[Sequence[str]]) -> list[str]:
    """Return the first sentence of each text, "" for one without sentences: the baseline of summaries."""
    return [next(iter(text), "") for text in texts]

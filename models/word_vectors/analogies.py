"""Questions such as "man is to woman as king is to ...?", answered by sums of vectors."""

from __future__ import annotations

from itertools import permutations

import numpy as np

Question = tuple[str, str, str, str]  # a is to b as c is to d

PAIRS = {
    "plural": "year years day days game games song songs state states city cities episode episodes player players "
    "album albums ship ships river rivers school schools team teams building buildings bird birds member members "
    "award awards road roads film films church churches village villages island islands bridge bridges",
    "tense": "play played call called use used win won leave left become became find found lead led begin began work "
    "worked hold held come came see saw make made take took write wrote give gave go went keep kept build built",
    "comparative": "good better large larger high higher long longer great greater small smaller strong stronger old "
    "older low lower early earlier late later young younger short shorter close closer",
    "nationality": "france french germany german china chinese japan japanese italy italian spain spanish england "
    "english america american australia australian ireland irish india indian canada canadian britain british "
    "scotland scottish europe european rome roman",
    "gender": "he she his her himself herself man woman men women king queen son daughter father mother brother "
    "sister husband wife boy girl actor actress prince princess brothers sisters boys girls sons daughters",
}


def questions(kind: str, words: set[str]) -> list[Question]:
    """Return all questions of two pairs of a kind whose words are known."""
    flat = PAIRS[kind].split()
    pairs = [pair for pair in zip(flat[::2], flat[1::2], strict=True) if words.issuperset(pair)]
    return [(*first, *second) for first, second in permutations(pairs, 2)]


def answers(vectors: np.ndarray, words: list[str], asked: list[Question], offset: bool = True) -> list[str]:
    """Return the word that is nearest to b - a + c by the cosine, none of these three: 3CosAdd.

    vectors: (words, width). Without `offset` it is the word nearest to c, which knows nothing of a and b. Source:
    Levy and Goldberg, "Linguistic Regularities" (2014); Linzen, "Issues in Evaluating" (2016), for the control.
    """
    numbers = {word: number for number, word in enumerate(words)}
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    a, b, c = (np.array([numbers[question[part]] for question in asked]) for part in range(3))
    scores = (units[b] - units[a] + units[c] if offset else units[c]) @ units.T
    rows = np.arange(len(asked))
    for part in (a, b, c):
        scores[rows, part] = -np.inf
    return [words[number] for number in scores.argmax(axis=1)]


def right(vectors: np.ndarray, words: list[str], asked: list[Question], offset: bool = True) -> int:
    """Return how many questions are answered."""
    return sum(
        answer == question[3] for answer, question in zip(answers(vectors, words, asked, offset), asked, strict=True)
    )

"""A verifier that learned from claims whose words say what is true."""

import numpy as np
import pytest

from models.encoder.verifier import VERDICTS, Pair, Verifier, stems

THINGS = [f"gene{letter}{other}" for letter in "abcdefgh" for other in "abcdefgh"]


def pairs() -> tuple[list[Pair], list[str], list[list[int]], list[int]]:
    """Return claims about genes: a sentence says it, or the contrary, or speaks of another gene."""
    rng = np.random.default_rng(0)
    axes = dict(zip(THINGS, np.eye(len(THINGS)), strict=True))
    examples, verdicts, reasons = [], [], []
    for number, thing in enumerate(THINGS * 3):
        verdict = VERDICTS[number % 3]
        rival = THINGS[(number + 7) % len(THINGS)]
        about = rival if verdict == "not enough" else thing
        says = f"We found that {about} {'inhibits' if verdict == 'contradicts' else 'enhances'} growth in mice."
        place = int(rng.integers(3))
        sentences = ["Methods were the usual ones.", "Mice were kept in cages."]
        sentences.insert(place, says)
        vectors = np.zeros((3, len(THINGS)))
        vectors[:, -1] = 1.0
        vectors[place] = axes[about]
        examples.append(Pair(f"{thing} enhances growth", sentences, axes[thing], vectors))
        verdicts.append(verdict)
        reasons.append([] if verdict == "not enough" else [place])
    return examples, verdicts, reasons, list(range(len(examples)))


def test_verdicts_and_sentences_of_new_claims_are_right():
    examples, verdicts, reasons, groups = pairs()
    model = Verifier().fit(examples[:150], verdicts[:150], reasons[:150], groups[:150])
    answers = model.judged(examples[150:])
    assert np.mean([answer.verdict == true for answer, true in zip(answers, verdicts[150:], strict=True)]) > 0.9
    for answer, true, reason in zip(answers, verdicts[150:], reasons[150:], strict=True):
        assert answer.chances.sum() == pytest.approx(1) and answer.verdict == VERDICTS[int(answer.chances.argmax())]
        assert (answer.chosen == []) == (answer.verdict == "not enough")
        if answer.verdict == true != "not enough":
            assert reason[0] in answer.chosen


def test_a_verifier_of_shuffled_verdicts_is_no_better_than_chance():
    examples, verdicts, reasons, groups = pairs()
    drawn = np.random.default_rng(1).permutation(verdicts).tolist()
    answers = Verifier().fit(examples[:150], drawn[:150], reasons[:150], groups[:150]).judged(examples[150:])
    assert np.mean([answer.verdict == true for answer, true in zip(answers, verdicts[150:], strict=True)]) < 0.6


def test_words_lose_their_ends():
    assert stems("Enhanced growth, in 3.5 mice") == ["enhanc", "growth", "in", "3.5", "mice"]

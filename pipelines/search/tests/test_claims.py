"""Claims of SciFact: what decides them, and how verdicts and sentences are counted."""

import numpy as np
import pytest

from data_sets import scifact
from models.encoder.verifier import VERDICTS, Judged
from pipelines.search.studies.claims.study import MISSED, Case, Claims, scored
from pipelines.search.studies.rankings import Rankings
from tests.support.data import DATA_DIR


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """The claims to test on with the abstracts that they cite."""
    test = Claims(Rankings(scifact.load(DATA_DIR), "test"), DATA_DIR)
    return [case for index in range(len(test.claims.keys)) for case in test.cases(index, test.cited(index))]


def test_what_decides_claims_is_what_was_published(cases):
    assert len(cases) == 339
    assert len({case.number for case in cases if case.verdict != VERDICTS[2]}) == 188
    assert all(bool(case.reasons) == (case.verdict != VERDICTS[2]) for case in cases)


def test_figures_of_perfect_of_missed_and_of_half_right_answers(cases):
    nothing = np.zeros(0)
    right = [Judged(case.verdict, nothing, nothing, case.reasons) for case in cases]
    assert set(scored(cases, right).values()) == {1.0}
    missed = scored(cases, [MISSED] * len(cases))
    assert missed["sentence_f1"] == missed["abstract_f1"] == 0
    assert missed["accuracy"] == np.mean([case.verdict == VERDICTS[2] for case in cases])
    turned = [
        answer._replace(verdict=VERDICTS[1 - VERDICTS.index(answer.verdict)]) if answer.chosen else answer
        for answer in right
    ]
    assert scored(cases, turned)["sentence_f1"] == 1 and scored(cases, turned)["sentence_label_f1"] == 0

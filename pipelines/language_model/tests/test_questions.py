"""What counts as a right answer, on the real questions and their own answers."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from capstan.errors import CapstanError
from pipelines.language_model.studies.smollm2 import questions, scores
from tests.support.data import DATA_DIR


def test_answers_of_the_problems_are_right_and_those_of_others_are_not():
    answers = [problem["answer"] for problem in questions.records(questions.GSM8K, DATA_DIR)]
    assert len(answers) == 1_319 and all(questions.is_right(answer, answer) for answer in answers)
    others = [questions.is_right(answer, following) for answer, following in pairwise(answers)]
    assert 0 < np.mean(others) < 0.05  # the same number by chance


@pytest.mark.parametrize(
    ("text", "number"),
    [("It is $1,234.50.", 1_234.5), ("12 - 5 = 7 apples", 7), ("minus -3", -3), ("", None), ("none", None)],
)
def test_last_number_is_the_answer(text, number):
    assert questions.last_number(text) == number


def test_function_ends_before_what_follows():
    body = "    if x:\n        return 1\n    return 2\n"
    assert questions.function(f"{body}\nprint(f(1))\n") == body
    assert questions.function(f"{body}\ndef g(): pass") == body
    assert questions.function(body) == body


@pytest.mark.parametrize("right", range(6))
def test_chance_of_one_in_k_is_that_of_all_draws(right):
    tries = [True] * right + [False] * (5 - right)
    for k in (1, 3, 5):
        assert questions.pass_at(k, 5, right) == pytest.approx(np.mean([any(some) for some in combinations(tries, k)]))


@pytest.mark.rotating
@pytest.mark.slow
def test_functions_of_the_authors_pass_and_empty_ones_fail():
    problems = questions.records(questions.HUMANEVAL, DATA_DIR)
    assert len(problems) == 164
    for problem in problems[::20]:
        assert questions.passes(problem, problem["canonical_solution"]), problem["task_id"]
        assert not questions.passes(problem, "    return None\n"), problem["task_id"]


def test_file_that_is_nowhere_is_an_error_with_its_address(monkeypatch, tmp_path):
    monkeypatch.setitem(questions.URLS, questions.GSM8K, "http://127.0.0.1:9/test.jsonl")
    with pytest.raises(CapstanError, match="CAPSTAN_DATA_DIR"):
        questions.lines(questions.GSM8K, tmp_path)


def test_interval_of_a_share_covers_it():
    low, high = scores.interval(10, 200)
    assert low < 0.05 < high and (low, high) == pytest.approx((0.0242, 0.0900), abs=1e-4)

"""What the tests of tests/chaos conclude from what they see."""

from tests.chaos import report
from tests.chaos.load import Answers
from tests.chaos.targets import TARGETS


def test_answers_are_read_but_for_a_line_that_is_cut():
    answers = Answers.parse("1.500 a\n2.000 - 503 'away'\n2.100 - 503 'away'\n1.000 b\n3.000 c")
    assert (answers.times, answers.ids, answers.failures) == (
        [1.0, 1.5],
        ["b", "a"],
        [(2.0, "503 'away'"), (2.1, "503 'away'")],
    )
    assert (answers.when("b"), answers.when("a")) == (1.0, 1.5)
    assert answers.unanswered(2.05) == ["503 'away'"]


def test_silence_begins_with_the_strike():
    answers = Answers.parse("1 a\n9 b\n10 c\n14 d\n15 e\n")
    assert answers.silence(9.5) == 4
    assert answers.silence(8) == 4
    assert answers.silence(0) == 8
    assert Answers([], [], []).silence(1) == 0


def test_page_keeps_the_rows_of_other_targets_in_their_order(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "PAGE", tmp_path / "chaos.md")
    second, first = TARGETS[1].title, TARGETS[0].title
    report.write(second, "pod deleted", "gate", "failed: a | b\nc", "1 s", "2 s", "10", 0)
    report.write(first, "pod deleted", "gate", "succeeded", "1 s", "2 s", "10", 0)
    report.write(second, "pod deleted", "gate", "succeeded", "1 s", "2 s", "10", 0)
    rows = [line.split(" | ")[:4] for line in report.PAGE.read_text().splitlines() if "pod deleted" in line]
    assert rows == [
        [f"| {first}", "pod deleted", "gate", "succeeded"],
        [f"| {second}", "pod deleted", "gate", "succeeded"],
    ]

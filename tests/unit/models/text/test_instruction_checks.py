"""Instructions whose answers code can check."""

import pytest

from data_sets import checkable_instructions
from models.text import instruction_checks

GOOD_AND_BAD = [
    ("capitals", "", "RAIN FALLS.", "Rain falls."),
    ("small letters", "", "rain falls.", "Rain falls."),
    ("begins", "Well,", "Well, rain falls.", "Rain, well, falls."),
    ("ends", "Done.", "Rain falls. Done.", "Done. Rain falls."),
    ("contains", "drops", "Rain is drops.", "Rain is raindrops."),
    ("at most", "3", "Rain is water.", "Rain is made of water."),
    ("one word", "cat dog", "Cat.", "A cat."),
    ("JSON list", "2", '["cat", "dog"]', '["cat", "dog", "cow"]'),
    ("JSON list", "2", '["cat", "dog"]', "cat, dog"),
    ("JSON object", "fact", '{"fact": "Rain falls."}', '```json\n{"fact": "Rain falls."}\n```'),
    ("bullets", "2", "- cat\n- dog", "Here are two:\n- cat\n- dog"),
    ("language", "French", "La mer est grande et bleue.", "The sea is large and blue."),
]


@pytest.mark.parametrize(("kind", "wanted", "good", "bad"), GOOD_AND_BAD)
def test_an_answer_keeps_its_instruction_or_not(kind, wanted, good, bad):
    assert instruction_checks.keeps(f"\n{good} ", kind, wanted) and not instruction_checks.keeps(bad, kind, wanted)
    assert not instruction_checks.keeps("", kind, wanted)


@pytest.mark.parametrize("held", [False, True])
def test_the_answers_to_learn_keep_their_instructions(held):
    tasks = checkable_instructions.tasks(held, 100)
    assert len({task["prompt"] for task in tasks}) == 100
    assert all(instruction_checks.keeps(task["answer"], task["kind"], task["wanted"]) for task in tasks)
    assert {task["kind"] for task in tasks} == instruction_checks.CHECKS.keys()


def test_what_is_measured_is_of_other_topics_and_wordings():
    learned, measured = (checkable_instructions.tasks(held, 100) for held in (False, True))
    assert not {task["prompt"] for task in learned} & {task["prompt"] for task in measured}
    topics = [
        topic for topic in checkable_instructions.HELD if topic not in ("wind", "rice", "tea")
    ]  # these are parts of words
    assert not [task for task in learned for topic in topics if f"about {topic}" in task["prompt"]]
    assert not [task for task in learned if task["prompt"].startswith("Give me a fact")]


def test_reworded_tasks_are_the_same_in_words_that_are_not_learned():
    learned, measured = (checkable_instructions.tasks(held, 100) for held in (False, True))
    reworded = checkable_instructions.tasks(True, 100, reworded=True)
    for task, again in zip(measured, reworded, strict=True):
        assert task | {"prompt": ""} == again | {"prompt": ""} and task["prompt"] != again["prompt"]
    rules = {text.split("{")[0] for text in checkable_instructions.REWORDED.values()}
    assert not [task for task in learned for rule in rules if rule in task["prompt"]]


def test_one_answer_does_not_keep_all():
    """What is always answered the same is right for a few alone."""
    tasks = checkable_instructions.tasks(True, 100)
    for answer in ("", "Yes.", "I can't help with that.", "[]", "RAIN"):
        assert sum(instruction_checks.keeps(answer, task["kind"], task["wanted"]) for task in tasks) < 25, answer

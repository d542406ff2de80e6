"""Names out of tags, and what is seen at a token."""

import numpy as np

from models.tagging.names import Entity, entities, f1, hits
from models.tagging.word_features import case, shape


def test_tags_say_names_as_the_script_of_the_shared_task_reads_them():
    tags = ["B-person", "I-person", "O", "I-group", "B-group", "I-person", "O", "B-product"]
    assert entities(tags) == [
        Entity(0, 2, "person"), Entity(3, 4, "group"), Entity(4, 5, "group"), Entity(5, 6, "person"),
        Entity(7, 8, "product"),
    ]  # fmt: skip


def test_a_name_counts_where_its_kind_and_both_ends_are_right():
    true = [["B-person", "I-person", "O"], ["O"], ["B-group"]]
    predicted = [["B-person", "O", "O"], ["O"], ["B-group"]]
    assert hits(true, predicted).tolist() == [[0, 1, 1], [0, 0, 0], [1, 1, 1]]
    assert f1(hits(true, predicted)) == 0.5 and f1(hits(true, true)) == 1


def test_shapes():
    assert [shape(word) for word in ("NASA", "Anna", "iPhone7", "3.50", "@a_b")] == ["X", "Xx", "xXx9", "9.9", "@x_x"]


def test_case_is_what_small_letters_leave_out():
    assert case(["NASA", "so", "iPhone", "@anna", "B2"]).any(axis=1).all()
    assert np.array_equal(case(["so", "as"])[1], case(["on", "at"])[1])

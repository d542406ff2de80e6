"""The tree of the topics' names."""

import numpy as np
import pytest

from models.text import topic_tree

NAMES = ["comp.graphics", "comp.sys.ibm.pc", "comp.sys.mac", "sci.med"]


def test_forks_are_where_names_part():
    assert topic_tree.forks(NAMES) == {
        "": ["comp", "sci"], "comp": ["comp.graphics", "comp.sys"], "comp.sys": ["comp.sys.ibm", "comp.sys.mac"],
    }  # fmt: skip
    assert not topic_tree.under("comp.systems", "comp.sys") and topic_tree.under("comp.sys.mac", "comp.sys")


def test_a_branch_is_as_likely_as_its_groups_together():
    branches = topic_tree.path(NAMES, np.array([0.1, 0.2, 0.6, 0.1]))
    assert [branch["branch"] for branch in branches] == ["comp", "comp.sys", "comp.sys.mac"]
    assert [branch["probability"] for branch in branches] == pytest.approx([0.9, 0.8, 0.6])

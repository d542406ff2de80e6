"""The code has what the record chose."""

from capstan.study import find
from capstan.study.record import FILE, Record
from models.text.extractive_summary import Ranker
from models.text.topic_tree import Tree
from pipelines.documents import training
from pipelines.documents.studies.tune.study import FAMILIES


def test_constants_are_those_of_the_record():
    lines = Record.of(find.folder("documents", "tune") / FILE).frame()
    flat, tree, ranker = training.baseline_classifier(), Tree(), Ranker()
    assert FAMILIES.best(lines, "groups, one fork") == {"strength": flat.strength, "sharpness": flat.sharpness}
    assert FAMILIES.best(lines, "groups, the tree") == {"strength": tree.strength, "sharpness": tree.sharpness}
    assert FAMILIES.best(lines, "summaries") == {"trees": ranker.trees, "leaves": ranker.leaves}

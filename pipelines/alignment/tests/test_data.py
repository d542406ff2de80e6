"""The prompts: what is learned from and what is tested on do not meet."""

import pandas as pd
import pytest

from data_sets import harmful_prompts
from models.text import near_copies
from pipelines.alignment import data, task
from pipelines.alignment.tests import small
from tests.support.data import DATA_DIR


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prompts")
    small.write(folder)
    return folder


def test_no_prompt_and_no_near_copy_of_a_harmful_one_is_in_both_parts():
    past, test = (part["prompts"] for part in task.split(task.load(DATA_DIR)))
    assert not {*past["prompt"]} & {*test["prompt"]}
    both = pd.concat([past, test]).query("kind == 'harmful'")
    groups = near_copies.groups([text[:2_000] for text in both["prompt"]])
    learned = sum(past["kind"] == data.HARMFUL)
    assert not {*groups[:learned]} & {*groups[learned:]}
    counts = {data.HARMFUL: 200, data.HARMLESS: 200, data.CHECKABLE: 100, data.SOUNDING: 100, data.REWORDED: 50}
    assert test["kind"].value_counts().to_dict() == counts
    assert {*past.loc[past["kind"] == data.HARMFUL, "source"]} == {*test.loc[test["kind"] == data.HARMFUL, "source"]}


def test_planted_copy_of_a_prompt_to_test_on_is_not_learned_from(folder, tmp_path):
    """As where a file has a prompt twice, once with other spaces: one of them could give the other away."""
    tested = next(row["prompt"] for row in data.of_harmful(folder)[1] if len(row["prompt"]) > 40)
    for name in ("agents", "self_instruct"):
        (tmp_path / name).symlink_to(folder / name)
    (tmp_path / "security").mkdir()
    raw = pd.read_parquet(harmful_prompts.find(folder))
    copies = pd.DataFrame({"source": "copies", "text": [f"{tested} Thanks {end}" for end in ("!", ".", "?")] * 3})
    pd.concat([raw, copies]).to_parquet(tmp_path / harmful_prompts.FILE)
    alike = [sum(row["prompt"].startswith(tested) for row in part) for part in data.of_harmful(tmp_path)]
    assert sum(alike) > 0 and 0 in alike, "all are in one part"


def test_each_prompt_meets_the_contract(folder):
    prompts = task.load(folder)["prompts"]
    task.contracts()["prompts"].validate(prompts)
    assert (prompts.loc[prompts["part"] == "test", "answer"] != "").sum() == sum(
        (prompts["part"] == "test") & prompts["kind"].isin([data.CHECKABLE, data.REWORDED])
    )


def test_file_of_other_columns_says_what_is_missing(tmp_path):
    (tmp_path / "security").mkdir()
    pd.DataFrame({"words": ["a"]}).to_parquet(tmp_path / harmful_prompts.FILE)
    with pytest.raises(harmful_prompts.CapstanError, match="lacks the columns source, text"):
        harmful_prompts.prompts(harmful_prompts.find(tmp_path))

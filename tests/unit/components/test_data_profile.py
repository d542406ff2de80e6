"""The profile of the rows to train on, and what its comparison says."""

import json

import numpy as np
import pandas as pd
import pytest

from capstan.catalogue import load
from capstan.data.batches import Batches
from capstan.data.files import write_tables
from components.compare_data.core import lines, wrong
from components.compare_data.profile import profile
from pipelines.churn.columns import LABEL

NAME = "churn"


@pytest.fixture
def rows() -> pd.DataFrame:
    """A thousand rows, whose label is the contract, but for a tenth of them."""
    random = np.random.default_rng(0)
    contract = random.choice(["month", "year"], 1_000)
    label = (contract == "month") ^ (random.random(1_000) < 0.1)
    return pd.DataFrame({"contract": contract, "bill": random.normal(50, 10, 1_000), LABEL: label.astype(float)})


def described(folder, rows, like=None) -> dict:
    write_tables({"customers": rows}, folder)
    summary = profile(load(NAME), str(folder), like)
    return json.loads(json.dumps(summary))  # as a version keeps it


def compared(tmp_path, rows, other) -> dict[str, tuple[float, float]]:
    before = described(tmp_path / "before", rows)
    now = described(tmp_path / "now", other, before)
    return {
        line["what"]: (line["before"], line["now"])
        for line in lines("customers", before["customers"], now["customers"])
    }


def test_equal_rows_have_no_difference_and_the_label_is_explained(tmp_path, rows):
    found = compared(tmp_path, rows, rows)
    assert found["rows of customers"] == (1_000, 1_000)
    assert found[f"mean of the label {LABEL}"][0] == pytest.approx(rows[LABEL].mean())
    assert found["drift of contract"] == found["drift of bill"] == (0, 0)
    by_contract = rows.groupby("contract")[LABEL].transform("mean")
    share = by_contract.var() / rows[LABEL].var()
    assert found[f"share of {LABEL} that contract explains"] == (pytest.approx(share), pytest.approx(share))


def test_drift_a_label_rate_and_labels_given_the_inputs_are_found(tmp_path, rows):
    random = np.random.default_rng(1)
    moved = compared(tmp_path / "drift", rows, rows.assign(bill=rows["bill"] + 10))
    assert moved["drift of bill"][1] > 0.3 and moved["drift of contract"] == (0, 0)
    rarer = rows.drop(rows.index[rows[LABEL] == 1][:250])
    assert compared(tmp_path / "rate", rows, rarer)[f"mean of the label {LABEL}"][1] == pytest.approx(
        rarer[LABEL].mean()
    )
    shuffled = rows.assign(**{LABEL: random.permutation(rows[LABEL])})
    before, now = compared(tmp_path / "labels", rows, shuffled)[f"share of {LABEL} that contract explains"]
    assert before > 0.5 and now < 0.01


def test_label_of_words_is_explained_like_one_of_numbers(tmp_path, rows):
    words = described(tmp_path / "words", rows.assign(**{LABEL: rows[LABEL].map({0.0: "stays", 1.0: "leaves"})}))
    numbers = described(tmp_path / "numbers", rows)
    first, second = (summary["customers"]["label"]["explained"] for summary in (words, numbers))
    assert first == pytest.approx(second)


def test_fewer_than_half_of_the_rows_and_a_column_that_is_empty_now_are_wrong(tmp_path, rows):
    before = described(tmp_path / "before", rows)["customers"]
    for changed, messages in [
        (rows[:500], []),
        (rows[:499], ["customers has 499 rows, where the last accepted run had 1,000."]),
        (rows.assign(bill=np.nan), ["The column bill of customers is empty, which it was not."]),
        (rows.drop(columns="bill"), ["The column bill of customers is empty, which it was not."]),
        (rows.assign(more=np.nan), []),
        (rows.assign(bill=rows["bill"].map("{} dollars".format), contract=1.0), []),
        (rows.assign(bill=rows["bill"].where(rows.index < 5)), []),
    ]:
        assert list(wrong("customers", before, described(tmp_path / "now", changed)["customers"])) == messages
    assert list(wrong("customers", before, None)) == ["The table customers is gone."]


def test_batches_and_columns_of_text_lists_and_strange_names(tmp_path, rows):
    strange = rows.assign(**{'a "b"\'': "it's", "text": [f"{n} words" for n in range(1_000)], "list": [[1.0]] * 1_000})
    whole = described(tmp_path / "whole", strange)
    parts = described(tmp_path / "parts", Batches(lambda: (strange[:300], strange[300:])))
    explained = [summary["customers"].pop("label")["explained"] for summary in (parts, whole)]
    assert parts == whole and explained[0] == pytest.approx(explained[1])  # sums of floats, in any order
    columns = whole["customers"]["columns"]
    assert "list" not in columns and columns["text"]["kind"] == "length"
    assert columns['a "b"\'']["values"] == ["it's"]

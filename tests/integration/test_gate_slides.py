"""Small losses from champion to champion do not add up, and a ruined rival does not help: with `churn`."""

from pathlib import Path

import numpy as np
import pytest
from mlflow import MlflowClient

from capstan.data.files import write_tables
from capstan.errors import CapstanError
from capstan.rollout import store
from capstan.rollout.state import RolloutState
from capstan.settings import settings
from components.compare_data.core import compare_data
from components.evaluate.core import evaluate
from components.gate.core import Judgement, gate
from components.register.core import register
from components.train.core import train
from pipelines.churn.columns import LABEL
from tests.support.controls import Tables, parts

pytestmark = [pytest.mark.slow, pytest.mark.rotating, pytest.mark.usefixtures("empty_registry")]
NAME = "churn"


@pytest.fixture(scope="module")
def data() -> tuple[Tables, Tables]:
    return parts(NAME)


@pytest.fixture(autouse=True)
def forgotten():
    """Each test begins without versions: what another one accepted is no champion."""
    yield
    store.write_state(NAME, RolloutState())
    MlflowClient(settings().tracking_uri).delete_registered_model(NAME)


class Road:
    """The steps from training to the champion, on some rows, without an endpoint."""

    def __init__(self, folder: Path, test: Tables):
        self.folder, self.count = folder, 0
        write_tables(test, folder / "test")

    def run(self, past: Tables, accept: str = "") -> tuple[Judgement, str]:
        """Train and judge a candidate; make it the champion if it is accepted. Return the verdict and the report."""
        self.count += 1
        here = self.folder / str(self.count)
        paths = {name: str(here / name) for name in ("train", "model", "scores", "units", "html", "report")}
        test = str(self.folder / "test")
        write_tables(past, paths["train"])
        model_digest = train(NAME, paths["train"], paths["model"])
        evaluate(paths["model"], test, paths["scores"], paths["units"], paths["html"])
        judged = gate(NAME, paths["scores"], paths["units"], model_digest, test, paths["report"], accept)
        rows = {"train": paths["train"], "test": test}
        number = register(
            NAME, paths["model"], model_digest, paths["scores"], judged.verdict, rows, {}, paths["units"], accept
        )
        if judged.verdict == "accepted":
            store.write_state(NAME, RolloutState(champion=number))
        return judged, Path(paths["report"]).read_text()


def shuffled(past: Tables, share: float) -> Tables:
    """Return the rows with a share of the labels given to other rows."""
    rows, random = past["customers"].copy(), np.random.default_rng(0)
    chosen = random.permutation(len(rows))[: round(share * len(rows))]
    rows.loc[rows.index[chosen], LABEL] = rows[LABEL].to_numpy()[random.permutation(chosen)]
    return {"customers": rows}


def results(report: str, against: str) -> set[str]:
    """Return the results of the lines of a report that compare with something."""
    cells = [[cell.strip() for cell in line.split("|")] for line in report.splitlines() if line.startswith("| ")]
    return {cell[-2] for cell in cells if cell[3] == against}


def test_labels_that_are_shuffled_in_small_steps_do_not_become_champion(data, tmp_path):
    """Each step is within the slack to the one before, and the rival of a ruined candidate is ruined like it."""
    past, test = data
    road = Road(tmp_path, test)
    judged = {share: road.run(shuffled(past, share)) for share in (0, 0.04, 0.08, 0.12, 0.16)}
    assert judged[0][0].verdict == "accepted"
    assert [judged[share][0].verdict for share in (0.08, 0.12, 0.16)] == ["rejected"] * 3
    _, report = judged[0.16]
    assert results(report, "logistic regression") == {"pass"}
    last = judged[0.16][0].champion
    assert "fail" in results(report, f"logistic regression of version {last}")


@pytest.mark.parametrize("damage", ["labels of seniors", "without seniors"])
def test_harm_to_one_group_is_refused(data, tmp_path, damage):
    """Two of five seniors who left are taken for loyal ones; or no senior is learned from. The mean hides both."""
    past, test = data
    rows, road = past["customers"], Road(tmp_path, test)
    seniors = rows["senior"] == "yes"
    assert road.run(past)[0].verdict == "accepted"
    if damage == "without seniors":
        harmed = rows[~seniors]
    else:
        left = rows.index[seniors & (rows[LABEL] == 1)]
        wrong = np.random.default_rng(0).permutation(left)[: round(0.4 * len(left))]
        harmed = rows.assign(**{LABEL: rows[LABEL].where(~rows.index.isin(wrong), 0.0)})
    judged, report = road.run({"customers": harmed})
    failed = {line.split("|")[1].strip() for line in report.splitlines() if line.endswith("| fail |")}
    assert judged.verdict == "rejected" and "log_loss_seniors" in failed


def test_data_are_compared_with_those_of_the_last_accepted_run(data, tmp_path, capsys):
    """Shuffled labels are reported, and go on; a third of the rows stops the run, until a person accepts that."""
    past, test = data
    report = tmp_path / "report.md"

    def look(rows: Tables, accept: str = "") -> str:
        write_tables(rows, tmp_path / "rows")
        compare_data(NAME, str(tmp_path / "rows"), str(report), accept)
        return report.read_text()

    assert Road(tmp_path, test).run(past)[0].verdict == "accepted"
    comparison = look(shuffled(past, 0.2))
    explained = {
        line.split("|")[1].strip(): float(line.split("|")[4]) for line in comparison.splitlines() if "| share" in line
    }
    assert explained["share of churned that contract explains"] < -0.03
    assert "Compared with the data of version" in capsys.readouterr().out
    half = {"customers": past["customers"][::3]}
    with pytest.raises(CapstanError, match=r"where the last accepted run had .* capstan run churn --accept REASON"):
        look(half)
    assert "rows of customers" in look(half, "a third is all that we may keep")
    assert "a third is all that we may keep" in capsys.readouterr().out

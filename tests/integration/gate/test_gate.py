"""The gate, with a real MLflow server: what may serve."""

import shutil

import numpy as np
import pytest

from capstan.data.files import read_json, read_tables, write_tables
from capstan.rollout import store
from capstan.rollout.state import RolloutState
from capstan.settings import settings
from capstan.versions import registry
from components.evaluate import units as by_unit
from components.evaluate.core import evaluate
from monitoring.history import history
from monitoring.retraining.decisions import tell_accepted
from pipelines.flight_delay import task
from tests.integration.gate.conftest import GOOD, enter, lines
from tests.support import versions
from tests.support.processes import free_port

BEATEN = "roc_auc logistic regression"  # the line of the baseline

pytestmark = pytest.mark.usefixtures("empty_registry")


def test_first_good_model_is_accepted_by_thresholds_and_baseline(judge):
    verdict, report = judge(GOOD)
    assert verdict == "accepted" and "no champion yet" in report
    compared = [line for line in lines(report, "pass") if "of version" not in line]  # that other tests registered
    assert compared == [*(f"{metric} threshold" for metric in task.THRESHOLDS), BEATEN]


def test_scores_at_the_thresholds_pass(judge):
    assert judge({metric: bound.limit for metric, bound in task.THRESHOLDS.items()})[0] == "accepted"


@pytest.mark.parametrize("metric", list(task.THRESHOLDS))
def test_one_score_beyond_its_threshold_rejects(metric, judge):
    worse = -0.001 if metric in ("roc_auc", "average_precision") else 0.001
    verdict, report = judge(GOOD | {metric: task.THRESHOLDS[metric].limit + worse})
    assert verdict == "rejected"
    assert lines(report, "fail") == [f"{metric} threshold"]


def test_baseline_alone_is_rejected_and_so_is_what_chance_may_explain(judge, trained, tmp_path):
    own = by_unit.read(trained["units"])
    [simple] = own.baselines.values()
    noise = np.random.default_rng(0).normal(0, 0.5, len(simple))
    noise -= noise.mean()
    for above, expected in [(0, "rejected"), (noise + 0.01, "rejected"), (noise + 0.2, "accepted")]:
        model = own.model.assign(roc_auc=simple["roc_auc"] + above)
        by_unit.write(by_unit.Units(model, own.baselines), str(tmp_path / "made"))
        verdict, report = judge(units=str(tmp_path / "made"))
        assert verdict == expected, report
        assert (BEATEN in lines(report, "fail")) == (expected == "rejected")


def test_where_a_baseline_is_level_the_model_may_be_worse_by_the_slack(judge, trained, tmp_path):
    own = by_unit.read(trained["units"])
    [(name, simple)] = own.baselines.items()
    slack = task.THRESHOLDS["roc_auc"].slack
    for below, expected in [(0.9 * slack, "accepted"), (1.1 * slack, "rejected")]:
        model = own.model.assign(roc_auc=simple["roc_auc"] - below)
        by_unit.write(by_unit.Units(model, own.baselines, {name: ["roc_auc"]}), str(tmp_path / "made"))
        verdict, report = judge(units=str(tmp_path / "made"))
        assert verdict == expected, report


def test_model_worse_than_the_champion_by_more_than_the_slack_is_rejected_and_others_accepted(judge, champion):
    slack = task.THRESHOLDS["roc_auc"].slack
    assert slack > 0
    verdict, report = judge(better=-slack - 1e-4)
    assert verdict == "rejected" and lines(report, "fail") == ["roc_auc champion"]
    assert f"version {champion['version']}, was measured on these tables" in report
    for difference in (-slack + 1e-4, 0, 1e-4):
        verdict, report = judge(better=difference)
        assert verdict == "accepted" and {"roc_auc champion", "brier champion"} <= {*lines(report, "pass")}


def test_model_that_may_be_worse_than_the_slack_is_rejected(judge, champion, trained, tmp_path):
    """On average it is as good, and the days are too few to know."""
    own = by_unit.read(trained["units"])
    noise = np.random.default_rng(0).normal(0, 0.5, len(own.model))
    own.model["roc_auc"] += noise - noise.mean()
    by_unit.write(own, str(tmp_path / "made"))
    verdict, report = judge(units=str(tmp_path / "made"))
    assert verdict == "rejected" and "roc_auc champion" in lines(report, "fail")


def test_champion_itself_is_accepted_again(judge, champion, trained):
    verdict, report = judge(model_digest=trained["digest"])
    assert verdict == "accepted" and "the same rows, code and parameters" in report


def test_champion_is_measured_again_on_rows_it_has_not_seen(judge, champion, trained, tmp_path):
    others = read_tables(trained["test"])["flights"].iloc[::3]
    write_tables({"flights": others}, tmp_path / "others")
    evaluate(trained["model"], str(tmp_path / "others"), *(str(tmp_path / name) for name in ("scores", "by", "html")))
    now = read_json(tmp_path / "scores")["roc_auc"]
    assert now != pytest.approx(champion["roc_auc"], abs=1e-5)
    slack = task.THRESHOLDS["roc_auc"].slack
    for difference, expected in [(-slack - 1e-5, "rejected"), (-slack + 1e-5, "accepted")]:
        verdict, report = judge(test=str(tmp_path / "others"), units=str(tmp_path / "by"), better=difference)
        assert verdict == expected, report
        assert f"{now:.4f}" in report


def test_champion_that_needs_columns_which_are_gone_is_not_compared_and_that_is_said(
    judge, champion, trained, tmp_path
):
    others = read_tables(trained["test"])["flights"].drop(columns=["temp"])
    write_tables({"flights": others}, tmp_path / "others")
    verdict, report = judge(GOOD, test=str(tmp_path / "others"))
    assert verdict == "accepted" and "It is not compared" in report and "temp" in report


def test_champion_that_cannot_be_loaded_is_not_compared_and_that_is_said(judge, champion, tmp_path):
    lost = versions.edit_source(
        "flight_delay", champion["version"], lambda text: text + "\nraise RuntimeError('old')\n"
    )
    store.write_state("flight_delay", RolloutState(champion=lost))
    verdict, report = judge(GOOD)
    assert verdict == "accepted" and f"version {lost}, cannot be loaded" in report and "old" in report


@pytest.fixture
def best(trained):
    """A version that was the best when it was accepted, and does not serve; afterwards it is retired."""
    number = enter(trained, "accepted", model_digest="the best", units=trained["units"])
    yield number
    registry.set_tag("flight_delay", number, registry.RETIRED, "by the test")


@pytest.fixture
def lost(best):
    """The same, whose files are gone."""
    folder = next((settings().home / "mlflow").rglob(registry.known_version("flight_delay", best).model_id))
    shutil.rmtree(folder)
    return best


def test_slack_does_not_add_up_against_the_best_version(judge, best, champion):
    slack, line = task.THRESHOLDS["roc_auc"].slack, f"roc_auc version {best}, the best of all"
    store.write_state("flight_delay", RolloutState())  # whatever serves now
    assert line in lines(judge(better=-slack + 1e-4)[1], "pass")
    verdict, report = judge(better=-slack - 1e-4)
    assert verdict == "rejected" and lines(report, "fail") == [line]


def test_best_version_that_cannot_be_loaded_is_compared_by_what_was_stored_with_it(judge, lost):
    slack, line = task.THRESHOLDS["roc_auc"].slack, f"roc_auc version {lost}, the best of all"
    assert line in lines(judge(better=-slack + 1e-4)[1], "pass")
    verdict, report = judge(better=-slack - 1e-4)
    assert verdict == "rejected" and lines(report, "fail") == [line]


def test_best_version_that_cannot_be_compared_rejects_until_a_person_accepts_that(
    judge, lost, trained, tmp_path, capsys
):
    others = read_tables(trained["test"])["flights"].iloc[::3]
    write_tables({"flights": others}, tmp_path / "others")
    evaluate(trained["model"], str(tmp_path / "others"), *(str(tmp_path / name) for name in ("scores", "by", "html")))
    rows = {"test": str(tmp_path / "others"), "units": str(tmp_path / "by")}
    verdict, report = judge(**rows)
    assert verdict == "rejected" and f"roc_auc version {lost}, the best of all" in lines(report, "fail")
    printed = capsys.readouterr().out
    assert "cannot be loaded" in printed and "it was judged on other rows" in printed
    assert "capstan run flight_delay --accept REASON" in printed
    verdict, report = judge(**rows, accept="the store burnt down")
    assert verdict == "accepted" and "accepted: the store burnt down" in report
    number = enter(trained, "accepted", model_digest="accepted", accept="the store burnt down")
    assert registry.known_version("flight_delay", number).tags["accepted_because"] == "the store burnt down"
    for _ in range(2):
        tell_accepted("flight_delay", registry.versions("flight_delay"))
    [event] = history().events("flight_delay", kinds=("accepted",))
    assert (event.version, event.reason) == (number, "the store burnt down")


def test_metric_that_evaluate_does_not_return_is_a_clear_error(judge):
    from capstan.errors import CapstanError

    with pytest.raises(CapstanError, match="names brier, which `evaluate` does not return"):
        judge({name: value for name, value in GOOD.items() if name != "brier"})


def test_unreachable_registry_says_what_to_do(judge, monkeypatch, tmp_path):
    from capstan.errors import CapstanError

    monkeypatch.setenv("CAPSTAN_TRACKING_URI", f"http://127.0.0.1:{free_port()}")
    settings.cache_clear()
    try:
        with pytest.raises(CapstanError, match="capstan up"):
            judge(GOOD)
    finally:
        monkeypatch.undo()
        settings.cache_clear()
        shutil.rmtree(tmp_path, ignore_errors=True)

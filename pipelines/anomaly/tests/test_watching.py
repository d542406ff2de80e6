"""What monitoring notices: changes that are planted alarm, harmless ones do not."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from pipelines.anomaly import streams, task, watching
from pipelines.anomaly.columns import STREAM, VALUE
from pipelines.anomaly.studies.compare.sensors import frozen
from tests.support import watched

START = 12  # between the values of the reference
SMOOTH = 25  # values of the median that noise lies around
Change = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture(scope="module")
def alarms(parts, model):
    reference = task.signals(model, parts[1])
    return lambda rows: watched.alarms("anomaly", reference, rows)


@pytest.fixture(scope="module")
def later(parts, model) -> Callable[[Change], pd.DataFrame]:
    """What is watched of the second half of each stream, after a change there."""
    points = parts[1]["points"]

    def watch(change: Change) -> pd.DataFrame:
        frames = []
        for name, rows in points.groupby(STREAM):
            changed = pd.concat([rows.iloc[: len(rows) // 2], change(rows).iloc[len(rows) // 2 :]])
            [lines] = streams.lines(changed, model.threshold).values()
            frames.append(watching.shown(model, lines.iloc[len(rows) // 2 + START :: task.SHOWN]).assign(stream=name))
        return pd.concat(frames).sample(frac=1, random_state=1, ignore_index=True)

    return watch


def louder(rows: pd.DataFrame) -> pd.DataFrame:
    """Triple the noise: what lies around a running median."""
    median = rows[VALUE].rolling(SMOOTH, center=True, min_periods=1).median()
    return rows.assign(value=median + 3 * (rows[VALUE] - median))


def lossy(rows: pd.DataFrame) -> pd.DataFrame:
    """Lose three values in ten of the second half."""
    lost = np.random.default_rng(0).random(len(rows)) < 0.3
    return rows[~lost | (np.arange(len(rows)) < len(rows) // 2)]


def test_other_values_of_the_same_streams_are_harmless(alarms, parts, model):
    points, windows = parts[1]["points"], parts[1]["windows"]
    assert alarms(watching.signals(model, points, windows, task.SHOWN, START)) == set()


def test_second_half_of_the_streams_as_it_is_is_harmless(alarms, later):
    assert alarms(later(lambda rows: rows)) == set()


@pytest.mark.parametrize(("change", "signal"), [(frozen, "still"), (louder, "jumps"), (lossy, "late")])
def test_frozen_sensors_tripled_noise_and_lost_values_alarm(alarms, later, change, signal):
    assert ("drift", signal) in alarms(later(change))


def test_signals_of_answers_are_those_of_the_reference(parts, model):
    name = "realTraffic/speed_7578"
    rows = parts[1]["points"]
    rows = rows[rows["stream"] == name].head(900)
    [lines] = streams.lines(rows, model.threshold).values()
    features, answers = dict.fromkeys(streams.FIELDS), []
    for time, value in zip(streams.seconds(rows["time"]), rows["value"], strict=True):
        features = streams.after(features, time, {"value": value}, model.threshold)
        answers.append(task.Prediction(**model.answer(streams.columns_of(features))).model_dump())
    table, expected = pd.DataFrame(answers), watching.shown(model, lines)
    learned = table["decision"] != "learning"
    assert table["score"].tolist() == expected["score"].tolist()
    assert table["decision"][learned].tolist() == expected["decision"].to_numpy()[learned].tolist()
    assert {"alert", "ongoing", "normal"} == {*expected["decision"]}
    live = task.live_signals(pd.DataFrame(), table)
    assert live.to_numpy() == pytest.approx(expected[list(live)].to_numpy())
    assert task.live_signals(pd.DataFrame(), table.drop(columns="unchanged")).empty  # of an earlier version


def test_scores_that_rise_alarm(alarms, parts, model):
    """As they do where the senders of values restart, and each stream is new."""
    signals = task.signals(model, parts[1])
    assert ("drift", "score") in alarms(signals.assign(score=(signals["score"] + 0.3).clip(upper=1)))

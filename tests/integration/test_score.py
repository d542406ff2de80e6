"""Whole tables through the champion: what the endpoint answers, once for each row, also after a kill."""

import json
import os
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pandas as pd
import pytest

import predictions
from capstan.settings import settings
from components.materialize.core import materialize
from pipelines.flight_delay import task
from tests.integration.conftest import CAPSTAN, capstan
from tests.support.processes import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.rotating]
MOMENT = "2013-12-24T10:00:00Z"
FIELDS = list(task.Request.model_fields)


@pytest.fixture(scope="module")
def flights(road) -> pd.DataFrame:
    """Flights of a morning first, then others of December; with a number of their own."""
    rows = pd.read_parquet(road["training_set"], columns=[*FIELDS, task.EVENT_TIMESTAMP])
    now = rows[task.EVENT_TIMESTAMP] == pd.Timestamp(MOMENT)
    rows = pd.concat([rows[now], rows[~now].tail(1_500)], ignore_index=True)
    return rows.drop(columns=task.EVENT_TIMESTAMP).assign(flight=range(len(rows)), now=now.sum())


@pytest.fixture(scope="module")
def answers(flights, tmp_path_factory) -> pd.DataFrame:
    """What is answered of them as parquet, by flight."""
    folder = tmp_path_factory.mktemp("score")
    asked = flights.drop(columns="now")
    asked.to_parquet(folder / "flights.parquet")
    done = score(folder / "flights.parquet", folder / "out", "--workers", "0")
    assert done["answered"] == len(flights) and not done["refused"]
    return pd.read_parquet(folder / "out").set_index("flight")


def score(source: Path, output: Path, *options: str, code: int = 0) -> dict:
    done = capstan(
        "score", "flight_delay", "--input", str(source), "--output", str(output), "--keep", "flight", "--json", *options
    )
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def test_answers_are_those_of_the_endpoint(flights, answers, road):
    features = Path(road["training_set"]).with_name("features")
    materialize("flight_delay", str(features), road["training_set"], as_of=MOMENT)
    rows = flights.head(flights["now"].iloc[0])
    assert len(rows) >= 3
    url = f"{settings().endpoint_url}/v1/models/flight_delay:predict"
    reply = httpx.post(url, json={"instances": task.requests(rows)}, timeout=30).raise_for_status().json()
    for (_, row), answer in zip(rows.iterrows(), reply["predictions"], strict=True):
        mine = answers.loc[row["flight"]]
        assert mine["probability"] == pytest.approx(answer["probability"], abs=1e-6)
        assert mine["version"] == road["version"]
        assert mine["prediction_time"] == pd.Timestamp(MOMENT)
    assert answers["prediction_id"].is_unique and answers["probability"].nunique() > 1_000


def as_text(flights: pd.DataFrame) -> pd.DataFrame:
    """Return flights with their times as text, of which one has no destination and one an unknown origin."""
    rows = flights.drop(columns="now").head(200).copy()
    for column in ("sched_dep", "sched_arr"):
        rows[column] = rows[column].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    rows.loc[3, "dest"], rows.loc[7, "origin"] = None, "XXX"
    return rows


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_rows_that_a_request_may_not_have_are_kept_with_the_reason(flights, answers, tmp_path, kind):
    rows, source = as_text(flights), tmp_path / f"rows.{kind}"
    if kind == "csv":
        rows.to_csv(source, index=False)
    else:
        source.write_text(rows.to_json(orient="records", lines=True) + '{"carrier": \n')
    done = score(source, tmp_path / "out", "--workers", "0", code=1)
    refused = [json.loads(line) for line in (tmp_path / "out/_refused/part-00000.jsonl").read_text().splitlines()]
    reasons = {row["line"]: row["reason"] for row in refused}
    first = 2 if kind == "csv" else 1  # after the header
    assert "dest" in reasons[first + 3] and "'XXX' is not an airport" in reasons[first + 7]
    assert kind == "csv" or "no JSON" in reasons[201]
    assert done["refused"] == len(refused) == 2 + (kind == "jsonl") and done["answered"] == 198
    answered = pd.read_parquet(tmp_path / "out")
    answered.index = answered["flight"].astype(int)
    assert (answered["probability"] == answers.loc[answered.index, "probability"]).all()


def test_batch_that_is_killed_goes_on_and_answers_each_row_once(flights, answers, tmp_path):
    source, output = tmp_path / "parts", tmp_path / "out"
    source.mkdir()
    for number in range(12):
        flights.drop(columns="now").iloc[number::12].to_parquet(source / f"{number:02}.parquet")
    command = [CAPSTAN, "score", "flight_delay", "--input", str(source), "--output", str(output)]
    command += ["--keep", "flight", "--join-log", "--workers", "0"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    wait_until(lambda: len(list(output.glob("part-*"))) >= 2)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    before = {path.name: path.stat().st_mtime_ns for path in output.glob("part-*")}
    assert 2 <= len(before) < 12
    began = datetime.now(UTC)
    done = score(source, output, "--join-log", "--workers", "2")
    assert done["done before"] == len(before) and done["answered"] < len(flights)
    assert {name: (output / name).stat().st_mtime_ns for name in before} == before
    answered = pd.read_parquet(output)
    assert sorted(answered["flight"]) == list(range(len(flights)))
    assert answered.set_index("flight")["probability"].sort_index().equals(answers["probability"].sort_index())
    log = predictions.read("flight_delay", since=began - timedelta(minutes=10))
    mine = log[log["prediction_id"].isin(answered["prediction_id"])]
    assert len(mine) == len(answered) and set(mine["variant"]) == {"batch"}
    again = score(source, output, "--join-log", "--workers", "2")
    assert again["answered"] == 0 and again["done before"] == 12


def test_what_cannot_be_scored_is_said_before_anything_is_written(flights, tmp_path):
    rows, output = tmp_path / "rows.parquet", tmp_path / "out"
    flights.drop(columns="now").head(3).to_parquet(rows)
    (tmp_path / "rows.xml").write_text("<a/>")
    (tmp_path / "none").mkdir()
    (tmp_path / "torn.parquet").write_bytes(rows.read_bytes()[:-9])
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine.txt").write_text("mine")

    def said(source: str, to: str = "out", *options: str) -> str:
        arguments = ["--input", str(tmp_path / source), "--output", str(tmp_path / to), "--workers", "0", *options]
        done = capstan("score", "flight_delay", *arguments)
        assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
        return " ".join(done.stderr.split())

    assert "is not there" in said("missing.parquet")
    assert "is none of .parquet, .csv" in said("rows.xml")
    assert "has no files" in said("none")
    assert "cannot be read" in said("torn.parquet")
    assert "has other files" in said("rows.parquet", "full")
    assert not output.exists()
    assert "Extra inputs are not permitted" in said_refused(capstan, rows, output)
    assert "a batch with another keep" in said("rows.parquet", "out", "--keep", "flight")
    assert "999" in said("rows.parquet", "other", "--version", "999")


def said_refused(run, rows: Path, output: Path) -> str:
    """Return the reason of a row with a column that is no field of a request."""
    done = run("score", "flight_delay", "--input", str(rows), "--output", str(output), "--workers", "0")
    assert done.returncode == 1 and "3 refused" in done.stdout, done.stderr
    return (output / "_refused/part-00000.jsonl").read_text()

"""`capstan new` makes capstones that run at once: one of each capability, and one with all."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitoring.snapshots import Snapshots
from tests.integration.place import Place
from tests.support.processes import ROOT

KINDS = {
    "bare": [],
    "checked": ["contract", "monitoring"],
    "looked_up": ["features"],
    "served": ["endpoint"],
    "spoken": ["kind=stream"],
    "learned": ["kind=torch", "contract", "labels", "monitoring"],
    "whole": ["contract", "features", "endpoint", "labels", "monitoring"],
}


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Iterator[Place]:
    """A place whose capstones are those that it makes."""
    place = Place(tmp_path_factory.mktemp("new") / "home")
    place.environment["CAPSTAN_CAPSTONES"] = str(tmp_path_factory.mktemp("capstones"))
    yield place
    place.clear()


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.rotating(name)) for name in KINDS])
def test_new_capstone_runs_unedited(name, place):
    folder = place.environment["CAPSTAN_CAPSTONES"]
    created = place("new", name, "--into", folder, *(f"--{option}" for option in KINDS[name]))
    assert created.returncode == 0, created.stderr
    assert f"capstan run {name}" in created.stdout
    checked = place("check", name)
    assert checked.returncode == 0 and "complete" in checked.stdout, checked.stderr
    done = place("run", name, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verdict"] == "accepted"
    tests = [sys.executable, "-m", "pytest", "-q", "-n", "0", f"{folder}/{name}"]
    assert subprocess.run(tests, cwd=ROOT, env=os.environ | place.environment).returncode == 0
    if name in ("spoken", "learned"):
        asked = {"prompt": "The data"} if name == "spoken" else {"pixels": [0.0] * 64}
        file = Path(folder) / "request.json"
        file.write_text(json.dumps(asked))
        answer = place("predict", name, "--file", str(file), "--json")
        assert answer.returncode == 0, answer.stderr
        [prediction] = json.loads(answer.stdout)["predictions"]
        assert len(prediction["text"].split()) == 20 if name == "spoken" else 0 <= prediction["digit"] <= 9
    if "endpoint" in KINDS[name]:
        request = {"patient": 3} if "features" in KINDS[name] else None
        file = Path(folder) / "request.json"
        example = dict.fromkeys(["age", "sex", "bmi", "bp", "s3", "s5"], 0.01)
        file.write_text(json.dumps(request or example))
        answer = place("predict", name, "--file", str(file), "--json")
        assert answer.returncode == 0, answer.stderr
        assert 25 < json.loads(answer.stdout)["predictions"][0]["predicted"] < 350


@pytest.mark.rotating("whole")
def test_labels_of_a_new_capstone_show_how_good_it_is(place, tmp_path):
    """After the run of "whole"."""
    asked, labels = tmp_path / "asked.json", tmp_path / "labels.jsonl"
    asked.write_text(json.dumps([{"patient": number} for number in range(200)]))
    answers = json.loads(place("predict", "whole", "--file", str(asked), "--json").stdout)["predictions"]
    now = datetime.now(UTC).isoformat()
    rows = [{"prediction_id": answer["prediction_id"], "label": 150.0, "known_at": now} for answer in answers]
    labels.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    loaded = place("labels", "load", "whole", str(labels), "--json")
    assert loaded.returncode == 0 and json.loads(loaded.stdout)["accepted"] == len(rows), loaded.stderr
    looked = place("monitor", "whole", "--json")
    assert looked.returncode == 0, looked.stderr
    assert json.loads(looked.stdout)["live"]["predictions"] > len(rows)
    seen = Snapshots(f"sqlite:///{place.home}/predictions/circle.db").newest("whole")
    assert seen.labels == len(rows) and {"performance", "contract"} <= {check.name for check in seen.checks}


@pytest.mark.rotating("learned")
def test_labels_of_a_new_network_are_digits_also_where_some_are_not_known(place, tmp_path):
    """After the run of "learned": digits are compared with digits, so the accuracy is that of the test."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    asked, labels = tmp_path / "asked.json", tmp_path / "labels.jsonl"
    asked.write_text(json.dumps([{"pixels": pixels.tolist()} for pixels in digits.data[1_200:]]))
    answers = json.loads(place("predict", "learned", "--file", str(asked), "--json").stdout)["predictions"]
    known = zip(answers, digits.target[1_200:].tolist(), strict=True)
    rows = [{"prediction_id": answer["prediction_id"], "label": digit} for answer, digit in known][:-10]
    labels.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    loaded = place("labels", "load", "learned", str(labels), "--json")
    assert loaded.returncode == 0 and json.loads(loaded.stdout)["accepted"] == len(rows), loaded.stderr
    looked = place("monitor", "learned", "--json")
    assert looked.returncode == 0, looked.stderr
    seen = Snapshots(f"sqlite:///{place.home}/predictions/circle.db").newest("learned")
    [accuracy] = [check for check in seen.checks if check.name == "accuracy"]
    assert seen.labels == len(rows) and accuracy.verdict == "ok" and accuracy.statistic > 0.85


def test_without_a_terminal_flags_alone_suffice_and_nothing_is_asked(place, tmp_path):
    created = place("new", "quiet", "--into", str(tmp_path))
    assert created.returncode == 0 and "?" not in created.stdout + created.stderr
    assert f"CAPSTAN_CAPSTONES={tmp_path}" in created.stdout


@pytest.mark.parametrize("name", ["class", "../x", "Capital"])
def test_bad_name_exits_with_1_and_one_line(name, place):
    done = place("new", name)
    assert done.returncode == 1 and done.stderr.startswith("Error: ") and len(done.stderr.splitlines()) == 1

"""A table larger than memory passes through the steps as batches; as a whole it does not fit under the same limit."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from capstan.data.files import read_tables
from components.evaluate.core import evaluate
from components.ingest.core import ingest
from components.split.core import split
from components.train.core import train
from components.validate.core import validate
from tests.support.capstones_of_tests import FOLDER, in_catalogue

NAME = "many_digits"
LEFT = 100  # MiB that the steps may take next to what the process has when they begin
COPIES = 500  # 1 MB of memory each: five times as much
SCRIPT = """
import json, os, resource, sys
from pathlib import Path
from tests.unit.components.test_batches import road

folder, left = Path(sys.argv[1]), int(sys.argv[2])
road(folder / "small")  # imports what any run imports
os.environ.update(DIGITS_COPIES=sys.argv[3], DIGITS_WHOLE=sys.argv[4])
[line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmData:")]
limit = int(line.split()[1]) * 2**10 + left * 2**20
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
print(json.dumps(road(folder / "large")))
"""


def road(folder: Path) -> dict[str, dict[str, float]]:
    """Take the capstone from ingest to evaluate; return the counts and the scores."""
    paths = {
        name: str(folder / name) for name in ("raw", "clean", "quarantine", "train", "test", "model", "units", "report")
    }
    counts = str(folder / "counts.json")
    loaded = ingest(NAME, paths["raw"], counts)
    checked = validate(NAME, paths["raw"], paths["clean"], paths["quarantine"], counts)
    parts = split(NAME, paths["clean"], paths["train"], paths["test"], counts)
    train(NAME, paths["train"], paths["model"])
    return {
        "counts": loaded | checked | parts,
        "scores": evaluate(paths["model"], paths["test"], counts, paths["units"], paths["report"]),
    }


def test_each_step_hands_on_batches_and_counts_their_rows(home, tmp_path, monkeypatch):
    monkeypatch.setenv("DIGITS_COPIES", "20")
    with in_catalogue(FOLDER):
        result = road(tmp_path)
    assert result["counts"] == {
        "digits_rows": 20 * 1_797,
        "digits_quarantined": 2,
        "digits_quarantined_share": 2 / (20 * 1_797),
        "train_digits": 20 * 1_200 - 2,
        "test_digits": 20 * 597,
    }
    assert result["scores"]["accuracy"] > 0.8
    aside = read_tables(tmp_path / "quarantine")["digits"].frame()
    assert aside["number"].tolist() == [0, 0] and set(aside["reason"]) == {"image: whole"}
    assert sorted(path.name for path in (tmp_path / "test" / "digits").iterdir()) == ["00000.parquet", "00001.parquet"]


@pytest.mark.slow
@pytest.mark.rotating
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the data of a process")
@pytest.mark.parametrize("whole", ["", "yes"], ids=["batches", "whole"])
def test_table_larger_than_memory_passes_as_batches_alone(home, tmp_path, whole):
    environment = os.environ | {"CAPSTAN_CAPSTONES": str(FOLDER), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), str(LEFT), str(COPIES), whole],
        env=environment | {"ARROW_DEFAULT_MEMORY_POOL": "system"},  # its own pools reserve more than they use
        capture_output=True,
        text=True,
        check=False,
    )
    if whole:
        assert done.returncode == 1 and "MemoryError" in done.stderr, done.stderr
    else:
        assert done.returncode == 0, done.stderr
        result = json.loads(done.stdout.splitlines()[-1])
        assert result["counts"]["digits_rows"] == COPIES * 1_797 and result["scores"]["accuracy"] > 0.8

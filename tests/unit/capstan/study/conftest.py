"""A capstone with a small study, outside of the checkout."""

import sys
from pathlib import Path

import pytest

from capstan.settings import settings
from tests.unit.capstan.versions.test_model_version import TASK

STUDY = '''"""Which factor is larger?"""

import os
from pathlib import Path

from capstan.study import Measure, Study, Table, spread

DATA = Path(__file__).parents[2] / "numbers.txt"


def product(factor, seed):
    calls = Path(__file__).with_name("calls.txt")
    with calls.open("a") as file:
        file.write(f"{factor} {seed}\\n")
    if os.environ.get("DIE_AFTER") == str(len(calls.read_text().splitlines())):
        os.kill(os.getpid(), 9)
    return {"product": factor * (seed + 1)}


def total():
    yield {"method": "sum", "value": 3.0}
    yield {"method": "mean", "value": 1.5}


STUDY = Study(
    measures=[Measure(product, [{"factor": 2}, {"factor": 3}]), Measure(total, seeds=0)],
    tables=[
        Table({"factor": "factor"}, {"product": lambda rows: spread(rows["product"], digits=1)}, "product"),
        Table({"method": "method"}, {"value": lambda rows: f"{rows['value'].iloc[0]:g}"}, "total"),
    ],
    seeds=2,
    files=lambda _: {"numbers": DATA},
)
'''


@pytest.fixture
def studied(tmp_path, monkeypatch) -> Path:
    """The folder of a study `factors` of the capstone `made`."""
    import pipelines

    monkeypatch.setenv("CAPSTAN_CAPSTONES", str(tmp_path))
    settings.cache_clear()
    folder = tmp_path / "made" / "studies" / "factors"
    folder.mkdir(parents=True)
    (tmp_path / "made" / "task.py").write_text(TASK)
    (tmp_path / "made" / "scale.py").write_text("SCALE = 2\n")
    (tmp_path / "made" / "numbers.txt").write_text("1 2\n")
    (tmp_path / "made" / "README.md").write_text("# Made\n\n<!-- study factors: total -->\n<!-- end -->\n")
    (folder / "study.py").write_text(STUDY)
    (folder / "README.md").write_text("# Which?\n\n<!-- study factors -->\nold\n<!-- end -->\n\nThe end.\n")
    yield folder
    settings.cache_clear()
    pipelines.__path__[:] = [path for path in pipelines.__path__ if path != str(tmp_path)]
    for name in [name for name in sys.modules if name.startswith("pipelines.made")]:
        del sys.modules[name]

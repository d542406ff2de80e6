"""The code has what the records chose."""

import pandas as pd

from models import study
from pipelines.house_price import compare, training, tune


def record(name: str) -> pd.DataFrame:
    return study.read(tune.FOLDER / f"{name}.json")


def test_settings_are_those_of_the_record():
    made = record("tune")
    assert len(made) == tune.SEEDS * sum(map(len, tune.TRIED.values()))
    assert tune.best(made) == training.SETTINGS


def test_the_readme_has_the_answer():
    made = record("compare").query("part == 'error'").groupby("name")[["rmse", "median_error"]].mean()
    readme = (tune.FOLDER / "README.md").read_text()
    for name, title in (("boosting", "LightGBM, tuned"), (compare.STACK, "the stack, served")):
        rmse, median = made.loc[name]
        assert f"| {title} | {rmse:.4f} | {100 * median:.1f} % |" in readme


def test_the_record_reaches_the_goal():
    made = record("compare").query("part == 'error' and name == @compare.STACK")
    assert (made["rmse"] <= 0.116).all() and (made["median_error"] <= 0.049).all()
    whole = record("compare").query("part == 'left out'")
    assert whole["coverage"].between(0.88, 0.92).all()

"""Real flights, and rows with a known truth, for tests of the steps and models."""

import numpy as np
import pandas as pd

from pipelines.flight_delay import columns, task


def real_tables(every: int = 1) -> dict[str, pd.DataFrame]:
    """Return what the flagship loads, with every so many flights."""
    loaded = task.load(None)
    return loaded | {"flights": loaded["flights"].iloc[::every].reset_index(drop=True)}


def rows_with_known_truth(count: int = 20_000) -> pd.DataFrame:
    """Return rows of a training set in order of time; what is late follows from some columns, and from random numbers.

    The true probability is in the column `probability`.
    """
    chance = np.random.default_rng(0)
    noise = [*columns.GROUPS["departures"], *columns.GROUPS["rotation"]]
    known = [column for column in columns.INPUTS if column not in noise]
    frame = pd.DataFrame({column: chance.normal(size=count) for column in known})
    for column, values in {"carrier": ["AA", "B6", "UA"], "origin": ["EWR", "JFK"], "dest": ["BOS", "LAX"]}.items():
        frame[column] = chance.choice(values, count)
    frame["wind_gust"] = frame["wind_gust"].where(chance.random(count) < 0.5)
    # No logistic regression finds the second term.
    log_odds = 1.5 * frame["origin_late_share"] + 1.5 * frame["temp"].abs() - 2.2 + (frame["carrier"] == "UA") * 1.0
    frame["probability"] = 1 / (1 + np.exp(-log_odds))
    frame["late"] = (chance.random(count) < frame["probability"]).astype(float)
    # Drawn last, so that the truth is the same whatever noise is added.
    frame[noise] = chance.normal(size=(count, len(noise)))
    # Two thirds of the year teach, September calibrates, the last months test.
    frame["event_timestamp"] = pd.date_range("2013-01-01", "2013-12-31", periods=count, tz="UTC", unit="us")
    # What a client would send, and the model does not need.
    frame["tailnum"] = "N1"
    frame["sched_dep"] = frame["event_timestamp"] + pd.Timedelta(hours=1)
    frame["sched_arr"] = frame["sched_dep"] + pd.Timedelta(hours=3)
    return frame

"""The figures of the alarms: what was measured keeps what is promised, for the shifts that were fixed before."""

import json

import pandas as pd

from tests.benchmarks import alarms

SHIFTS = json.loads(alarms.SHIFTS.read_text())["shifts"]
MEASURED = json.loads((alarms.HERE / "alarms.json").read_text())


def test_at_most_one_window_in_twenty_alarms_for_nothing():
    dealt = MEASURED["unchanged"]["dealt"]
    assert dealt["windows"] >= 500 and dealt["share"] <= 0.05


def test_every_shift_is_found():
    assert list(MEASURED["shifts"]) == [shift["name"] for shift in SHIFTS]
    assert min(of["detected"] for of in MEASURED["shifts"].values()) >= 0.95
    assert all(name in alarms.table(MEASURED) for name in MEASURED["shifts"])


def test_shifts_are_planted_as_they_say():
    rows = pd.DataFrame({shift["column"]: [1.0] * 1_000 for shift in SHIFTS}).assign(carrier="UA", dest="BOS")
    for shift in SHIFTS:
        before, after = rows[shift["column"]], alarms.planted(rows, shift)[shift["column"]]
        changed = float((before.astype(object) != after.astype(object)).mean())
        assert abs(changed - shift.get("share", 1.0)) < 0.03

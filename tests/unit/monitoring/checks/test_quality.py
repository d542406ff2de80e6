"""The share of rows that break a contract, beside the limit."""

from monitoring.checks.quality import check_contract
from pipelines.flight_delay import task


def test_contract_of_real_flights():
    tables = task.load(None)
    tables["flights"] = tables["flights"].iloc[::20]
    contracts = task.contracts()
    found = {check.signal: check for check in check_contract(tables, contracts, 0.01)}
    assert {name: check.verdict for name, check in found.items()} == dict.fromkeys(contracts, "ok")

    flights = tables["flights"]
    bad = flights["distance"].mask([row % 20 == 0 for row in range(len(flights))], -1.0)
    [broken, *_] = check_contract(tables | {"flights": flights.assign(distance=bad)}, contracts, 0.01)
    assert broken.verdict == "alarm" and "distance" in broken.message
    assert broken.low < 0.05 < broken.high and broken.low > 0.01

    few = flights.head(50).assign(distance=[-1.0] + [100.0] * 49)  # 2 % of few rows may be chance
    assert check_contract({"flights": few}, {"flights": contracts["flights"]}, 0.01)[0].verdict == "ok"

    [missing, *_] = check_contract(tables | {"flights": flights.drop(columns="carrier")}, contracts, 0.01)
    assert missing.verdict == "alarm" and "carrier" in missing.message
    assert check_contract({}, contracts, 0.01)[0].verdict == "insufficient"

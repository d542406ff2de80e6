"""In a step's pod: the features of a flight by Feast, from the object store as of an instant, and from Redis."""

import json
import math
import sys

import pandas as pd

from feature_repo.store import open_store
from pipelines.flight_delay.columns import ONLINE_AS_OF

capstone = sys.argv[1]
flight = {"carrier": "UA", "origin": "EWR", "dest": "TPA", "tailnum": "N483UA"}
times = {
    "sched_dep": pd.Timestamp("2013-12-30T20:15:00-05:00").tz_convert("UTC"),
    "sched_arr": pd.Timestamp("2013-12-30T23:22:00-05:00").tz_convert("UTC"),
}
store = open_store(capstone)
service = store.get_feature_service(capstone)
row = pd.DataFrame([flight | times | {"event_timestamp": pd.Timestamp(ONLINE_AS_OF).tz_convert("UTC")}])
online = {
    name: values[0]
    for name, values in store.get_online_features(service, [flight | times]).to_dict().items()
    if name not in flight
}


def plain(features: dict) -> dict:
    return {
        name: None if features[name] is None or math.isnan(features[name]) else float(features[name]) for name in online
    }


offline, failures = [], []
for _ in range(20):
    try:
        offline += [plain(read) for read in store.get_historical_features(row, service).to_df().to_dict("records")]
    except Exception as error:  # whatever it is, the test shows it
        failures.append(repr(error))
print(json.dumps({"offline": offline, "online": plain(online), "failures": failures}))

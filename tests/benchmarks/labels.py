"""Labels: days of 1,000, posted by one client to a server whose log has 3 million other predictions of 90 days."""

import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pyarrow as pa
import pyarrow.parquet as pq

from predictions import ids, labelled
from predictions.records import SCHEMA
from tests.benchmarks.figures import table
from tests.support import capstones_of_tests as capstones
from tests.support.processes import wait_for
from tests.support.serving import Server, another_server, mlflow_server
from tests.support.tiny_store import FLIGHT, NOW, make_store

__all__ = ["rows", "table"]
DAYS, BATCH, OTHERS, OTHER_DAYS = 30, 1000, 3_000_000, 90
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def rows(size: float = 1.0) -> list[dict]:
    """Return the seconds of a day's labels: by id, by entity and time, and again; and of the join."""
    with TemporaryDirectory(prefix="capstan-bench-") as folder, capstones.in_catalogue():
        home, feast, mlflow_folder = (Path(folder) / name for name in ("home", "feast", "mlflow"))
        for path in (feast, mlflow_folder):
            path.mkdir()
        make_store(feast)
        write_others(home / "predictions", size)
        with mlflow_server(mlflow_folder) as mlflow:
            wait_for(f"{mlflow.url}/health", mlflow.child, mlflow.log)
            mlflow.roles("tiny", champion=mlflow.register("tiny", 0.0))
            with another_server(mlflow, feast, home) as server:
                return measure(server, home, max(1, round(size * DAYS)))


def measure(server: Server, home: Path, count: int) -> list[dict]:
    """Return the same of a server that runs."""
    days = [predict(server, NOW + number * DAY) for number in range(count)]
    by_id = [post(server, [label | {"prediction_id": id_} for id_, label in day]) for day in days]
    again = [post(server, [label | {"prediction_id": id_} for id_, label in day]) for day in days]
    days = [predict(server, NOW + (count + number) * DAY) for number in range(count)]
    by_entity = [post(server, [label | about(label) for _, label in day]) for day in days]
    single = [post(server, [days[0][number][1] | {"prediction_id": days[0][number][0]}]) for number in range(200)]
    started = time.monotonic()
    joined = labelled("tiny", folder=home / "predictions", labels=capstone_labels(home))
    join = time.monotonic() - started
    assert len(joined) == 2 * count * BATCH
    what = f"{BATCH:,} labels in a request"
    return [
        {"what": f"{what}, by id, median of {count}", "goal": "under 1 s", "measured": seconds(by_id)},
        {"what": f"{what}, by id, the slowest", "goal": "", "measured": f"{max(by_id):.3f} s"},
        {"what": f"{what}, the same again, median", "goal": "", "measured": seconds(again)},
        {"what": f"{what}, by entity and time, median", "goal": "under 1 s", "measured": seconds(by_entity)},
        {
            "what": "one label in a request, median",
            "goal": "",
            "measured": f"{statistics.median(single) * 1000:.1f} ms",
        },
        {"what": f"join of {len(joined):,} labels", "goal": "", "measured": f"{join:.2f} s"},
    ]


def capstone_labels(home: Path):
    """Return the server's labels."""
    from predictions.labels import LabelStore

    return LabelStore(f"sqlite:///{home}/predictions/labels.db")


def seconds(times: list[float]) -> str:
    """Return a median and a rate."""
    median = statistics.median(times)
    return f"{median:.3f} s ({BATCH / median:,.0f} labels a second)"


def predict(server: Server, day: datetime) -> list[tuple[str, dict]]:
    """Predict a day of flights, one a minute; return the id of each, and its label without one."""
    times = [day + number * timedelta(minutes=1) for number in range(BATCH)]
    sent = [FLIGHT | {"sched_dep": (instant + HOUR).isoformat()} for instant in times]
    reply = httpx.post(f"{server.url}/v1/models/tiny:predict", json={"instances": sent}, timeout=60)
    prediction_ids = [answer["prediction_id"] for answer in reply.raise_for_status().json()["predictions"]]
    return [
        (id_, {"label": number % 5 == 0, "known_at": (instant + 4 * HOUR).isoformat()})
        for number, (id_, instant) in enumerate(zip(prediction_ids, times, strict=True))
    ]


def about(label: dict) -> dict:
    """Return what a label says of its prediction without an id."""
    instant = datetime.fromisoformat(label["known_at"]) - 4 * HOUR
    return {"entity": {name: FLIGHT[name] for name in ("carrier", "origin", "tailnum")}, "time": instant.isoformat()}


def post(server: Server, actuals: list[dict]) -> float:
    """Post labels; return the seconds until they were taken."""
    started = time.monotonic()
    reply = httpx.post(f"{server.url}/v2/models/tiny/actuals", json={"actuals": actuals}, timeout=60)
    elapsed = time.monotonic() - started
    assert reply.status_code == 200, reply.text[:500]
    return elapsed


def write_others(folder: Path, size: float) -> None:
    """Write other predictions of the last days, one file a day, as `capstan clean` leaves them."""
    per_day = round(size * OTHERS / OTHER_DAYS)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for days_ago in range(1, OTHER_DAYS + 1):
        day = today - days_ago * DAY
        times = [day + number * (DAY / per_day) for number in range(per_day)]
        stamps = [f"{int(stamp.timestamp() * 1000):012x}" for stamp in times]
        texts = {
            "model": "tiny",
            "version": "1",
            "variant": "champion",
            "routed_by": "",
            "client": "",
            "features": "{}",
            "prediction": "{}",
        }
        texts["inputs"] = '{"carrier":"UA","origin":"JFK","tailnum":"N2","sched_dep":"2013-06-01T13:00:00Z"}'
        columns = {name: [text] * per_day for name, text in texts.items()}
        columns |= {"prediction_id": [f"{stamp[:8]}-{stamp[8:]}{ids.new()[13:]}" for stamp in stamps]}
        columns |= {"time": times, "prediction_time": times, "partial": [False] * per_day}
        columns |= {f"{what}_features": [[]] * per_day for what in ("missing", "expired", "future", "default")}
        path = folder / "model=tiny" / f"date={day.date()}" / "merged-0.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(pa.table(columns, SCHEMA), path, compression="zstd", row_group_size=50_000)

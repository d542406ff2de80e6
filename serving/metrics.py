"""Prometheus metrics of predictions, at /metrics. Labels are few: loaded models, their versions and variants."""

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from prometheus_client import Counter, Gauge, Histogram

if TYPE_CHECKING:
    from predictions.log import PredictionLog

LABELS = ("model", "version", "variant")
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
RATES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
ROWS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)

requests = Counter("capstan_requests", "Requests for predictions, answered or not", LABELS)
errors = Counter(
    "capstan_errors", "Requests for predictions that were not answered, by HTTP status", (*LABELS, "status")
)
latency = Histogram("capstan_request_seconds", "Time to answer a request, its log included", LABELS, buckets=SECONDS)
rows = Histogram("capstan_request_rows", "Rows of a request that was answered", LABELS, buckets=ROWS)
batch_requests = Histogram("capstan_batch_requests", "Requests that were predicted as one", LABELS, buckets=ROWS)
batch_rows = Histogram("capstan_batch_rows", "Rows that were predicted as one", LABELS, buckets=ROWS)
batch_waiting = Gauge("capstan_batch_waiting", "Requests that wait for their batch to start", LABELS)
first_token = Histogram("capstan_first_token_seconds", "Time to the first part of a stream", LABELS, buckets=SECONDS)
token_rate = Histogram("capstan_tokens_per_second", "Parts of a stream in a second", LABELS, buckets=RATES)
engine = Gauge("capstan_engine", "What the engine of a model's streams counts, such as pages", (*LABELS, "counted"))
records = Counter("capstan_logged_records", "Predictions that this server has logged", LABELS)
stopped = Counter("capstan_stopped", "Requests with a text that a guard of the capstone refuses", ("model", "guard"))
labels = Counter("capstan_labels", "Labels that were sent, by what became of them", ("model", "outcome"))
in_flight = Gauge("capstan_in_flight", "Requests for predictions that are being answered")
waiting = Gauge("capstan_log_waiting", "Requests that wait for the prediction log")
backlog = Gauge("capstan_log_backlog_bytes", "Prediction log that is not parquet yet")


class OfVariant(NamedTuple):
    """The metrics that every prediction of a variant changes. Looking each up would cost as much as validating it."""

    requests: Counter
    latency: Histogram
    rows: Histogram
    records: Counter


@cache
def of(model: str, version: str, variant: str) -> OfVariant:
    """Return the metrics of a variant; what is not known of a request is ""."""
    labels = (model, version, variant)
    return OfVariant(requests.labels(*labels), latency.labels(*labels), rows.labels(*labels), records.labels(*labels))


def watch(log: "PredictionLog") -> None:
    """Have the gauges read a prediction log."""
    waiting.set_function(lambda: log.waiting)
    backlog.set_function(log.backlog)

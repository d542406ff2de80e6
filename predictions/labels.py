"""The labels of predictions: one table, in SQLite next to the prediction log, or in PostgreSQL on a cluster.

A label has to be unique across threads, processes and replicas, which is what transactions are for; the files of the
log could not promise it. Rows are never changed: a correction adds the next revision. The revision with the highest
number counts. What is acknowledged is committed, so a killed server or client loses none of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
)

from capstan.data.database import Database, instant, ticks
from capstan.profile import profile

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Connection

CHUNK = 10_000  # ids of one statement; SQLite takes 32,766

schema = MetaData()
LABELS = Table(
    "capstan_labels",
    schema,
    Column("capstone", String(200), primary_key=True),
    Column("prediction_id", String(200), primary_key=True),
    Column("revision", Integer, primary_key=True),  # 1 is the first label, each correction adds one
    Column("label", Text, nullable=False),  # JSON, written in one way, so that equal labels are equal texts
    Column("known_at", BigInteger, nullable=False),  # this and the other times: microseconds since 1970
    Column("late", Boolean, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("client", String(200), nullable=False),  # the name of its token
    Column("predicted_at", BigInteger, nullable=False, index=True),  # when the prediction was answered
)


@dataclass(frozen=True)
class Actual:
    """A label, and the predictions that it is of: id to when it was answered."""

    predictions: dict[str, datetime]
    label: str
    known_at: datetime
    late: bool = False
    correct: bool = False  # replace another label


class Held(NamedTuple):
    """The label that counts now."""

    revision: int
    label: str
    known_at: datetime


@dataclass(frozen=True)
class LabelResult:
    """What became of a label. `held` are the labels that it contradicts, or that it corrected, by prediction."""

    kind: Literal["accepted", "same", "corrected", "contradicting", "early"]
    held: dict[str, Held] = field(default_factory=dict)


class LabelStore(Database):
    """The table at a URL of SQLAlchemy. Every method raises CapstanError when the database does not answer."""

    def __init__(self, url: str):
        super().__init__(url, schema, "labels")

    def add(self, capstone: str, actuals: Sequence[Actual], client: str = "") -> list[LabelResult]:
        """Write some labels in one transaction; return what became of each, in order.

        A label of several predictions is written for all of them or none. "contradicting": another label is there, and
        `correct` is not set. "early": a correction that was known before what it corrects.
        """
        rows, outcomes = [], []
        with self.exclusive(f"labels of {capstone}") as connection:
            received = ticks(datetime.now(UTC))
            held = _held(connection, capstone, {id_ for actual in actuals for id_ in actual.predictions})
            for actual in actuals:
                outcome = decide(actual, held)
                outcomes.append(outcome)
                if outcome.kind not in ("accepted", "corrected"):
                    continue
                for id_, predicted in actual.predictions.items():
                    before = held.get(id_)
                    if before and before.label == actual.label:
                        continue
                    held[id_] = Held(before.revision + 1 if before else 1, actual.label, actual.known_at)
                    row = {"capstone": capstone, "prediction_id": id_, "client": client, "received_at": received}
                    row |= {"label": actual.label, "known_at": ticks(actual.known_at), "late": actual.late}
                    rows.append(row | {"revision": held[id_].revision, "predicted_at": ticks(predicted)})
            if rows:
                connection.execute(insert(LABELS), rows)
        return outcomes

    def read(
        self,
        capstone: str,
        known_by: datetime | None = None,
        received_by: datetime | None = None,
        known_since: datetime | None = None,
        predicted: tuple[datetime, datetime] | None = None,
    ) -> "pd.DataFrame":
        """Return the label of each prediction as it was known at one instant, and had been received at another.

        One row per prediction that had a label by then: `prediction_id`, `label` (JSON), `known_at`, `received_at`,
        `late`, `revision`, `client`, `predicted_at` (when the prediction was answered). Times are in UTC. known_since:
        leaves out labels that were known before. No prediction since then can have one. predicted: only labels of
        predictions that were answered from then to then.
        """
        import pandas as pd

        names = ("prediction_id", "label", "known_at", "received_at", "late", "revision", "client", "predicted_at")
        query = select(*(LABELS.c[name] for name in names)).where(LABELS.c.capstone == capstone)
        for column, latest in ((LABELS.c.known_at, known_by), (LABELS.c.received_at, received_by)):
            if latest is not None:
                query = query.where(column <= ticks(latest))
        if known_since is not None:
            query = query.where(LABELS.c.known_at >= ticks(known_since))
        if predicted is not None:
            first, last = map(ticks, predicted)
            query = query.where(LABELS.c.predicted_at.between(first, last))
        frame = pd.DataFrame(self.rows(query.order_by(LABELS.c.revision)), columns=list(names))
        frame = frame.drop_duplicates("prediction_id", keep="last", ignore_index=True)
        for time in ("known_at", "received_at", "predicted_at"):
            frame[time] = pd.to_datetime(frame[time].astype("int64"), unit="us", utc=True).dt.as_unit("us")
        return frame.astype({"late": bool, "revision": int})

    def history(self, capstone: str, prediction_id: str) -> list[dict[str, Any]]:
        """Return every revision of a prediction's label, the first one first."""
        mine = LABELS.c.capstone == capstone, LABELS.c.prediction_id == prediction_id
        rows = self.rows(select(LABELS).where(*mine).order_by(LABELS.c.revision))
        times = ("known_at", "received_at", "predicted_at")
        return [dict(row._mapping) | {name: instant(row._mapping[name]) for name in times} for row in rows]

    def count(self, capstone: str, before: datetime | None = None) -> int:
        """Return how many rows there are: all, or those of predictions that were answered before an instant."""
        query = select(func.count()).where(LABELS.c.capstone == capstone)
        if before:
            query = query.where(LABELS.c.predicted_at < ticks(before))
        return sum(row[0] for row in self.rows(query))

    def expire(self, capstone: str, before: datetime) -> int:
        """Delete the labels of predictions that were answered before an instant; return how many rows went."""
        return self._delete(LABELS.c.capstone == capstone, LABELS.c.predicted_at < ticks(before))

    def erase(self, capstone: str, prediction_ids: Iterable[str]) -> int:
        """Delete the labels of some predictions, with all their revisions; return how many rows went."""
        ids = sorted(prediction_ids)
        chunks = [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
        return sum(self._delete(LABELS.c.capstone == capstone, LABELS.c.prediction_id.in_(some)) for some in chunks)

    def _delete(self, *conditions: Any) -> int:
        if not self.is_there():
            return 0
        with self.transaction() as connection:
            return int(connection.execute(delete(LABELS).where(*conditions)).rowcount)


def decide(actual: Actual, held: Mapping[str, Held]) -> LabelResult:
    """Return what becomes of a label, next to those that its predictions have."""
    others = {id_: held[id_] for id_ in actual.predictions if id_ in held and held[id_].label != actual.label}
    if others and not actual.correct:
        return LabelResult("contradicting", others)
    if any(actual.known_at < contrary.known_at for contrary in others.values()):
        return LabelResult("early", others)
    if others:
        return LabelResult("corrected", others)
    return LabelResult("same" if all(id_ in held for id_ in actual.predictions) else "accepted")


def _held(connection: "Connection", capstone: str, ids: set[str]) -> dict[str, Held]:
    columns = LABELS.c.prediction_id, LABELS.c.revision, LABELS.c.label, LABELS.c.known_at
    held: dict[str, Held] = {}
    known = sorted(ids)
    for start in range(0, len(known), CHUNK):
        mine = LABELS.c.capstone == capstone, LABELS.c.prediction_id.in_(known[start : start + CHUNK])
        for id_, revision, label, known_at in connection.execute(select(*columns).where(*mine)):
            if id_ not in held or held[id_].revision < revision:
                held[id_] = Held(revision, label, instant(known_at))
    return held


def label_store() -> LabelStore:
    """Return the labels of this profile."""
    return LabelStore(profile().database("labels"))

"""The features of a batch: as of each row's prediction time, by one join of the offline store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from capstan.contract.capstone import EVENT_TIMESTAMP
from serving.schema.rows import Row
from serving.scoring.features import FeatureTransformer, Report


class OfflineTransformer(FeatureTransformer):
    """Reads what the online store had at the time of each row."""

    def check(self) -> None:
        """Look up nothing: the online store has no part in a batch."""

    def transform(self, rows: Sequence[Row]) -> tuple[dict[str, list[Any]], list[Report]]:
        """Return the features as columns of n values, None where there is none that is valid, and n reports."""
        inputs = {name: [getattr(row.request, name) for row in rows] for name in self.inputs}
        times = pa.array([row.time for row in rows], pa.timestamp("us", "UTC"))
        entities = {name: _column(inputs[name]) for name in self.asked}
        asked = pa.table({**entities, EVENT_TIMESTAMP: times}).to_pandas(types_mapper=_nullable)
        found = self.store.get_historical_features(asked, self.query, full_feature_names=self.full_names).to_arrow()
        columns = {name: found[name].to_pylist() for view in self.views for name in view.columns}
        for computed in self.on_demand:
            if self.computes:  # as online: Feast takes several times as long for it
                columns |= computed.compute({name: inputs[name] for name in self.request_data})
            else:
                columns |= {name: found[name].to_pylist() for name in computed.columns}
        reports = [Report() for _ in rows]
        for name in (name for view in self.views for name in view.columns):
            if found[name].null_count:
                for row in pc.indices_nonzero(found[name].is_null()).to_pylist():
                    reports[row].missing.append(name)
        return {name: columns[name] for name in self.features}, reports


def _column(values: list[Any]) -> pa.Array:
    known = next((value for value in values if value is not None), None)
    if isinstance(known, datetime):
        return pa.array(values, pa.timestamp("us", "UTC"))
    return pa.array(values)


def _nullable(type_: pa.DataType) -> Any:
    import pandas as pd

    return pd.Int64Dtype() if pa.types.is_integer(type_) else None

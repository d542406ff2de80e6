"""The job that Feast gets for a retrieval."""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Protocol

import pandas as pd
import pyarrow as pa
from feast import FileSource, OnDemandFeatureView, RepoConfig
from feast.dqm.errors import ValidationFailed
from feast.infra.offline_stores.offline_store import RetrievalJob, RetrievalMetadata
from feast.saved_dataset import SavedDatasetStorage, ValidationReference

from . import writes

NULLABLE = {
    pa.bool_(): pd.BooleanDtype(),
    **{getattr(pa, name)(): getattr(pd, dtype)() for name, dtype in [
        ("int8", "Int8Dtype"), ("int16", "Int16Dtype"), ("int32", "Int32Dtype"), ("int64", "Int64Dtype"),
        ("uint8", "UInt8Dtype"), ("uint16", "UInt16Dtype"), ("uint32", "UInt32Dtype"), ("uint64", "UInt64Dtype"),
    ]},
}  # fmt: skip


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """Return the table as a dataframe, without changing integers and booleans that have missing values.

    They get pandas' nullable types; without missing values they get numpy's types. By default Arrow converts them to
    floats and objects, which changes integers above 2**53.
    """
    frame = table.to_pandas().reset_index(drop=True)
    for name, column in zip(table.column_names, table.columns, strict=True):
        if column.null_count and column.type in NULLABLE:
            frame[name] = column.to_pandas(types_mapper=NULLABLE.get)
    return frame


class Evaluate(Protocol):
    """Runs a retrieval; `timeout` is in seconds, None for no limit. Returns pieces of the result, in their order."""

    def __call__(self, timeout: float | None = None) -> Iterable[pa.Table]: ...


class AsofRetrievalJob(RetrievalJob):
    """What the store returns for a retrieval. It reads nothing until its result is asked for.

    Every `timeout` is in seconds. It covers the queries, not the on-demand transformations that run after them.

    Args:
        evaluate: runs the retrieval. Of a large one, what is written to files is held one piece at a time.
        describe: computes the metadata, which may need its own query. None for a job without metadata.
    """

    def __init__(
        self,
        evaluate: Evaluate,
        config: RepoConfig,
        describe: Callable[[], RetrievalMetadata] | None = None,
        full_feature_names: bool = False,
        on_demand_feature_views: list[OnDemandFeatureView] | None = None,
    ):
        self._evaluate = evaluate
        self._config = config
        self._describe = describe
        self._full_feature_names = full_feature_names
        self._on_demand_feature_views = on_demand_feature_views or []

    @property
    def full_feature_names(self) -> bool:
        return self._full_feature_names

    @property
    def on_demand_feature_views(self) -> list[OnDemandFeatureView]:
        return self._on_demand_feature_views

    @cached_property
    def metadata(self) -> RetrievalMetadata | None:
        return self._describe() if self._describe else None

    def to_df(
        self, validation_reference: ValidationReference | None = None, timeout: int | None = None
    ) -> pd.DataFrame:
        """Return the features as a dataframe, on-demand features included. See `to_pandas` for the types."""
        return to_pandas(self.to_arrow(validation_reference=validation_reference, timeout=timeout))

    def to_arrow(self, validation_reference: ValidationReference | None = None, timeout: int | None = None) -> pa.Table:
        """Return the features as an Arrow table, on-demand features included.

        Raises:
            TimeoutError: a query was interrupted because `timeout` had passed.
            ValidationFailed: the features do not match the profile of `validation_reference`.
        """
        table = super().to_arrow(timeout=timeout)
        if validation_reference:
            # Feast profiles the dataframe of a saved dataset, so the features are validated with the same types.
            report = validation_reference.profile.validate(to_pandas(table))
            if not report.is_success:
                raise ValidationFailed(report)
        return table

    def persist(self, storage: SavedDatasetStorage, allow_overwrite: bool = False, timeout: int | None = None) -> None:
        """Write the features, on-demand features included, as a saved dataset: one file, or a directory.

        Raises:
            SavedDatasetLocationAlreadyExists: something is there already, and `allow_overwrite` is not set.
        """
        writes.save_dataset(lambda: self.pieces(timeout), storage, self._config.repo_path, allow_overwrite)

    def supports_remote_storage_export(self) -> bool:
        """Whether the `staging_location` of the offline store is set."""
        return self._config.offline_store.staging_location is not None

    def to_remote_storage(self) -> list[str]:
        """Write the features, on-demand features included, as parquet files to a new directory in `staging_location`.

        Returns:
            The path of each file.
        """
        settings = self._config.offline_store
        if settings.staging_location is None:
            raise ValueError(
                "Set `staging_location` in the offline_store section of feature_store.yaml to export to it"
            )
        location = FileSource.get_uri_for_file_path(self._config.repo_path, settings.staging_location)
        return writes.export(self.pieces(), location, settings.staging_location_endpoint_override)

    def pieces(self, timeout: int | None = None) -> Iterator[pa.Table]:
        """Yield the features piece by piece, on-demand features included; at least one."""
        for piece in self._evaluate(timeout):
            part = AsofRetrievalJob(
                lambda timeout=None, piece=piece: [piece],
                self._config,
                full_feature_names=self._full_feature_names,
                on_demand_feature_views=self._on_demand_feature_views,
            )
            yield part.to_arrow()

    def _to_arrow_internal(self, timeout: int | None = None) -> pa.Table:
        return pa.concat_tables(self._evaluate(timeout))

    def _to_df_internal(self, timeout: int | None = None) -> pd.DataFrame:
        return to_pandas(self._to_arrow_internal(timeout))

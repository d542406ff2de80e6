"""Validation of retrieved and logged features against the profile of a saved dataset."""

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pytest
from feast import FeatureService
from feast.dqm.errors import ValidationFailed
from feast.dqm.profilers.profiler import Profile, Profiler, ValidationError, ValidationReport
from feast.feature_logging import LoggingConfig
from feast.infra.offline_stores.file_source import FileLoggingDestination, SavedDatasetFileStorage

from .harness import at, entities, entity, view, write


class Report(ValidationReport):
    """The expectations that failed."""

    def __init__(self, errors: list[ValidationError]):
        self._errors = errors

    @property
    def errors(self) -> list[ValidationError]:
        return self._errors

    @property
    def is_success(self) -> bool:
        return not self._errors


@dataclass
class TypeAndRange(Profile):
    """Expects each column to keep its type, and its values to stay in their range."""

    types: dict[str, str]
    ranges: dict[str, tuple[float, float]]

    def validate(self, dataset: pd.DataFrame) -> Report:
        errors = [
            ValidationError("type", column)
            for column, type_ in self.types.items()
            if str(dataset[column].dtype) != type_
        ]
        for column, (low, high) in self.ranges.items():
            if not dataset[column].dropna().between(low, high).all():
                errors.append(ValidationError("range", column))
        return Report(errors)


class Numbers(Profiler):
    """Profiles the numeric columns."""

    def analyze_dataset(self, dataset: pd.DataFrame) -> TypeAndRange:
        numbers = dataset.select_dtypes("number")
        return TypeAndRange(
            {column: str(numbers[column].dtype) for column in numbers},
            {column: (numbers[column].min(), numbers[column].max()) for column in numbers},
        )


@pytest.fixture
def served(store, tmp_path):
    """A feature service that logs its features, over a source with one missing integer."""
    stats = view(write(tmp_path / "a.parquet", [(1, at(0), 10), (2, at(0), None), (3, at(0), 30)]))
    logging = LoggingConfig(destination=FileLoggingDestination(path="logs"))
    service = FeatureService(name="served", features=[stats], logging_config=logging)
    store.apply([entity(), stats, service])
    return service


def retrieve(store, service, *keys):
    return store.get_historical_features(entities([(k, at(1)) for k in keys]), service, full_feature_names=True)


def reference(store, job, tmp_path):
    """Save the features of a job as a dataset, and return it as a reference for validation."""
    saved = store.create_saved_dataset(job, "reference", SavedDatasetFileStorage(str(tmp_path / "reference.parquet")))
    return saved.as_reference("reference", Numbers())


def test_a_dataset_with_a_missing_integer_is_valid_against_itself(store, served, tmp_path):
    job = retrieve(store, served, 1, 2)
    profile = reference(store, job, tmp_path)
    frame = job.to_df(validation_reference=profile)
    assert profile.profile.types == {"k": "int64", "stats__v": "Int64"}
    pd.testing.assert_frame_equal(frame, job.to_df())
    assert job.to_arrow(validation_reference=profile).num_rows == 2


def test_features_outside_of_the_profile_are_refused(store, served, tmp_path):
    profile = reference(store, retrieve(store, served, 1, 2), tmp_path)
    for result in ("to_df", "to_arrow"):
        with pytest.raises(ValidationFailed) as raised:
            getattr(retrieve(store, served, 2, 3), result)(validation_reference=profile)
        assert [(e.check_name, e.column_name) for e in raised.value.report.errors] == [
            ("range", "k"),
            ("range", "stats__v"),
        ]


def log(store, service, value, hours):
    """Log one served row with a value, and one without a value."""
    columns = {"k": [1, 2], "stats__v": pa.array([value, None], pa.int64())}
    columns |= {"stats__v__timestamp": [at(0)] * 2, "stats__v__status": [2, 2]}
    columns |= {"__log_timestamp": [at(hours)] * 2, "__log_date": [at(hours).date()] * 2, "__request_id": ["a", "b"]}
    store.write_logged_features(pa.table(columns), service)


def test_logged_features_are_validated_in_their_period(store, served, tmp_path):
    profile = reference(store, retrieve(store, served, 1, 2), tmp_path)
    log(store, served, value=10, hours=1)
    log(store, served, value=99, hours=5)
    options = {"reference": profile, "cache_profile": False}
    assert store.validate_logged_features(served, at(0), at(2), **options) is None
    failure = store.validate_logged_features(served, at(4), at(6), throw_exception=False, **options)
    assert [error.column_name for error in failure.report.errors] == ["stats__v"]
    with pytest.raises(ValidationFailed):
        store.validate_logged_features(served, at(0), at(6), **options)

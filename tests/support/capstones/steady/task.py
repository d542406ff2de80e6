"""The same as `tiny`, by another name, with defaults of two features."""

from tests.support.capstones.tiny.task import (  # noqa: F401
    ENTITY_KEYS,
    FEATURE_SERVICE,
    THRESHOLDS,
    TITLE,
    Prediction,
    Request,
    entity_rows,
    evaluate,
    examples,
    feature_tables,
    load,
    split,
    train,
)

FEATURE_DEFAULTS = {"carrier_delay": 10.0, "runways": 2}

"""The same as `tiny`, by another name, with defaults of two features."""

from tests.small_capstones.contract.tiny import task as tiny

TITLE, THRESHOLDS, FEATURE_SERVICE, ENTITY_KEYS = tiny.TITLE, tiny.THRESHOLDS, tiny.FEATURE_SERVICE, tiny.ENTITY_KEYS
FEATURE_DEFAULTS = {"carrier_delay": 10.0, "runways": 2}
Request, Prediction = tiny.Request, tiny.Prediction
load, split, train, evaluate = tiny.load, tiny.split, tiny.train, tiny.evaluate
entity_rows, feature_tables, examples = tiny.entity_rows, tiny.feature_tables, tiny.examples

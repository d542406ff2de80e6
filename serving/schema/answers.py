"""What a model returned, checked against the `Prediction` of its version: columns in, rows of JSON out."""

from collections.abc import Mapping, Sequence
from types import GenericAlias
from typing import Any

import numpy as np
from kserve.errors import InferenceError
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from serving.schema.problems import describe
from serving.schema.values import NotFinite, plain

GROWS = "x-parts-add-up"  # of a list in the JSON schema of a prediction: the parts of a stream are parts of the list


class AnswerSchema:
    """Reads the predictions of one version; `label` names it in errors."""

    def __init__(self, prediction_type: type[BaseModel], label: str):
        self.label = label
        self.fields = tuple(prediction_type.model_fields)
        self.growing = {name for name, field in prediction_type.model_fields.items() if _grows(field)}
        rows: Any = GenericAlias(list, (prediction_type,))
        self._adapter: TypeAdapter[list[BaseModel]] = TypeAdapter(rows)

    def joined(self, name: str, before: Any, part: Any) -> Any:
        """Return a field once it has one more part: texts add up, and lists that say so. Of others the last counts."""
        if isinstance(before, str) and isinstance(part, str):
            return before + part
        if name in self.growing and isinstance(part, list):
            return [*(before or ()), *part]
        return part

    def rows(self, predictions: Mapping[str, Sequence[Any]], n: int) -> list[dict[str, Any]]:
        """Return n predictions as JSON has them. Raises InferenceError, which names row and field."""
        columns: dict[str, list[Any]] = {}
        for name, values in predictions.items():
            if isinstance(values, np.ndarray) and values.dtype.kind == "f" and values.ndim == 1:
                columns[name] = values.tolist()
                if not np.isfinite(values).all():
                    row = int(np.flatnonzero(~np.isfinite(values))[0])
                    raise self._wrong(row, name, f"{values[row]} is no finite number; None stands for a missing value")
                continue
            columns[name] = checked = []
            for row, value in enumerate(values):
                try:
                    checked.append(plain(value))
                except NotFinite as error:
                    raise self._wrong(row, name, str(error)) from None
        rows = [{name: values[row] for name, values in columns.items()} for row in range(n)]
        try:
            valid = self._adapter.validate_python(rows)
            answers: list[dict[str, Any]] = self._adapter.dump_python(valid, mode="json", by_alias=True)
        except ValidationError as error:
            raise InferenceError(f"{self.label} gave a prediction that its schema refuses: {describe(error)}") from None
        return answers

    def whole(self, prediction: Mapping[str, Any]) -> dict[str, Any]:
        """Return one prediction as JSON has it. Raises InferenceError."""
        return self.rows({name: [value] for name, value in prediction.items()}, 1)[0]

    def part(self, part: object) -> dict[str, Any]:
        """Return a part of a streamed prediction, field -> part. Raises InferenceError."""
        if not isinstance(part, Mapping):
            raise InferenceError(f"{self.label} streamed a {type(part).__name__}, not a dict of fields.")
        if unknown := sorted(set(part) - set(self.fields)):
            raise InferenceError(f"{self.label} streamed the fields {unknown}, which its Prediction lacks.")
        try:
            return {name: plain(value) for name, value in part.items()}
        except NotFinite as error:
            raise self._wrong(0, ", ".join(part), str(error)) from None

    def _wrong(self, row: int, field: str, problem: str) -> InferenceError:
        return InferenceError(f"{self.label} gave a prediction that its schema refuses: row {row}, {field}: {problem}")


def _grows(field: FieldInfo) -> bool:
    return isinstance(extra := field.json_schema_extra, dict) and extra.get(GROWS) is True

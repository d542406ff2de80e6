"""KServe's V2 protocol (Open Inference Protocol), REST and gRPC: a tensor for each field, its first dimension the rows.

A field that is a list of numbers is a tensor of rank 2, a list of lists one of rank 3, and so on. Text, timestamps
(ISO 8601 with an offset) and base64 are BYTES. Objects, and lists whose rows differ in length, are BYTES of JSON.
Optional fields: leave the tensor out, or give an empty string (in JSON also null) for the rows without a value.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from kserve.errors import InvalidInput

from serving.model.inference import Inference
from serving.model.tensor_types import TensorType
from serving.model.tensors import Tensor, decode, encode

if TYPE_CHECKING:
    from serving.model.predictor import Predictor

REPORTS = {"missing_features": "missing", "expired_features": "expired", "future_features": "future"}
TEXTS = [TensorType("prediction_id", "BYTES"), *(TensorType(name, "BYTES", json=True) for name in REPORTS)]
DEFAULTS, FEATURES = TensorType("defaults", "BYTES", json=True), TensorType("features", "BYTES", json=True)


class RequestedOutput(NamedTuple):
    """An output that a request asks for, and its parameters."""

    name: str
    parameters: Mapping[str, Any]


class V2Answer(NamedTuple):
    """The answer to a request, the same for REST and gRPC: `binary` names the outputs that are wanted as bytes."""

    id: str
    model_name: str
    model_version: str
    variant: str
    outputs: list[Tensor]
    binary: set[str]


class V2Payload:
    """A request. Raises InvalidInput when it asks for what there is not.

    `single` are the values of a request of one row of scalars, if that is known; `tensors` may then be a function.
    """

    def __init__(
        self,
        id: str,
        tensors: Sequence[Tensor] | Callable[[], Sequence[Tensor]],
        parameters: Mapping[str, Any],
        outputs: Sequence[RequestedOutput] = (),
        binary: bool | None = None,
        single: dict[str, Any] | None = None,
    ):
        self.id, self.outputs, self.single = id, outputs, single
        self._tensors = tensors
        self.return_features = _flag(parameters, "return_features")
        self.binary = _flag(parameters, "binary_data_output") if binary is None else binary

    def tensors(self) -> Sequence[Tensor]:
        """Return the tensors."""
        return self._tensors() if callable(self._tensors) else self._tensors

    def first(self, keys: Sequence[str]) -> dict[str, Any]:
        """Return some scalar fields of the first row."""
        if self.single is not None:
            return {name: self.single.get(name) for name in keys}
        values = dict.fromkeys(keys)
        for tensor in self.tensors():
            if tensor.name in values:
                with suppress(InvalidInput):  # `rows` says it
                    values[tensor.name] = next(iter(decode(tensor, None)), None)
        return values

    def rows(self, predictor: "Predictor") -> list[dict[str, Any]]:
        """Return the rows for a variant. Raises InvalidInput."""
        self._choose(predictor)
        if self.single is not None and predictor.scalar_inputs:
            optional = predictor.decoder.optional
            return [{k: v for k, v in self.single.items() if (v is not None and v != "") or k not in optional}]
        columns: dict[str, list[Any]] = {}
        for tensor in self.tensors():
            if tensor.name in columns:
                raise InvalidInput(f"Tensor {tensor.name[:80]!r} is given twice.")
            columns[tensor.name] = decode(tensor, predictor.inputs.get(tensor.name))
        if len(set(map(len, columns.values()))) > 1:
            lengths = {name: len(values) for name, values in columns.items()}
            raise InvalidInput(f"All tensors need the same number of rows; got {lengths}.")
        rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        for name in predictor.decoder.optional & columns.keys():
            for row in rows:
                if row[name] is None or row[name] == "":
                    del row[name]
        return rows

    def _choose(self, predictor: "Predictor") -> None:
        """Settle which outputs are wanted, all if the request names none, before anything is predicted."""
        types = [*predictor.outputs.values(), *TEXTS]
        if self.return_features:
            types.append(FEATURES)
        self.types = types
        if not self.outputs:
            self.asked_binary = {t.name for t in types} | {"defaults"} if self.binary else set()
            return
        known = {t.name: t for t in [*types, DEFAULTS]}
        names = [output.name for output in self.outputs]
        for name in names:
            if name not in known:
                raise InvalidInput(f"There is no output {name[:80]!r}; there are {', '.join(known)}.")
            if names.count(name) > 1:
                raise InvalidInput(f"Output {name!r} is asked for twice.")
        self.types = [known[name] for name in names]
        self.asked_binary = {o.name for o in self.outputs if _flag(o.parameters, "binary_data", self.binary)}

    def answer(self, inference: Inference) -> V2Answer:
        """Return the answer. Its parameters name the variant."""
        types = self.types
        if not self.outputs and any(report.defaults for report in inference.reports):
            types = [*types, DEFAULTS]
        outputs = [encode(type_, self._values(type_.name, inference)) for type_ in types]
        variant = inference.variant
        id_ = self.id or inference.prediction_ids[0]
        return V2Answer(id_, variant.name, variant.version, variant.role, outputs, self.asked_binary)

    @staticmethod
    def _values(name: str, inference: Inference) -> list[Any]:
        if name in REPORTS:
            return [getattr(report, REPORTS[name]) for report in inference.reports]
        if name == "prediction_id":
            return inference.prediction_ids
        if name == "defaults":
            return [report.defaults for report in inference.reports]
        if name == "features":
            n, columns = len(inference.rows), inference.columns
            return [{name: values[row] for name, values in columns.items()} for row in range(n)]
        return [prediction.get(name) for prediction in inference.predictions]


def _flag(parameters: Mapping[str, Any], name: str, default: bool = False) -> bool:
    value = parameters.get(name, default)
    if not isinstance(value, bool):
        raise InvalidInput(f"The parameter `{name}` is neither true nor false.")
    return value


def example_of(types: Mapping[str, TensorType], row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one row as the tensors of a JSON request."""
    tensors = []
    for name, value in row.items():
        tensor = encode(types[name], [value])
        tensors.append({"name": name, "shape": tensor.shape, "datatype": tensor.datatype, "data": tensor.data})
    return tensors

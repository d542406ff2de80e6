"""gRPC: KServe's service, made to honour versions and to understand Triton's clients as well.

KServe's protocol has no streaming method, so `generate` is REST only.
"""

from typing import Any

import grpc
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet
from grpc import aio
from grpc.aio import ServicerContext
from kserve.errors import InvalidInput
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.servicer import InferenceServicer
from kserve.utils.utils import to_headers

from serving.api.dataplane import CapstanDataPlane
from serving.model.codec_v2 import RequestedOutput, V2Answer, V2Payload
from serving.model.repository import CapstoneRepository
from serving.model.tensors import INTEGERS, Tensor, check_datatype, pack

TRITON_MODEL_NAME = 2  # the field that holds a model's name in Triton's repository requests; in KServe's it is 1
CONTENTS = {"BYTES": "bytes_contents", "BOOL": "bool_contents", "FP32": "fp32_contents", "FP64": "fp64_contents"}
CONTENTS |= {name: f"{'u' if name[0] == 'U' else ''}int{64 if '64' in name else ''}_contents" for name in INTEGERS}


class MessageInterceptor(aio.ServerInterceptor):
    """The innermost interceptor: a message that cannot be read is an error like others, behind the guards.

    gRPC itself answers UNKNOWN, before any interceptor is asked, and logs a traceback.
    """

    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        """Return the handler of a method; it raises InvalidInput."""
        handler = await continuation(details)
        if handler is None:
            return None
        answer, parse = handler.unary_unary, handler.request_deserializer

        def read_or_keep(data: bytes) -> Any:
            try:
                return parse(data)
            except DecodeError as error:
                return error

        async def answer_if_read(request: Any, context: ServicerContext) -> Any:
            if isinstance(request, DecodeError):
                raise InvalidInput(f"The message of {details.method} is no valid protobuf: {request}.")
            return await answer(request, context)

        return grpc.unary_unary_rpc_method_handler(answer_if_read, read_or_keep, handler.response_serializer)


class Service(InferenceServicer):
    """The Open Inference Protocol for KServe's and Triton's clients."""

    def __init__(self, dataplane: CapstanDataPlane, repository: CapstoneRepository):
        super().__init__(dataplane, None)
        self.dataplane, self.repository = dataplane, repository

    async def ModelInfer(self, request: pb.ModelInferRequest, context: ServicerContext) -> pb.ModelInferResponse:
        """Predict, by the version or variant that the request names."""
        headers, model = to_headers(context), self.repository.served(request.model_name)
        if request.model_version:
            headers |= model.header_for(request.model_version, headers)
        return write(await model.predict(read(request), headers), raw=bool(request.raw_input_contents))

    async def ModelMetadata(self, request: pb.ModelMetadataRequest, context: ServicerContext) -> Any:
        """Return a model's tensors and its versions."""
        await self.repository.load_for_use(request.name)
        metadata = self.dataplane.describe(request.name, request.version)
        names = ("name", "versions", "platform", "inputs", "outputs")
        return pb.ModelMetadataResponse(**{name: metadata[name] for name in names})

    async def ModelReady(self, request: pb.ModelReadyRequest, context: ServicerContext) -> pb.ModelReadyResponse:
        """Return whether a model's predictions are answered."""
        if request.version:
            await self.repository.load_for_use(request.name)
            self.repository.served(request.name).role_of(request.version)
        return pb.ModelReadyResponse(ready=await self.dataplane.model_ready(request.name))

    async def RepositoryModelLoad(self, request: Any, context: ServicerContext) -> pb.RepositoryModelLoadResponse:
        """Load a model, or load it again."""
        name = _model_name(request)
        await self.repository.load(name)
        return pb.RepositoryModelLoadResponse(model_name=name, isLoaded=True)

    async def RepositoryModelUnload(self, request: Any, context: ServicerContext) -> pb.RepositoryModelUnloadResponse:
        """Stop serving a model."""
        name = _model_name(request)
        await self.repository.unload(name)
        return pb.RepositoryModelUnloadResponse(model_name=name, isUnloaded=True)


def read(request: pb.ModelInferRequest) -> V2Payload:
    """Return a request as REST has it. Raises InvalidInput."""
    InferenceServicer.validate_grpc_request(request)
    raws, tensors = request.raw_input_contents, []
    for position, tensor in enumerate(request.inputs):
        check_datatype(tensor.name, tensor.datatype)
        shape = list(tensor.shape)
        if raws:
            tensors.append(Tensor(tensor.name, tensor.datatype, shape, None, raws[position]))
        else:
            contents = getattr(tensor.contents, CONTENTS.get(tensor.datatype, "bytes_contents"))
            tensors.append(Tensor(tensor.name, tensor.datatype, shape, list(contents)))
    outputs = [RequestedOutput(output.name, {}) for output in request.outputs]
    return V2Payload(request.id, tensors, _parameters(request.parameters), outputs, binary=bool(raws))


def write(answer: V2Answer, raw: bool) -> pb.ModelInferResponse:
    """Return an answer in the form of its request: raw contents to raw contents."""
    response = pb.ModelInferResponse(id=answer.id, model_name=answer.model_name, model_version=answer.model_version)
    response.parameters["variant"].string_param = answer.variant
    for tensor in answer.outputs:
        output = response.outputs.add(name=tensor.name, shape=tensor.shape, datatype=tensor.datatype)
        if raw:
            response.raw_output_contents.append(pack(tensor))
        else:
            data: Any = tensor.data
            if tensor.datatype == "BYTES":
                data = [b"" if text is None else text.encode() for text in data]
            elif tensor.datatype == "FP64":
                data = [float("nan") if value is None else value for value in data]
            getattr(output.contents, CONTENTS[tensor.datatype]).extend(data)
    return response


def _parameters(parameters: Any) -> dict[str, Any]:
    choices = {name: (value, value.WhichOneof("parameter_choice")) for name, value in parameters.items()}
    return {name: getattr(value, choice) for name, (value, choice) in choices.items() if choice}


def _model_name(request: Any) -> str:
    fields = {field.field_number: field.data for field in UnknownFieldSet(request)}
    name: str = request.model_name or fields.get(TRITON_MODEL_NAME, b"").decode(errors="replace")
    return name

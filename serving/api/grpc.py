"""gRPC: KServe's service, made to honour versions and to understand Triton's clients as well."""

from google.protobuf.unknown_fields import UnknownFieldSet
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.servicer import InferenceServicer
from kserve.protocol.infer_type import InferRequest
from kserve.utils.utils import to_headers

from serving.model.codec_v2 import check_datatype

TRITON_MODEL_NAME = 2  # the field that holds a model's name in Triton's repository requests; in KServe's it is 1


class Service(InferenceServicer):
    """The Open Inference Protocol for KServe's and Triton's clients."""

    async def ModelInfer(self, request: pb.ModelInferRequest, context) -> pb.ModelInferResponse:
        """Predict, by the version or variant that the request names."""
        headers = to_headers(context)
        if request.model_version:
            headers |= self._data_plane.ask_for(request.model_name, request.model_version, headers)
        for tensor in request.inputs:
            check_datatype(tensor.name, tensor.datatype)
        self.validate_grpc_request(request)
        response, _ = await self._data_plane.infer(request.model_name, InferRequest.from_grpc(request), headers)
        return response.to_grpc()

    async def ModelMetadata(self, request: pb.ModelMetadataRequest, context) -> pb.ModelMetadataResponse:
        """Return a model's tensors and, what KServe leaves out, its versions."""
        self._check(request)
        metadata = await self._data_plane.model_metadata(request.name)
        names = ("name", "versions", "platform", "inputs", "outputs")
        return pb.ModelMetadataResponse(**{name: metadata[name] for name in names})

    async def ModelReady(self, request: pb.ModelReadyRequest, context) -> pb.ModelReadyResponse:
        """Return whether a model's predictions are answered."""
        self._check(request)
        return await super().ModelReady(request, context)

    async def RepositoryModelLoad(self, request, context) -> pb.RepositoryModelLoadResponse:
        """Load a model, or load it again. (KServe reads the answer of a method that gives none.)"""
        name = _model_name(request)
        await self._mode_repository_extension.load(name)
        return pb.RepositoryModelLoadResponse(model_name=name, isLoaded=True)

    async def RepositoryModelUnload(self, request, context) -> pb.RepositoryModelUnloadResponse:
        """Stop serving a model."""
        name = _model_name(request)
        await self._mode_repository_extension.unload(name)
        return pb.RepositoryModelUnloadResponse(model_name=name, isUnloaded=True)

    def _check(self, request) -> None:
        if request.version:
            self._data_plane.alias_of(request.name, request.version)


def _model_name(request) -> str:
    fields = {field.field_number: field.data for field in UnknownFieldSet(request)}
    return request.model_name or fields.get(TRITON_MODEL_NAME, b"").decode(errors="replace")

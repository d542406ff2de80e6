"""ML Metadata, read through a server that answers what Kubeflow Pipelines leaves there."""

from concurrent import futures

import grpc
import pytest

from capstan.errors import CapstanError
from cluster import metadata
from cluster.metadata import Metadata
from cluster.metadata_messages import messages

M = messages()
TEXT, WHOLE = {"string_value": "7"}, {"int_value": 1}


def execution(number, task, state, parent, kind="system.ContainerExecution", **properties):
    own = {"task_name": {"string_value": task}, "parent_dag_id": {"int_value": parent}, **properties}
    return M.Execution(
        id=number, type=kind, state=state, custom_properties={key: M.Value(**value) for key, value in own.items()}
    )


def struct(**values):
    value = M.Value()
    value.struct.update(values)
    return {"struct": value.struct}


EXECUTIONS = [
    execution(3, "gate", 3, 1, pod_name={"string_value": "gate-pod"}, outputs=struct(Output="accepted", rows=3)),
    execution(2, "split", 5, 1),
    execution(1, "", 2, 0, "system.DAGExecution"),
]
EVENTS = [
    M.Event(execution_id=2, artifact_id=8, type=4, path={"steps": [{"key": "counts"}]}),
    M.Event(execution_id=3, artifact_id=8, type=3, path={"steps": [{"key": "scores"}]}),  # an input
]
COUNTS = {"rows": M.Value(double_value=12), "display_name": M.Value(string_value="counts")}
ARTIFACTS = [M.Artifact(id=8, uri="minio://bucket/counts", type="system.Metrics", custom_properties=COUNTS)]


class Store(grpc.GenericRpcHandler):
    """Answers as the service does, two executions a page."""

    def service(self, details):
        method = details.method.rpartition("/")[2]
        request = getattr(M, f"{method}Request")
        return grpc.unary_unary_rpc_method_handler(
            lambda message, _context: getattr(self, method)(message).SerializeToString(),
            request_deserializer=request.FromString,
        )

    def GetContextByTypeAndName(self, request):
        assert request.type_name == "system.PipelineRun"
        known = request.context_name == "run-1"
        return M.GetContextByTypeAndNameResponse(context={"id": 5}) if known else M.GetContextByTypeAndNameResponse()

    def GetExecutionsByContext(self, request):
        assert request.context_id == 5
        first = not request.options.next_page_token
        page = EXECUTIONS[:2] if first else EXECUTIONS[2:]
        return M.GetExecutionsByContextResponse(executions=page, next_page_token="2" if first else "")

    def GetEventsByExecutionIDs(self, request):
        assert sorted(request.execution_ids) == [1, 2, 3]
        return M.GetEventsByExecutionIDsResponse(events=EVENTS)

    def GetArtifactsByID(self, request):
        assert list(request.artifact_ids) == [8]
        return M.GetArtifactsByIDResponse(artifacts=ARTIFACTS)


@pytest.fixture
def address():
    server = grpc.server(futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((Store(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None)


def test_steps_of_a_run_with_what_they_wrote(address):
    with Metadata(address) as client:
        root, split, gate = client.executions("run-1")
    assert (root.dag, root.state, root.parent) == (True, "running", 0)
    assert (split.task, split.cached, split.parent, split.dag) == ("split", True, 1, False)
    assert (gate.state, gate.pod, gate.parameters) == ("complete", "gate-pod", {"Output": "accepted", "rows": 3.0})
    assert not gate.artifacts, "what a step reads is no output"
    counts = split.artifacts["counts"]
    assert (counts.uri, counts.kind) == ("minio://bucket/counts", "system.Metrics")
    assert counts.metadata == {"rows": 12.0, "display_name": "counts"}


def test_run_that_is_not_known_has_no_steps(address):
    with Metadata(address) as client:
        assert client.executions("nosuch") == []


def test_service_that_does_not_answer_is_one_message(monkeypatch):
    monkeypatch.setattr(metadata, "SECONDS", 0.2)
    with Metadata("127.0.0.1:1") as client, pytest.raises(CapstanError, match=r"127\.0\.0\.1:1 does not answer"):
        client.executions("run-1")


def test_messages_are_on_the_wire_as_the_service_writes_them():
    context = M.GetContextByTypeAndNameRequest(type_name="t", context_name="n")
    assert context.SerializeToString() == b"\x0a\x01t\x12\x01n"
    assert M.Value.FromString(b"\x18\x01").ListFields() == [], "a field that is not described is skipped"
    entry = M.Execution(custom_properties={"k": M.Value(bool_value=True)})
    assert entry.SerializeToString() == b"\x2a\x07\x0a\x01k\x12\x02\x30\x01"

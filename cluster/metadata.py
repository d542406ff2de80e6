"""Read what a run of Kubeflow Pipelines left in ML Metadata: its steps, their parameters and their artifacts.

The run's API reports the state of each step, but not its results.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from capstan.errors import Unavailable
from capstan.services.waiting import retried
from cluster.metadata_messages import messages

SERVICE = "ml_metadata.MetadataStoreService"
RUN_CONTEXT = "system.PipelineRun"
STATES = ("unknown", "new", "running", "complete", "failed", "cached", "canceled")
OUTPUTS = (1, 4)  # the types of event of a declared output and of an output
PAGE = 100
SECONDS = 20


@dataclass(frozen=True)
class Artifact:
    """What a step wrote: where it is, its KFP type, such as `system.Metrics`, and what was logged to it."""

    name: str
    uri: str
    kind: str
    metadata: dict[str, Any]


@dataclass(frozen=True)
class Execution:
    """A step of a run, or a group of steps (a condition, a loop, the whole pipeline: `dag` is true).

    `task` is its name in the pipeline, `parent` the id of the group it is in, 0 for the pipeline itself.
    """

    id: int
    task: str
    state: str
    dag: bool
    parent: int
    pod: str
    parameters: dict[str, Any] = field(default_factory=dict)
    artifacts: dict[str, Artifact] = field(default_factory=dict)

    @property
    def cached(self) -> bool:
        return self.state == "cached"


class Metadata:
    """The service at an address, HOST:PORT. Close it, or use it in a `with` statement."""

    def __init__(self, address: str):
        import grpc

        self.address = address
        self.channel = grpc.insecure_channel(address)

    def __enter__(self) -> "Metadata":
        return self

    def __exit__(self, *_error: object) -> None:
        self.channel.close()

    def executions(self, run_id: str) -> list[Execution]:
        """Return the steps and groups of a run, in the order they began. A run that is not known has none."""
        context = self._call("GetContextByTypeAndName", type_name=RUN_CONTEXT, context_name=run_id).context
        executions: list[Any] = []
        options: dict[str, Any] | None = {"max_result_size": PAGE} if context.id else None
        while options:
            page = self._call("GetExecutionsByContext", context_id=context.id, options=options)
            executions += page.executions
            token = page.next_page_token
            options = {"max_result_size": PAGE, "next_page_token": token} if token else None
        outputs = self._outputs([execution.id for execution in executions])
        return [_execution(item, outputs[item.id]) for item in sorted(executions, key=lambda item: item.id)]

    def _outputs(self, executions: list[int]) -> dict[int, dict[str, Artifact]]:
        """Return the artifacts that each execution wrote, by the name of the output."""
        outputs: dict[int, dict[str, Artifact]] = defaultdict(dict)
        if not executions:
            return outputs
        events = self._call("GetEventsByExecutionIDs", execution_ids=executions).events
        events = [event for event in events if event.type in OUTPUTS]
        ids = sorted({event.artifact_id for event in events})
        artifacts = (
            {item.id: item for item in self._call("GetArtifactsByID", artifact_ids=ids).artifacts} if ids else {}
        )
        for event in events:
            if item := artifacts.get(event.artifact_id):
                name = next((step.key for step in event.path.steps if step.key), item.name)
                outputs[event.execution_id][name] = Artifact(name, item.uri, item.type, _plain(item.custom_properties))
        return outputs

    def _call(self, method: str, **fields: Any) -> Any:
        import grpc

        call = self.channel.unary_unary(
            f"/{SERVICE}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=getattr(messages(), f"{method}Response").FromString,
        )
        request = getattr(messages(), f"{method}Request")(**fields)
        try:  # its pod may have moved
            return retried(
                lambda: call(request, timeout=SECONDS, wait_for_ready=True),
                grpc.RpcError,
                SECONDS,
                passes=lambda error: error.code() == grpc.StatusCode.UNAVAILABLE,
            )
        except grpc.RpcError as error:
            raise Unavailable(f"ML Metadata at {self.address} does not answer ({error.details()}).") from error


def _execution(item: Any, artifacts: dict[str, Artifact]) -> Execution:
    properties = _plain(item.custom_properties)
    return Execution(
        id=item.id,
        task=properties.get("task_name", ""),
        state=STATES[item.state] if item.state < len(STATES) else STATES[0],
        dag=item.type == "system.DAGExecution",
        parent=properties.get("parent_dag_id", 0),
        pod=properties.get("pod_name", ""),
        parameters=properties.get("outputs", {}),
        artifacts=artifacts,
    )


def _plain(properties: Any) -> dict[str, Any]:
    """Return a map of Values as Python values."""
    from google.protobuf import json_format

    plain: dict[str, Any] = {}
    for name, value in properties.items():
        for descriptor, content in value.ListFields():
            is_struct = descriptor.message_type is not None
            plain[name] = json_format.MessageToDict(content) if is_struct else content
    return plain

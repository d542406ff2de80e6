"""The outputs of a run: what its pipeline returns, from ML Metadata's records of its steps."""

from dataclasses import dataclass, field
from typing import Any

from cluster.metadata import Artifact, Execution

# What KFP itself writes next to an artifact's own metadata.
INTERNAL = {"store_session_info", "display_name"}
NUMBERS: dict[str, Any] = {"NUMBER_INTEGER": int, "NUMBER_DOUBLE": float}  # ML Metadata keeps both as floats


@dataclass
class Output:
    """An artifact, with the names of kfp's own artifacts. `path` is its URI, or that of a copy on this machine."""

    schema_title: str
    uri: str
    path: str
    metadata: dict[str, Any] = field(default_factory=dict)


def collect(spec: dict[str, Any], executions: list[Execution]) -> dict[str, Any]:
    """Return the outputs of a compiled pipeline by name. Those of steps that did not run are left out."""
    root = next((execution for execution in executions if execution.dag and not execution.parent), None)
    if root is None:
        return {}
    declared = spec["root"].get("outputDefinitions", {})
    outputs: dict[str, Any] = {}
    for name, described in declared.get("parameters", {}).items():
        value = _find(spec, spec["root"], root.id, "parameters", name, executions)
        if value is not None:
            outputs[name] = NUMBERS.get(described.get("parameterType", ""), lambda same: same)(value)
    for name in declared.get("artifacts", {}):
        artifact = _find(spec, spec["root"], root.id, "artifacts", name, executions)
        if isinstance(artifact, Artifact):
            metadata = {key: value for key, value in artifact.metadata.items() if key not in INTERNAL}
            path = artifact.uri.replace("minio://", "s3://", 1)  # KFP's name for any object store but Amazon's
            outputs[name] = Output(artifact.kind, artifact.uri, path, metadata)
    return outputs


def _find(
    spec: dict[str, Any], group: dict[str, Any], parent: int, kind: str, name: str, executions: list[Execution]
) -> Any:
    """Return an output of a group of steps, from the step that made it or the group within that passes it on."""
    for task, output in _sources(group["dag"].get("outputs", {}).get(kind, {}).get(name, {})):
        component = spec["components"][group["dag"]["tasks"][task]["componentRef"]["name"]]
        for execution in executions:
            if execution.parent != parent or execution.task != task:
                continue
            if "dag" in component:
                value = _find(spec, component, execution.id, kind, output, executions)
            else:
                value = getattr(execution, kind).get(output)
            if value is not None:
                return value
    return None


def _sources(output: dict[str, Any]) -> list[tuple[str, str]]:
    """Return where an output comes from, as tasks and their outputs. With `dsl.OneOf` there are several."""
    parameters = [output["valueFromParameter"]] if "valueFromParameter" in output else []
    parameters += output.get("valueFromOneof", {}).get("parameterSelectors", [])
    sources = [(item["producerSubtask"], item["outputParameterKey"]) for item in parameters]
    return sources + [
        (item["producerSubtask"], item["outputArtifactKey"]) for item in output.get("artifactSelectors", [])
    ]

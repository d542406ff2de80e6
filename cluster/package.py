"""What Kubeflow Pipelines gets: kfp's file of a compiled pipeline, with what a shared cluster adds to it.

That is where its steps go, and a team's own name and place of artifacts, which keep its runs, their cache and their
files apart from those of other teams.
"""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from cluster import scheduling, scheduling_file
from cluster.names import NAMESPACE, shared_name
from cluster.retention import ARTIFACTS, BUCKET

# Of a team's artifacts, for the client's calls: Kubeflow Pipelines 2.16 does not read it in a compiled pipeline.
ROOT = None if NAMESPACE == "capstan" else f"minio://{BUCKET}/{ARTIFACTS}"


def write(pipeline: Any, path: Path) -> None:
    """Compile a pipeline to a YAML file. Raises ValueError or OSError when that cannot be written."""
    import yaml
    from kfp import compiler

    compiler.Compiler().compile(pipeline, str(path))
    if scheduling_file.scheduling().text() or NAMESPACE != "capstan":
        spec, *platforms = yaml.load_all(path.read_text(), yaml.CSafeLoader)
        platform = platforms[0] if platforms else {}
        scheduling.place_steps(spec, platform)
        if NAMESPACE != "capstan":
            spec["pipelineInfo"]["name"] = shared_name(spec["pipelineInfo"]["name"])
        path.write_text(yaml.dump_all([spec, platform], Dumper=yaml.CSafeDumper))


@contextmanager
def written(pipeline: Any) -> Iterator[str]:
    """Yield the path of a compiled pipeline, to be sent with kfp's client, which is quiet meanwhile."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), redirect_stdout(StringIO()):
        warnings.simplefilter("ignore")  # the client warns of servers before 2.0, whichever it talks to
        path = Path(folder) / "pipeline.yaml"
        write(pipeline, path)
        yield str(path)

"""What Kubeflow Pipelines gets: kfp's file of a compiled pipeline, with where its steps go on a shared cluster."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from capstan.cluster import scheduling


def write(pipeline: Any, path: Path) -> None:
    """Compile a pipeline to a YAML file. Raises ValueError or OSError when that cannot be written."""
    import yaml
    from kfp import compiler

    compiler.Compiler().compile(pipeline, str(path))
    if scheduling.variables():
        spec, *platforms = yaml.load_all(path.read_text(), yaml.CSafeLoader)
        platform = platforms[0] if platforms else {}
        scheduling.place_steps(spec, platform)
        path.write_text(yaml.dump_all([spec, platform], Dumper=yaml.CSafeDumper))


@contextmanager
def written(pipeline: Any) -> Iterator[str]:
    """Yield the path of a compiled pipeline, to be sent with kfp's client, which is quiet meanwhile."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), redirect_stdout(StringIO()):
        warnings.simplefilter("ignore")  # the client warns of servers before 2.0, whichever it talks to
        path = Path(folder) / "pipeline.yaml"
        write(pipeline, path)
        yield str(path)

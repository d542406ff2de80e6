"""Register: log a model with its lineage in MLflow, once, as a version of the capstone's model."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from capstan.catalogue import load
from capstan.contract.arguments import PARAMETERS
from capstan.contract.capstone import Capstone
from capstan.data.files import digest, read_batches, read_json, read_tables
from capstan.errors import CapstanError
from capstan.settings import settings
from capstan.versions import model_version, registry, version_seal
from capstan.versions.best import COUNT, UNITS, tag
from capstan.versions.source import git_commit
from capstan.versions.version_seal import DIGEST, SIGNATURE
from components.compare_data.profile import FILE, profile
from components.evaluate import units as by_unit
from components.train.core import HISTORY

if TYPE_CHECKING:
    from capstan.contract.capstone import Tables

LONGEST = 6_000  # characters of a parameter that MLflow takes


def register(
    capstone: str,
    model: str,
    model_digest: str,
    scores: str,
    verdict: str,
    data: dict[str, str],
    lineage: dict[str, str],
    units: str = "",
    accept: str = "",
) -> str:
    """Return the number of the version made of the MLflow model in the folder `model`.

    A model of the same digest is registered once. A version that was accepted once stays so, also when it is no match
    for a later champion. One that was retired stays so, too: this run, which was judged again, makes another of the
    same model, as it would if the retired one had been cleaned up by now. So it does when a version's files are lost.
    data: the folders of the tables `train` and `test`. lineage: more tags. units: the folder of the metrics by unit,
    which later candidates may need. accept: why a person accepted what the gate would not have, for the history. The
    version gets no role here. Deployment gives it one, after trying it.
    """
    same = [version for version in registry.versions(capstone) if version.tags.get("digest") == model_digest]
    known = next((version for version in same if not version.retired and registry.has_files(version)), None)
    if known is None or not version_seal.is_signed(capstone, known.tags):
        with _finished(capstone, model, data["test"]) as finished:
            seal = version_seal.tags(capstone, finished / model_version.DATA)
            if known and SIGNATURE in seal and known.tags.get(DIGEST) == seal[DIGEST]:  # signed by a key of before
                registry.set_tag(capstone, known.version, SIGNATURE, seal[SIGNATURE])
            elif known is None or SIGNATURE in seal:  # only files that are here are signed
                tags = lineage | seal | {"digest": model_digest, "verdict": verdict, "git_commit": git_commit()}
                tags |= {f"{name}_digest": digest(Path(path)) for name, path in data.items()}
                judged = _Judged(read_json(scores), units)
                known = _log(capstone, finished, tags, judged, data, {version.run_id for version in same})
    if verdict == "accepted" != known.tags["verdict"]:
        registry.set_tag(capstone, known.version, "verdict", verdict)
    if accept and verdict == "accepted":
        registry.set_tag(capstone, known.version, registry.ACCEPTED_AT, datetime.now(UTC).isoformat())
        registry.set_tag(capstone, known.version, registry.ACCEPTED_BECAUSE, accept)
    return known.version


class _Judged(NamedTuple):
    """What the gate judged: the metrics, and the folder of their units, "" for none."""

    metrics: dict[str, float]
    units: str


def _log(
    name: str, model: Path, tags: dict[str, str], judged: _Judged, data: dict[str, str], others: set[str]
) -> registry.ModelVersion:
    import pandas as pd

    mlflow = registry.library()
    from mlflow.data.pandas_dataset import from_pandas

    try:
        mlflow.set_experiment(name)
    except mlflow.exceptions.MlflowException as error:
        raise CapstanError(f"MLflow at {settings().tracking_uri} refused the experiment {name!r}: {error}") from error
    _drop_leftovers(tags, others)
    with mlflow.start_run(run_name=f"{name}-{tags['digest']}", tags=tags) as run:
        saved = mlflow.models.Model.load(str(model))
        mlflow.log_metrics(judged.metrics)
        if judged.units and (own := by_unit.read(judged.units).model) is not None:
            mlflow.log_artifacts(judged.units, UNITS)
            tags = tags | {UNITS: tag(own.columns, load(name).THRESHOLDS), COUNT: str(len(own))}
        parameters = read_json(model / PARAMETERS) if (model / PARAMETERS).is_file() else {}
        mlflow.log_params({name: str(value)[:LONGEST] for name, value in parameters.items()})
        mlflow.log_dict(profile(load(name), data["train"]), FILE)
        history = model / HISTORY
        for step, recorded in enumerate(read_json(history)["rounds"] if history.is_file() else ()):
            mlflow.log_metrics(recorded, step=step)
        for context, path in data.items():
            columns = {table.stem: pd.read_parquet(table).head(0) for table in sorted(Path(path).glob("*.parquet"))}
            columns |= {table: batches.head(0) for table, batches in read_batches(path).items()}
            for table, frame in columns.items():
                named = from_pandas(frame, name=table, digest=tags[f"{context}_digest"])
                mlflow.log_input(named, context)
        logged = mlflow.pyfunc.log_model(
            name="model",
            loader_module=saved.flavors["python_function"]["loader_module"],
            data_path=str(model / model_version.DATA),
            code_paths=[str(path) for path in sorted((model / "code").iterdir())],
            signature=saved.signature,
            input_example=saved.load_input_example(str(model)),
            pip_requirements=str(model / "requirements.txt"),
        )
    return registry.create_version(name, logged.model_id, run.info.run_id, tags)


@contextmanager
def _finished(capstone: str, model: str, test: str) -> Iterator[Path]:
    """Yield a copy of a model with the requests that its page offers: those with which the deployment will try it.

    Its path is plain. MLflow reads a path as a URL, in which %, # and ? mean something else.
    """
    task = load(capstone)
    with TemporaryDirectory(prefix="capstan-") as parent:
        copied = shutil.copytree(model, Path(parent) / "model")
        if "endpoint" in task.capabilities:
            model_version.add_examples(copied / model_version.DATA, _examples(task, read_tables(test)))
        yield copied


def _examples(task: Capstone, tables: "Tables") -> list[dict[str, Any]]:
    try:
        return task.examples(tables)
    except (KeyError, IndexError) as error:
        raise CapstanError(
            f"`examples` of pipelines/{task.name}/task.py fails for the tables of `split` to test on: {error!r}"
        ) from error


def _drop_leftovers(tags: dict[str, str], others: set[str]) -> None:
    """Delete the runs of a registration that failed or was killed before it made a version. Others have a version."""
    import mlflow

    same = f"tags.digest = '{tags['digest']}'"
    for run in mlflow.search_runs(filter_string=same, output_format="list"):
        if run.info.run_id not in others:
            mlflow.delete_run(run.info.run_id)

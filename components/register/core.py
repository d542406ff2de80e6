"""Register: log a model with its lineage in MLflow, once, as a version of the capstone's model."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from capstan.contract.arguments import PARAMETERS
from capstan.data.files import digest, read_batches, read_json
from capstan.errors import CapstanError
from capstan.settings import settings
from capstan.versions import model_version, registry, version_seal
from capstan.versions.source import git_commit
from capstan.versions.version_seal import SIGNATURE
from components.train.core import HISTORY

LONGEST = 6_000  # characters of a parameter that MLflow takes


def register(
    capstone: str,
    model: str,
    model_digest: str,
    scores: str,
    verdict: str,
    data: dict[str, str],
    lineage: dict[str, str],
) -> str:
    """Return the number of the version made of the MLflow model in the folder `model`.

    A model of the same digest is registered once. A version that was accepted once stays so, also when it is no match
    for a later champion. One that was retired stays so, too: this run, which was judged again, makes another of the
    same model, as it would if the retired one had been cleaned up by now. So it does when a version's files are lost.
    data: the folders of the tables `train` and `test`. lineage: more tags. The version gets no role here. Deployment
    gives it one, after trying it.
    """
    seal = version_seal.tags(capstone, Path(model) / model_version.DATA)
    same = [version for version in registry.versions(capstone) if version.tags.get("digest") == model_digest]
    known = next((version for version in same if not version.retired and registry.has_files(version)), None)
    if known and verdict == "accepted" != known.tags["verdict"]:
        registry.set_tag(capstone, known.version, "verdict", verdict)
    if known and known.tags.get(SIGNATURE) != seal.get(SIGNATURE, known.tags.get(SIGNATURE)):  # a new key
        registry.set_tag(capstone, known.version, SIGNATURE, seal[SIGNATURE])
    if known is None:
        tags = lineage | seal | {"digest": model_digest, "verdict": verdict, "git_commit": git_commit()}
        tags |= {f"{name}_digest": digest(Path(path)) for name, path in data.items()}
        known = _log(capstone, model, tags, read_json(scores), data, {version.run_id for version in same})
    return known.version


def _log(
    name: str, model: str, tags: dict[str, str], metrics: dict[str, float], data: dict[str, str], others: set[str]
) -> registry.ModelVersion:
    import pandas as pd

    mlflow = registry.library()
    from mlflow.data.pandas_dataset import from_pandas

    try:
        mlflow.set_experiment(name)
    except mlflow.exceptions.MlflowException as error:
        raise CapstanError(f"MLflow at {settings().tracking_uri} refused the experiment {name!r}: {error}") from error
    _drop_leftovers(tags, others)
    with _plainly_named(model) as model, mlflow.start_run(run_name=f"{name}-{tags['digest']}", tags=tags) as run:
        saved = mlflow.models.Model.load(model)
        mlflow.log_metrics(metrics)
        parameters = read_json(Path(model) / PARAMETERS) if (Path(model) / PARAMETERS).is_file() else {}
        mlflow.log_params({name: str(value)[:LONGEST] for name, value in parameters.items()})
        history = Path(model) / HISTORY
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
            loader_module=model_version.LOADER,
            data_path=str(Path(model) / model_version.DATA),
            signature=saved.signature,
            input_example=saved.load_input_example(model),
            pip_requirements=str(Path(model) / "requirements.txt"),
        )
    return registry.create_version(name, logged.model_id, run.info.run_id, tags)


@contextmanager
def _plainly_named(folder: str) -> Iterator[str]:
    """Yield a link to a folder. MLflow reads a path as a URL, in which %, # and ? mean something else."""
    with TemporaryDirectory(prefix="capstan-") as parent:
        link = Path(parent) / "model"
        link.symlink_to(Path(folder).absolute())
        yield str(link)


def _drop_leftovers(tags: dict[str, str], others: set[str]) -> None:
    """Delete the runs of a registration that failed or was killed before it made a version. Others have a version."""
    import mlflow

    same = f"tags.digest = '{tags['digest']}'"
    for run in mlflow.search_runs(filter_string=same, output_format="list"):
        if run.info.run_id not in others:
            mlflow.delete_run(run.info.run_id)

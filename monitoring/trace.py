"""From the id of a prediction back: what was asked and answered, its label, the version, its run and its data."""

from typing import Any

import orjson

from capstan.errors import CapstanError
from capstan.settings import settings
from capstan.versions import registry
from predictions import ids
from predictions.find import LONGEST
from predictions.labels import label_store
from predictions.reader import select

ASKED = ("time", "prediction_time", "variant", "version", "inputs", "features", "prediction")
DATA = ("train_digest", "test_digest", "feature_service")  # tags of a version


def trace(model: str, prediction_id: str) -> dict[str, Any]:
    """Return a prediction of the log with its labels, oldest first, and where its version comes from.

    A prediction that a shadow made as well is that of who answered. Raises CapstanError when the log does not have it,
    or when MLflow does not answer.
    """
    moment = ids.moment(prediction_id)
    days = {(moment + late).date().isoformat() for late in (0 * LONGEST, LONGEST)} if moment else None
    rows = select(
        model,
        None,
        (lambda _day: True) if days is None else days.__contains__,
        where="prediction_id = $id AND variant <> 'shadow'",
        id=prediction_id,
    )
    if rows.empty:
        raise CapstanError(
            f"The prediction log of {model} has no {prediction_id}. An answer has its id in `prediction_id`; what was "
            "just answered on a cluster, or has expired, is not in the log."
        )
    row = rows.iloc[0]
    labels = [
        {
            "label": orjson.loads(entry["label"]),
            "known_at": entry["known_at"].isoformat(),
            "by": entry["client"],
            "revision": entry["revision"],
        }
        for entry in label_store().history(model, prediction_id)
    ]
    asked = {name: row[name] for name in ASKED}
    for name in ("time", "prediction_time"):
        asked[name] = asked[name].isoformat()
    return {"prediction_id": prediction_id} | asked | {"labels": labels} | _origin(model, str(row["version"]))


def _origin(model: str, number: str) -> dict[str, Any]:
    """Return the run and the data of a version, from its tags; nothing of one that the registry has no more."""
    version = registry.version(model, number)
    if version is None:
        return {"run": {}, "data": {}}
    run = {
        "pipeline": version.tags.get("pipeline_run", ""),
        "git_commit": version.tags.get("git_commit", ""),
        "verdict": version.tags.get("verdict", ""),
        "mlflow_run": version.run_id,
        "mlflow": f"{settings().tracking_uri}/#/models/{model}/versions/{number}",
    }
    return {"run": run, "data": {name: version.tags[name] for name in DATA if name in version.tags}}

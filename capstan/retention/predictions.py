"""Old predictions: the days of the log that are over, as parquet. The write-ahead log is never touched."""

from capstan.profile import profile
from capstan.retention.policy import Policy, Removed
from capstan.settings import settings
from capstan.storage import Folder, Storage


def clean(capstone: str, policy: Policy) -> Removed:
    """Remove the whole days before the policy's. The count is of files."""
    storage, root = _log()
    removed = kept = 0
    for key in storage.keys(f"{root}model={capstone}"):
        day = key.rpartition("/date=")[2].partition("/")[0]
        if not (key.endswith(".parquet") and day < policy.predictions_before):
            kept += 1
            continue
        removed += 1
        if not policy.dry:
            storage.remove(key)
    rule = f"files of days older than {settings().keep_predictions_days} days"
    return Removed("predictions", rule, removed, kept)


def _log() -> tuple[Storage, str]:
    """Return where the log's parquet files are, and the start of their keys."""
    folder = settings().predictions_dir
    if settings().profile == "local" and folder:
        return Folder(folder), ""
    return profile().storage(), "predictions/"

"""Old labels: they go with the predictions that they are of."""

from datetime import UTC, datetime

from capstan.data.retention_policy import Policy, Removed
from capstan.errors import CapstanError
from capstan.settings import settings
from predictions.labels import label_store


def clean(capstone: str, policy: Policy) -> Removed:
    """Remove the labels of predictions that were answered before the policy's day. The count is of rows."""
    rule = f"of predictions older than {settings().keep_predictions_days} days"
    before, labels = datetime.fromisoformat(policy.predictions_before).replace(tzinfo=UTC), label_store()
    try:
        rows = labels.count(capstone)
        removed = labels.count(capstone, before) if policy.dry else labels.expire(capstone, before)
    except CapstanError as error:
        return Removed("labels", rule, notes=(f"The labels of {capstone} were left: {error}",))
    return Removed("labels", rule, removed, rows - removed)

"""The Evidently workspace: one project per capstone, one run per report, and panels that show the reports over time."""

import logging
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from capstan.data.files import read_json
from capstan.errors import CapstanError
from capstan.profile import profile
from capstan.settings import settings

log = logging.getLogger("monitoring")
DRIFT = ("Share of drifted columns", "DriftedColumnsCount", {"value_type": "share"})
QUALITY = ("Missing values per row", "DatasetMissingValueCount", {"value_type": "share"})  # its share is of the rows
# The metric that shows how good a model still is, by the kind of its outcome.
PERFORMANCE: dict[str, tuple[str, str, dict[str, str]]] = {
    "binary": ("ROC AUC", "RocAuc", {}),
    "multiclass": ("Accuracy", "Accuracy", {}),
    "regression": ("Mean absolute error", "MAE", {"value_type": "mean"}),
}


def add(capstone: str, title: str, runs: Mapping[str, Any], outcome: str | None = None) -> None:
    """Add reports, by name, to the capstone's project, in place of those that have these. It is made if needed.

    outcome: the kind of the capstone's outcome, or None where its signals hold no label.
    """
    workspace = _open(profile().workspace())
    projects = [project for project in workspace.list_projects() if project.name == capstone]
    project = projects[0] if projects else _create(workspace, capstone, title, outcome)
    if project.description != title:  # the question has been worded again
        project.description = title
        project.save()
    _remove(workspace, project.id, runs)
    for run in runs.values():
        workspace.add_run(project.id, run, include_data=False)


def _open(place: str) -> Any:
    """Return the workspace of a folder, or of an Evidently service."""
    from evidently.ui.workspace import RemoteWorkspace, Workspace

    if not place.startswith(("http://", "https://")):
        try:
            return Workspace.create(place)
        except ValueError:
            _mend(Path(place))
            return Workspace.create(place)
    try:
        return RemoteWorkspace(place, secret=settings().token)
    except Exception as error:  # Evidently raises whatever requests raises
        raise CapstanError(
            f"Evidently does not answer at {place} ({error}). See `capstan cluster status`, and check CAPSTAN_TOKEN."
        ) from error


def _mend(place: Path) -> None:
    """Put away what a full disk or a kill has cut off. Evidently reads nothing else next to such a file."""
    for path in place.glob("*/snapshots/*.json"):
        if not _is_whole(path):
            path.unlink(missing_ok=True)
            log.warning("A report was not written to its end, and was removed: %s.", path)
    for path in place.glob("*/metadata.json"):
        if not _is_whole(path):
            aside = place.with_name(f"{place.name}-damaged") / path.parent.name
            aside.parent.mkdir(exist_ok=True)
            path.parent.rename(aside)
            log.warning("A project of reports was not written to its end. It is %s now, and a new one begins.", aside)


def _is_whole(path: Path) -> bool:
    try:
        read_json(path)
    except ValueError:
        return False
    return True


def _remove(workspace: Any, project: Any, names: Collection[str]) -> None:
    """Remove the reports of some names."""
    from evidently.ui.workspace import RemoteWorkspace

    if isinstance(workspace, RemoteWorkspace):  # Evidently's client lacks these two calls of its service
        for known in workspace._request(f"/api/projects/{project}/snapshots", "GET").json():
            if known["name"] in names:
                workspace._request(f"/api/projects/{project}/{known['id']}", "DELETE")
        return
    for known in workspace.list_runs(project):
        if workspace.get_run(project, known).name in names:
            workspace.delete_run(project, known)


def _create(workspace: Any, capstone: str, title: str, outcome: str | None) -> Any:
    project = workspace.create_project(capstone, title)
    panels = [DRIFT, QUALITY, PERFORMANCE[outcome]] if outcome else [DRIFT, QUALITY]
    for name, metric, labels in panels:
        project.dashboard.add_panel(_panel(name, metric, labels))
    project.save()
    return project


def _panel(name: str, metric: str, labels: dict[str, str]) -> Any:
    from evidently.sdk.models import PanelMetric
    from evidently.sdk.panels import DashboardPanelPlot

    values = [PanelMetric(metric=metric, metric_labels=labels, legend=name)]
    return DashboardPanelPlot(title=name, subtitle="", size="full", values=values, plot_params={"plot_type": "bar"})

"""The Evidently workspace: a project a capstone, a run a report, two figures, the last and over time."""

from capstan.settings import settings

PANELS = [
    ("Share of drifted columns", "DriftedColumnsCount", {"value_type": "share"}),
    ("ROC AUC", "RocAuc", {}),
]


def add(capstone: str, title: str, name: str, run) -> None:
    """Add a report to the capstone's project, in place of one of the same name; the project is made if it is new."""
    from evidently.ui.workspace import Workspace

    workspace = Workspace.create(str(settings().home / "evidently"))
    found = [project for project in workspace.list_projects() if project.name == capstone]
    project = found[0] if found else _create(workspace, capstone, title)
    for known in workspace.list_runs(project.id):
        if workspace.get_run(project.id, known).name == name:
            workspace.delete_run(project.id, known)
    workspace.add_run(project.id, run, include_data=False)


def _create(workspace, capstone: str, title: str):
    project = workspace.create_project(capstone, title)
    for plot in ({"plot_type": "counter", "aggregation": "last"}, {"plot_type": "bar"}):
        for name, metric, labels in PANELS:
            project.dashboard.add_panel(_panel(name, metric, labels, plot))
    project.save()
    return project


def _panel(name: str, metric: str, labels: dict, plot: dict):
    from evidently.sdk.models import PanelMetric
    from evidently.sdk.panels import DashboardPanelPlot

    values = [PanelMetric(metric=metric, metric_labels=labels, legend=name)]
    return DashboardPanelPlot(title=name, subtitle="", size="half", values=values, plot_params=plot)

"""The Evidently workspace: a project a capstone, a run a report, two panels over time."""

from capstan.settings import settings


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
    from evidently.sdk.models import PanelMetric
    from evidently.sdk.panels import DashboardPanelPlot

    project = workspace.create_project(capstone, title)
    for panel, metric, labels in [
        ("Share of drifted columns", "DriftedColumnsCount", {"value_type": "share"}),
        ("ROC AUC", "RocAuc", {}),
    ]:
        plot = DashboardPanelPlot(
            title=panel,
            subtitle="",
            size="half",
            values=[PanelMetric(metric=metric, metric_labels=labels, legend=panel)],
            plot_params={"plot_type": "line"},
        )
        project.dashboard.add_panel(plot)
    project.save()
    return project

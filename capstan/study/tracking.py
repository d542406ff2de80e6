"""A study in MLflow: a run of the experiment `NAME-studies`, with a child for each case and seed."""

from typing import Any, Self

from capstan.profile import profile
from capstan.settings import settings
from capstan.study.protocol import Cell, Line

CHILD = "mlflow.parentRunId"  # the tag by which MLflow's page shows a run below another


class Untracked:
    """Keeps nothing."""

    def __init__(self, capstone: str, question: str, head: dict[str, Any]): ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None: ...

    def log(self, cell: Cell, lines: list[Line]) -> None:
        """Do nothing."""


class Tracking(Untracked):
    """The run of a study. One that was killed is continued: it is the run that has not ended, of the same data."""

    def __init__(self, capstone: str, question: str, head: dict[str, Any]):
        from mlflow import MlflowClient

        profile().ensure("mlflow", capstone)
        self._client, name = MlflowClient(settings().tracking_uri), f"{capstone}-studies"
        known = self._client.get_experiment_by_name(name)
        self._experiment = known.experiment_id if known else self._client.create_experiment(name)
        tags = {"study": question, "data": head["data"]}
        query = " and ".join([*(f"tags.{tag} = '{value}'" for tag, value in tags.items()), "status = 'RUNNING'"])
        running = self._client.search_runs([self._experiment], query, max_results=1)
        run = running[0] if running else self._client.create_run(self._experiment, tags=tags, run_name=question)
        self._run = run.info.run_id

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:  # else it is continued later
            self._client.set_terminated(self._run)

    def log(self, cell: Cell, lines: list[Line]) -> None:
        """Log a cell: its case as parameters, and the numbers of its lines as metrics."""
        from mlflow.entities import Metric, Param

        run = self._client.create_run(
            self._experiment, tags={CHILD: self._run}, run_name=f"{cell.measure} {cell.seed or 0}"
        )
        fields = {"measure": cell.measure, **cell.case, "seed": cell.seed}
        metrics = [
            Metric(name, float(value), 0, step)
            for step, line in enumerate(lines)
            for name, value in line.items()
            if isinstance(value, int | float) and name not in fields
        ]
        params = [Param(name, str(value)) for name, value in fields.items() if value is not None]
        self._client.log_batch(run.info.run_id, metrics, params)
        self._client.set_terminated(run.info.run_id)

"""The pipeline that looks at any capstone's live predictions. `capstan monitor` runs it, once or again and again."""

from typing import Any, NamedTuple

from kfp import dsl

from capstan.catalogue import load
from capstan.errors import CapstanError
from components.check_live.component import check_live
from graphs import road


class Outputs(NamedTuple):
    """What a run reports."""

    live: dsl.Metrics
    live_report: dsl.HTML


def pipeline_of(name: str) -> Any:
    """Return the pipeline, in the image of a capstone. Raises CapstanError when its task has no signals."""
    if "monitoring" not in load(name).capabilities:
        raise CapstanError(
            f"{name} has nothing to watch: its task has no `signals`. See docs/adding-a-capstone.md, Monitoring."
        )

    @dsl.pipeline(name="monitoring", description="Did what the champion sees or answers drift?")
    def pipeline(capstone: str = name, hours: float = 24.0, as_of: str = "", circle: bool = False) -> Outputs:
        """Compare the champion's predictions of the last `hours` with those of its test data, run all checks and alert.

        as_of: an instant, such as of a replay; by default now. circle: also retrain, promote or roll back.
        """
        watched = check_live(
            capstone=capstone, hours=hours, as_of=as_of, circle=circle, run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER
        )
        watched.set_caching_options(False)  # each run looks at other predictions
        road.place(name, watched)
        return Outputs(live=watched.outputs["live"], live_report=watched.outputs["report"])

    return pipeline

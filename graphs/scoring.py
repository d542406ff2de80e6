"""The pipeline that scores a table with any capstone's version. On a cluster `capstan score` runs it, once or often."""

from typing import Any, NamedTuple

from kfp import dsl

from capstan.catalogue import folder
from components.score.component import score
from graphs import road


class Outputs(NamedTuple):
    """What a run reports."""

    scored: dsl.Metrics


def pipeline_of(name: str) -> Any:
    """Return the pipeline, in the image of a capstone. Raises CapstanError when there is no such capstone."""
    folder(name)

    @dsl.pipeline(name="scoring", description="What does the model say of each row of a table?")
    def pipeline(
        source: str,
        output: str,
        capstone: str = name,
        version: str = "",
        keep: list[str] = [],  # noqa: B006  (kfp reads the default; nobody changes it)
        log: bool = False,
        workers: int = 0,
    ) -> Outputs:
        """Score the rows of `source` into the folder `output`: s3:// addresses, in which `{date}` is the run's day.

        version: by default the champion. keep: columns of the source that go to the output. log: let the answers join
        the prediction log. workers: of Ray, in the step; 0 is the step's own process.
        """
        done = score(
            capstone=capstone, source=source, output=output, version=version, keep=keep, log=log, workers=workers
        )
        done.set_caching_options(False)  # a place may have other rows, or a capstone another champion
        road.place(name, done)
        return Outputs(scored=done.outputs["scored"])

    return pipeline

"""The pipeline of `moderation`."""

from typing import NamedTuple

from kfp import dsl

from graphs import road


class Outputs(NamedTuple):
    """What a run reports."""

    tweets: dsl.Metrics
    rows: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(name="moderation", description="Is a post hateful or offensive, how sure is that, and what is done?")
def pipeline(seed: int = 0, bits: int = 8, labels_until: str = "", canary: float = 0.0) -> Outputs:
    """Train, judge and deploy the model.

    bits: of MiniLM's weights, 8 or 32.
    labels_until: also learn from texts that moderators decided, with labels known by this instant, ISO 8601.
    canary: the percent of requests that the new version gets beside the champion; 0 replaces the champion.
    """
    return road.standard(
        "moderation",
        {"seed": seed, "bits": bits},
        split_parameters={"labels_until": labels_until},
        canary=canary,
        outputs=Outputs,
        counts={"tweets": "ingest", "rows": "split"},
    )

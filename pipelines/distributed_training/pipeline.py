"""The pipeline of `distributed_training`."""

from typing import NamedTuple

from kfp import dsl

from graphs import road


class Outputs(NamedTuple):
    """What a run reports."""

    lines: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(name="distributed-training", description="Which way to share a training is the fastest?")
def pipeline(
    seed: int = 0,
    scheme: str = "data parallel",
    workers: int = 0,
    steps: int = 1_000,
    width: int = 128,
    layers: int = 4,
    order: int = 4,
    canary: float = 0.0,
) -> Outputs:
    """Train a decoder on workers, compare it with one worker's and with n-grams, and deploy it.

    scheme: how the workers share it. workers: Ray workers, 0 for the step's own process. width, layers: of the decoder.
    order: of the n-grams that it has to be better than. canary: the percent of requests that the new version gets
    beside the champion; 0 replaces the champion.
    """
    parameters = {
        **{"seed": seed, "scheme": scheme, "workers": workers, "steps": steps},
        **{"width": width, "layers": layers, "order": order},
    }
    counts = {"lines": "split"}
    return road.standard("distributed_training", parameters, canary=canary, outputs=Outputs, counts=counts)

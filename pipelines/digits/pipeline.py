"""The pipeline of `digits`."""

from typing import NamedTuple

from kfp import dsl

from graphs import road


class Outputs(NamedTuple):
    """What a run reports."""

    images: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(name="digits", description="Which digit is it?")
def pipeline(seed: int = 0, network: str = "cnn", epochs: int = 6, workers: int = 0, canary: float = 0.0) -> Outputs:
    """Train a network and its edge variant, try them on other people's digits and under attack, and deploy it.

    network: "cnn", "vit" or "efficient". workers: Ray workers that share each batch, 0 for the step's own process.
    canary: the percent of requests that the new version gets beside the champion; 0 replaces the champion.
    """
    parameters = {"seed": seed, "network": network, "epochs": epochs, "workers": workers}
    counts = {"images": "split"}
    return road.standard("digits", parameters, canary=canary, outputs=Outputs, counts=counts)

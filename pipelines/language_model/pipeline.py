"""The pipeline of `language_model`."""

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


@dsl.pipeline(name="language-model", description="How does the play go on?")
def pipeline(
    seed: int = 0,
    rounds: int = 20,
    width: int = 128,
    layers: int = 4,
    order: int = 6,
    voice_steps: int = 0,
    canary: float = 0.0,
) -> Outputs:
    """Train a decoder on plays, compare it with n-grams, and deploy it.

    rounds: of 100 steps. width, layers: of the decoder. order: of the n-grams that it has to be better than.
    voice_steps: in which an adapter learns each newsgroup; 0 for none. canary: the percent of requests that the new
    version gets beside the champion; 0 replaces the champion.
    """
    parameters = {
        **{"seed": seed, "rounds": rounds, "width": width, "layers": layers},
        **{"order": order, "voice_steps": voice_steps},
    }
    return road.standard("language_model", parameters, canary=canary, outputs=Outputs, counts={"lines": "split"})

"""The gate refuses what workers have trained worse than one: schemes that are broken on purpose, on two processes."""

import numpy as np
import pytest
import torch

from pipelines.distributed_training import training
from pipelines.distributed_training.learning import Trained
from pipelines.distributed_training.plans import Plan, sizes
from pipelines.distributed_training.schemes import SCHEMES
from pipelines.distributed_training.tests.controls import fewer
from pipelines.language_model.data import to_bytes
from tests.support.controls import judge, parts

BROKEN = "pipelines.distributed_training.tests.broken"
PLAN = Plan(sizes(width=32, layers=1, context=32), steps=100, batch=8)


@pytest.fixture(scope="module")
def data():
    return fewer(parts("distributed_training"))


@pytest.fixture(scope="module")
def judged(runner, data, tmp_path_factory, empty_registry):
    """Return a function: what the gate says of a scheme, by where its class is."""
    text = to_bytes(data[0]["lines"]).copy()
    cut = len(text) - 5_000

    def weights(where):
        made = runner.run(where, PLAN, torch.from_numpy(text[:cut]), PLAN.steps)[0].weights
        return {name: torch.from_numpy(values) for name, values in made.items()}

    alone = weights(SCHEMES["single"])

    def verdict(where):
        made = weights(where)
        model = training.served(PLAN, Trained(made, made), alone, text[:cut], text[cut:], 2, where)
        return judge("distributed_training", model, data[1], tmp_path_factory.mktemp("judged"))

    return verdict


def lost(report):
    """Return the line of the report about what the workers lost."""
    (line,) = [line for line in report.splitlines() if "bits_lost" in line]
    return line


def test_an_exact_scheme_loses_nothing(judged):
    assert "pass" in lost(judged(SCHEMES["data parallel"]).report)


@pytest.mark.parametrize("kind", ["NotAveraged", "SameShare", "Garbled"])
def test_a_broken_scheme_is_rejected(kind, judged):
    made = judged(f"{BROKEN}:{kind}")
    assert made.verdict == "rejected" and "pass" not in lost(made.report)

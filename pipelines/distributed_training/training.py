"""From lines of text to what is served: trained here, or by a scheme on Ray workers, and by one worker as proof."""

from __future__ import annotations

import dataclasses
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from capstan.errors import CapstanError
from capstan.versions import code
from data_sets.plays import to_bytes
from models.learning import checkpoints
from models.parallel import on_ray
from models.parallel.decoder_plan import DecoderPlan
from models.parallel.learning import Trained, learn
from models.parallel.schemes import SCHEMES
from models.parallel.schemes.base import Weights
from models.parallel.schemes.single import Single
from models.parallel.workers import Workers
from models.transformer.decoder import opened
from models.transformer.measures import losses
from pipelines.distributed_training.model import NextByteModel

if TYPE_CHECKING:
    import pandas as pd

PROOF = 200  # steps that one worker does as well
HELD_OUT = 20_000  # bytes that begin the text: a rate is chosen by them, and they say what is usual
PIECE = 100  # bytes
UNUSUAL = 0.005  # the share of such pieces that cost more than the limit


def train(rows: pd.DataFrame, plan: DecoderPlan, scheme: str, workers: int) -> NextByteModel:
    """Return a decoder that has learned from lines of text. workers: on Ray; 0 for this process."""
    if scheme not in SCHEMES:
        raise CapstanError(f"There is no scheme {scheme!r}. There are: {', '.join(SCHEMES)}.")
    text, rest = parts(rows)
    if len(text) <= plan.shape.context:
        raise CapstanError(f"The text to train on has {len(text)} bytes. It needs more than {plan.shape.context}.")
    proof = min(PROOF, plan.steps) if workers > 1 else 0
    trained = fit(scheme, plan, text, workers, proof)
    torch.set_num_threads(1)
    alone = learn(Single, plan, text, Workers(), until=proof).weights if proof else {}
    how = f"{scheme}, {workers} workers" if workers else "one process"
    return served(plan, trained, alone, text.numpy(), rest, how)


def parts(rows: pd.DataFrame) -> tuple[torch.Tensor, np.ndarray]:
    """Return the bytes to learn from, and those that are held out.

    These are the first ones: the last ones are of the play with which the test text begins.
    """
    text = to_bytes(rows).copy()
    held = min(HELD_OUT, len(text) // 10)
    return torch.from_numpy(text[held:]), text[:held]


def served(
    plan: DecoderPlan, trained: Trained, alone: Weights, text: np.ndarray, rest: np.ndarray, how: str
) -> NextByteModel:
    """Return the model of what was learned. alone: the weights of one worker after the same steps as `trained.proof`.

    text: what was learned from. rest: of the same kind, which says what is usual.
    """
    folder = Path(tempfile.mkdtemp(prefix="distributed-training-"))
    torch.save(trained.weights, folder / "network.pt")
    np.save(folder / "learned.npy", text)
    artifacts = {"network": folder / "network.pt", "learned": folder / "learned.npy"}
    if alone:
        torch.save({"workers": trained.proof, "alone": alone}, folder / "proof.pt")
        artifacts["proof"] = folder / "proof.pt"
    decoder = opened(plan.shape, trained.weights)
    return NextByteModel(plan.shape, usual(decoder, rest), how, artifacts, trained.history)


def fit(scheme: str, plan: DecoderPlan, text: torch.Tensor, workers: int, proof: int) -> Trained:
    """Return what was learned, here or on Ray workers. A training that was interrupted goes on."""
    plan_of = str((scheme, workers, proof, dataclasses.astuple(plan)))
    key = checkpoints.key("distributed", plan_of, [text], *code.imported([Path(__file__)]))
    if workers:
        trained = on_ray.fit(SCHEMES[scheme], plan, text, workers, proof, key)
    else:
        torch.set_num_threads(1)
        state, write = checkpoints.latest(key), partial(checkpoints.write, key)
        trained = learn(SCHEMES[scheme], plan, text, Workers(), state=state, after_round=write)
    checkpoints.clear(key)
    return trained


def usual(decoder: torch.nn.Module, text: np.ndarray) -> float:
    """Return the bits per byte that few pieces of a text cost more than."""
    costs = pieces(decoder, text)
    return float(np.quantile(costs, 1 - UNUSUAL)) if len(costs) else float("inf")


def pieces(decoder: torch.nn.Module, text: np.ndarray) -> np.ndarray:
    """Return the bits per byte of each piece of a text, shape (pieces,)."""
    costs = losses(decoder, text, PIECE) / np.log(2)
    bits: np.ndarray = costs[: len(costs) // PIECE * PIECE].reshape(-1, PIECE).mean(axis=1)
    return bits

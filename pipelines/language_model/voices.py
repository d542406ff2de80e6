"""Voices: a low-rank adapter of the decoder for each newsgroup, so that one network speaks as any of them."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from torch.nn import functional

from capstan.errors import CapstanError
from data_sets import newsgroups
from data_sets.plays import of_voice, voices
from models.transformer import adapters
from models.transformer.decoder import Decoder
from models.transformer.measures import losses
from pipelines.language_model.model import ADAPTED, RANK

if TYPE_CHECKING:
    from pipelines.language_model.model import LanguageModel

BATCH, RATE = 16, 0.01
MOST = 4_000  # bytes of the messages of a voice, on which each adapter is scored
Weights = dict[str, torch.Tensor]


def learned(decoder: Decoder, rows: pd.DataFrame, steps: int, seed: int) -> dict[str, Weights]:
    """Return the weights of an adapter for each voice of some rows. The decoder stays as it is.

    Raises CapstanError where there are no messages, or too few of a voice.
    """
    names = voices(rows)
    if not names:
        raise CapstanError(
            f"Adapters learn messages, and {newsgroups.FILE} is not here. Put it into CAPSTAN_DATA_DIR, or leave "
            "voice_steps at 0."
        )
    return {name: adapter(decoder, of_voice(rows, name), name, steps, seed) for name in names}


def adapter(decoder: Decoder, text: np.ndarray, name: str, steps: int, seed: int) -> Weights:
    """Return the weights of an adapter that has learned a text of bytes."""
    context = decoder.shape.context
    if len(text) <= context:
        raise CapstanError(f"The voice {name} has {len(text)} bytes. It needs more than {context}.")
    generator, tokens = torch.Generator().manual_seed(seed), torch.from_numpy(text.copy())
    torch.manual_seed(seed)
    network = deepcopy(decoder).train()
    adapters.adapt(network, ADAPTED, 1, RANK).choose([1] * BATCH)
    optimizer = torch.optim.AdamW(
        [parameter for parameter in network.parameters() if parameter.requires_grad], lr=RATE, weight_decay=0
    )
    for _ in range(steps):
        starts = torch.randint(len(tokens) - context, (BATCH, 1), generator=generator)
        windows = tokens[starts + torch.arange(context + 1)].long()
        optimizer.zero_grad()
        functional.cross_entropy(network(windows[:, :-1]).flatten(0, 1), windows[:, 1:].flatten()).backward()
        optimizer.step()
    return adapters.weights(network, 1)


def table(model: LanguageModel, rows: pd.DataFrame) -> pd.DataFrame:
    """Return what a byte of later messages of each voice costs in bits: without an adapter, with its own, with others'.

    The others' is the mean of all voices but its own.
    """
    decoder, chosen = model.adapted
    assert chosen, "the version has voices"
    numbers = range(len(model.voices) + 1)
    costs = np.array(
        [[_bits(decoder, chosen, of_voice(rows, name)[:MOST], number) for number in numbers] for name in model.voices]
    )
    chosen.choose(None)
    own = np.array([costs[place, place + 1] for place in range(len(costs))])
    others = (costs[:, 1:].sum(axis=1) - own) / max(1, len(costs) - 1)
    return pd.DataFrame(
        {"voice": [*model.voices], "no adapter": costs[:, 0], "its own": own, "those of others": others}
    )


def _bits(decoder: Decoder, chosen: adapters.Chosen, text: np.ndarray, number: int) -> float:
    """Return the bits per byte of a text with an adapter."""

    def adapted(tokens: torch.Tensor) -> torch.Tensor:
        chosen.choose([number] * len(tokens))
        logits: torch.Tensor = decoder(tokens)
        return logits

    return float(losses(adapted, text, decoder.shape.context).mean() / np.log(2))

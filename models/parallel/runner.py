"""Starts processes that train together on this machine, and measures what each does."""

from __future__ import annotations

import multiprocessing
import socket
import time
import traceback
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import torch
from torch import distributed

from models.parallel import memory
from models.parallel.plans import Plan
from models.parallel.schemes.base import Scheme
from models.parallel.workers import Span, Workers

PATIENCE = timedelta(seconds=120)  # with a worker that does not answer


@dataclass
class Result:
    """What one worker did. losses, seconds: of each step. processor: its processor seconds. sent: bytes of a step.

    spans: those of the last step. weights: of the whole network, by the first worker. memory: bytes of its tensors.
    """

    losses: list[float]
    seconds: list[float]
    processor: list[float]
    sent: float
    spans: list[Span]
    weights: dict[str, np.ndarray] = field(default_factory=dict)
    memory: memory.Held | None = None


def learn(
    kind: type[Scheme], plan: Plan, data: torch.Tensor, workers: Workers, steps: int, watch: bool = False
) -> Result:
    """Train for some steps, as one of the workers."""
    watching = memory.Watch()
    with watching if watch else nullcontext():
        scheme = kind(plan, workers)
        losses, seconds, processor, sent, watching.most = [], [], [], workers.sent, 0
        for step in range(steps):
            batch = plan.rows(data, step)
            workers.spans.clear()
            begin, worked = time.perf_counter(), time.process_time()
            losses.append(scheme.step(batch))
            seconds.append(time.perf_counter() - begin)
            processor.append(time.process_time() - worked)
        held = memory.Held(watching.most, watching.held()) if watch else None
    spans, sent = list(workers.spans), (workers.sent - sent) / steps
    total = workers.mean(torch.stack(losses).double()).tolist()
    weights = {name: values.numpy() for name, values in scheme.weights().items()}
    return Result(total, seconds, processor, sent, spans, weights if workers.rank == 0 else {}, held)


class Runner:
    """Some processes that wait for schemes to train. With `with`, they end when it does."""

    def __init__(self, size: int):
        self.size = size
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        context = multiprocessing.get_context("spawn")
        pairs = [context.Pipe() for _ in range(size)]
        self.pipes = [ours for ours, _ in pairs]
        self.processes = [
            context.Process(target=_serve, args=(theirs, address, rank, size), daemon=True)
            for rank, (_, theirs) in enumerate(pairs)
        ]
        for process in self.processes:
            process.start()
        for _, theirs in pairs:
            theirs.close()

    def run(
        self, kind: type[Scheme], plan: Plan, data: torch.Tensor, steps: int = 20, watch: bool = False
    ) -> list[Result]:
        """Train with a scheme for some steps; return what each worker did. Raises RuntimeError when one failed."""
        for pipe in self.pipes:
            pipe.send((kind, plan, data.numpy(), steps, watch))
        answers: Sequence[Any] = [pipe.recv() for pipe in self.pipes]
        if failed := [answer for answer in answers if isinstance(answer, str)]:
            raise RuntimeError(f"{kind.__name__} failed on {self.size} workers:\n{failed[0]}")
        return list(answers)

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *error: object) -> None:
        for pipe in self.pipes:
            pipe.close()
        for process in self.processes:
            process.join(5)
            if process.is_alive():
                process.terminate()
                process.join()


def _serve(pipe: Connection, address: str, rank: int, size: int) -> None:
    """Join the others, and train what comes until the pipe is closed."""
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=address, rank=rank, world_size=size, timeout=PATIENCE)
    while True:
        try:
            kind, plan, data, steps, watch = pipe.recv()
        except EOFError:
            break
        try:
            pipe.send(learn(kind, plan, torch.from_numpy(data), Workers.joined(), steps, watch))
        except Exception:
            pipe.send(traceback.format_exc())
    distributed.destroy_process_group()

"""`python -m pipelines.moderation.speed`: texts a second through the endpoint, and MiniLM in float32 and in int8.

It writes `speed.json` into the folder that it is given, and prints the tables. The endpoint has to be up with a
champion (`capstan run moderation`). So many clients ask it at once, so many texts in a request; the load generator runs
on the same machine. int8 is what PyTorch's dynamic quantization makes of MiniLM's linear layers; no version serves it.
"""

from __future__ import annotations

import copy
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path

import httpx
import numpy as np
import pandas as pd

from capstan import weights_files
from capstan.settings import settings
from models import minilm
from models.sentence_encoder import SentenceEncoder
from models.study import Line, Study, markdown, options
from pipelines.moderation import task

FOLDER = Path(__file__).parent
SECONDS, TEXTS = 20.0, 200
LOADS = ((1, 1), (8, 1), (2, 32))  # clients, texts of a request
INT8 = ("int8, a scale for a layer", "int8, a scale for a row of weights")


def asked(texts: list[str], clients: int, each: int) -> Line:
    """Return texts a second and the seconds of a request while so many clients ask, each as soon as it is answered."""
    until = time.perf_counter() + SECONDS

    def ask(number: int) -> list[float]:
        took, turn = [], cycle(texts[number:] + texts[:number])
        with httpx.Client(base_url=settings().endpoint_url, timeout=60) as client:
            while (begun := time.perf_counter()) < until:
                rows = [{"text": text} for text in islice(turn, each)]
                client.post("/v1/models/moderation:predict", json={"instances": rows}).raise_for_status()
                took.append(time.perf_counter() - begun)
        return took

    begun = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        took = [one for part in pool.map(ask, range(clients)) for one in part]
    rate = len(took) * each / (time.perf_counter() - begun)
    return {"rate": rate, "median": float(np.median(took)), "high": float(np.quantile(took, 0.99))}


def encoders(encoder: SentenceEncoder) -> dict[str, SentenceEncoder]:
    """Return MiniLM as it is, and in int8."""
    import torch
    from torch.ao.quantization import default_dynamic_qconfig, per_channel_dynamic_qconfig, quantize_dynamic

    made = {"float32": encoder}
    for name, how in zip(INT8, (default_dynamic_qconfig, per_channel_dynamic_qconfig), strict=True):
        made[name] = copy.copy(encoder)
        made[name].encoder = quantize_dynamic(copy.deepcopy(encoder.encoder), {torch.nn.Linear: how}).eval()
    return made


def tables(results: pd.DataFrame) -> str:
    """Return the tables of STUDIES.md."""
    parts = dict(list(results.groupby("part", sort=False)))
    served = markdown(parts["endpoint"], {"clients": "clients", "texts of a request": "each"}, {
        "texts a second": lambda rows: f"{rows['rate'].mean():.0f}",
        "median of a request, s": lambda rows: f"{rows['median'].mean():.3f}",
        "99 %, s": lambda rows: f"{rows['high'].mean():.3f}",
    })  # fmt: skip
    alone = markdown(parts["encoder"], {"MiniLM alone": "method"}, {
        "ms of one core for a text": lambda rows: f"{1_000 * rows['seconds'].mean():.1f}",
        "cosine with float32, mean": lambda rows: f"{rows['cosine'].mean():.3f}",
        "lowest": lambda rows: f"{rows['lowest'].mean():.3f}",
    })  # fmt: skip
    return f"{served}\n\n{alone}"


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.set_defaults(seeds=1)
    given = parser.parse_args()
    study = Study(given.out / "speed.json", ["part", "method", "clients", "each"])
    texts = task.split(task.load(settings().data_dir))[1]["tweets"]["text"].head(TEXTS).tolist()
    for clients, each in LOADS:
        case = {"part": "endpoint", "method": "float32", "clients": clients, "each": each}
        if not study.has(**case):
            study.add(case | asked(texts, clients, each))
    encoder = minilm.shared(weights_files.fetch_all(task.WEIGHTS))
    made: dict[str, np.ndarray] = {}
    for name, one in encoders(encoder).items():
        one.embed(texts[:32])
        begun = time.process_time()
        made[name] = one.embed(texts)
        seconds = (time.process_time() - begun) / len(texts)
        cosine = (made[name] * made["float32"]).sum(axis=1) / np.linalg.norm(made[name], axis=1)
        line = {"seconds": seconds, "cosine": float(cosine.mean()), "lowest": float(cosine.min())}
        study.add({"part": "encoder", "method": name, "clients": 0, "each": 0} | line)
    print(tables(study.table()))


if __name__ == "__main__":
    main()

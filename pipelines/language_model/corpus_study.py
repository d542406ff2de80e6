"""`python -m pipelines.language_model.corpus_study`: what each step that is done to a corpus is worth.

On 20 Newsgroups: what is left after each step; how n-grams that learned from as many bytes of each stage, and with
`--minutes` a decoder, predict later messages, which are clean, are no near duplicates and break no rule; what packing
wastes; how fast shards are read. In the stage "copied" half of the bytes are near copies of few messages: a harm that
is known, to be found. It writes `corpus_study.json` into the folder that it is given; what is there is not measured
again.
"""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from capstan.settings import settings
from data_sets import newsgroups
from models.corpus import cleaning, duplicates, packing, quality, reading, shards
from models.study import Line, Study, markdown, options, spread
from models.transformer.decoder import Decoder
from pipelines.language_model.compare import where
from pipelines.language_model.ladder import rungs
from pipelines.language_model.training import Plan, shape

KEYS = ["part", "case", "what", "seed"]
BYTES = 2_000_000  # that each model learns from
TEST = 200_000  # bytes of later messages
ORDER = "6-grams"
STEPS = 10  # of a round: a training ends as near to its time
SAMPLE = 200  # pairs whose similarity is computed
COPIED, CHANGED = 0.02, 0.02  # the share of the messages that are copied, and of their words that are changed
WINDOWS = (128, 512, 2048)
END, PAD = ord("\n"), 256  # no message has a newline
SHARD, LENGTH = 1_000_000, 1_024  # tokens
FIELDS = ["documents", "bytes", "bits", "found", "precision", "recall", "padding", "lost", "cut", "windows", "memory"]


Cell = Callable[[pd.DataFrame], str]


class Stages:
    """The messages to learn from after each step, by their place among all, and the later ones to test on."""

    def __init__(self, learned: list[str], later: list[str]):
        raw = dict(enumerate(learned))
        cleaned = {place: cleaning.cleaned(text) for place, text in raw.items()}
        deduplicated = without_duplicates(cleaned)
        filtered = {place: text for place, text in deduplicated.items() if not quality.faults(text)}
        both, self.copies = copied(list(deduplicated.values()), 2 * BYTES, 0)
        self.all = {
            "raw": raw, "cleaned": cleaned, "deduplicated": deduplicated, "filtered": filtered,
            "copied": both, "copied, deduplicated": without_duplicates(both),
        }  # fmt: skip
        whole = cleaned | {len(learned) + place: cleaning.cleaned(text) for place, text in enumerate(later)}
        new = {place: text for place, text in without_duplicates(whole).items() if place >= len(learned)}
        self.test = drawn({place: text for place, text in new.items() if not quality.faults(text)}, TEST, 0)


def without_duplicates(texts: dict[int, str]) -> dict[int, str]:
    """Return texts without those that are near duplicates of an earlier one."""
    places = list(texts)
    return {places[kept]: texts[places[kept]] for kept in duplicates.kept(list(texts.values()))}


def drawn(texts: dict[int, str], size: int, seed: int) -> np.ndarray:
    """Return so many bytes of texts, `END` after each. Raises ValueError where they have fewer.

    Their places and the seed say in which order: texts that two stages have come in the same order in both.
    """
    order = sorted(texts, key=lambda place: random.Random(f"{seed} {place}").random())
    whole = np.frombuffer("".join(f"{texts[place]}\n" for place in order).encode(), np.uint8)
    if len(whole) < size:
        raise ValueError(f"The texts have {len(whole)} bytes, and {size} are needed.")
    return whole[:size]


def copied(texts: list[str], size: int, seed: int) -> tuple[dict[int, str], set[int]]:
    """Return texts of which half of the bytes are near copies, and the places of these. size: bytes of them all."""
    drawing = random.Random(seed)
    order = drawing.sample(texts, len(texts))
    made: list[str] = []
    copies: set[int] = set()
    few = [text for text in order[: int(COPIED * len(texts))] if len(text) < 10_000]
    plain = iter(order)
    for half, source in enumerate((plain, iter(lambda: drawing.choice(few), None))):
        held = 0
        while held < size // 2:
            text = next(source)
            words = text.split(" ")
            if half:
                copies.add(len(made))
                text = " ".join(drawing.choice(words) if drawing.random() < CHANGED else word for word in words)
            made.append(text)
            held += len(text)
    places = drawing.sample(range(len(made)), len(made))
    return {new: made[place] for new, place in enumerate(places)}, {places.index(place) for place in copies}


def of_documents(stages: Stages) -> list[Line]:
    """Return what each stage has."""
    return [
        {"case": name, "what": "", "documents": len(texts), "bytes": sum(map(len, map(str.encode, texts.values())))}
        for name, texts in stages.all.items()
    ]


def of_duplicates(stages: Stages) -> list[Line]:
    """Return how many copies are found, and of a sample of pairs how many are similar by their shingles themselves."""
    made: list[Line] = [
        {"case": "messages", "what": "exact", "found": len(duplicates.exact([*stages.all["cleaned"].values()]))}
    ]
    for case, stage in (("messages", "cleaned"), ("copied", "copied")):
        texts = [*stages.all[stage].values()]
        pairs = [pair for pair, _ in duplicates.near(duplicates.signatures(texts))]
        some = random.Random(0).sample(pairs, min(SAMPLE, len(pairs)))
        exact = [duplicates.similarity(*(duplicates.shingles(texts[place]) for place in pair)) for pair in some]
        found = len(texts) - len(duplicates.kept(texts))
        line = {"precision": float(np.mean([share >= duplicates.SIMILAR for share in exact]))}
        if case == "copied":
            labels = duplicates.clusters(len(texts), pairs)
            alike = Counter(labels.tolist())
            line["recall"] = sum(alike[labels[place]] > 1 for place in stages.copies) / len(stages.copies)
        made.append({"case": case, "what": "near", "found": found} | line)
    return made


def of_rules(stages: Stages) -> list[Line]:
    """Return how many messages break each rule; one may break several."""
    counts = Counter(rule for text in stages.all["deduplicated"].values() for rule in quality.faults(text))
    return [{"case": rule, "what": "", "documents": count} for rule, count in counts.most_common()]


def of_packing(stages: Stages) -> list[Line]:
    """Return what each way to pack wastes, for windows of some lengths."""
    documents = [np.frombuffer(text.encode(), np.uint8) for text in stages.all["filtered"].values()]
    made: list[Line] = []
    for length in WINDOWS:
        ways = {
            "concatenated": packing.concatenated(documents, length, END),
            "best fit": packing.best_fit(documents, length, END, PAD),
            "padded": packing.padded(documents, length, END, PAD),
        }
        for name, packed in ways.items():
            padding, cut = packed.padding / packed.windows.size, packed.cut / len(documents)
            made.append({"case": name, "what": str(length), "padding": padding, "lost": packed.lost, "cut": cut})
    return made


def of_shards(stages: Stages) -> list[Line]:
    """Return windows per second of processor time, and the most memory, of all tokens at once and of shards.

    Each in a process of its own, beside one that reads nothing.
    """
    with tempfile.TemporaryDirectory(prefix="shards-") as folder:
        parts = (np.frombuffer(f"{text}\n".encode(), np.uint8) for _ in range(4) for text in stages.all["raw"].values())
        shards.write(parts, Path(folder), SHARD)
        empty, *found = (reading.elsewhere(how, folder, LENGTH) for how in ("nothing", "memory", "shards"))
    return [
        {"case": case, "what": "", "windows": windows, "memory": memory - empty[1]}
        for case, (windows, memory) in zip(("all in memory", "shards"), found, strict=True)
    ]


def learned(study: Study, stages: Stages, seeds: int, minutes: float) -> None:
    """Add what the test text costs a model of each stage: n-grams of each draw, and a decoder of the first one."""
    decoder = rungs.Rung(lambda: Decoder(shape(64, 2, context=64, grams=())), 64, Plan(0, steps=STEPS))
    models = [(ORDER, seeds), (f"decoder, {minutes:g} minutes", 1)]
    for model, count in models if minutes else models[:1]:
        for seed in range(count):
            for name, texts in stages.all.items():
                fields = {"part": "learned", "case": name, "what": model, "seed": seed}
                if not study.has(**fields):
                    text = drawn(texts, BYTES, seed)
                    if model == ORDER:
                        made = rungs.counted(ORDER, text, stages.test)
                    else:
                        network = torch.from_numpy(text.copy())
                        made = rungs.trained(decoder, network, stages.test, 60 * minutes, seed, f"corpus {name}")
                    study.add(blank() | fields | {"bits": made["nats"] / np.log(2)} | where())


PARTS = {
    "documents": of_documents, "duplicates": of_duplicates, "rules": of_rules, "packing": of_packing,
    "shards": of_shards,
}  # fmt: skip


def measure(study: Study, stages: Stages, seeds: int, minutes: float) -> None:
    """Add what is not measured yet."""
    for part, made in PARTS.items():
        if not study.has(part=part):
            study.add(*(blank() | {"part": part, "seed": None} | line | where() for line in made(stages)))
    learned(study, stages, seeds, minutes)


def blank() -> Line:
    """Return all figures, none of them measured."""
    return dict.fromkeys(FIELDS)


def tables(results: pd.DataFrame) -> str:
    """Return the tables of the README, a part each."""

    def of(field: str, form: str) -> Cell:
        return lambda rows: "" if rows[field].isna().any() else form.format(rows[field].iloc[0])

    def bits(rows: pd.DataFrame) -> str:
        return spread(rows["bits"], middle="median")

    documents, megabytes = of("documents", "{:,.0f}"), lambda rows: f"{rows['bytes'].iloc[0] / 1e6:.2f}"
    columns: dict[str, tuple[dict[str, str], dict[str, Cell]]] = {
        "documents": ({"stage": "case"}, {"messages": documents, "MB": megabytes}),
        "duplicates": (
            {"texts": "case", "duplicates": "what"},
            {"found": of("found", "{:,.0f}"), "precision": of("precision", "{:.3f}"), "recall": of("recall", "{:.3f}")},
        ),
        "rules": ({"rule": "case"}, {"messages that break it": documents}),
        "learned": ({"model": "what", "learned from": "case"}, {"bits per byte": bits}),
        "packing": (
            {"window": "what", "way": "case"},
            {"padding": of("padding", "{:.1%}"), "tokens left out": of("lost", "{:,.0f}"), "cut": of("cut", "{:.1%}")},
        ),
        "shards": ({"tokens": "case"}, {"windows per second": of("windows", "{:,.0f}"), "MB": of("memory", "{:.0f}")}),
    }
    parts = [(results[results["part"] == part], by, cells) for part, (by, cells) in columns.items()]
    return "\n\n".join(markdown(rows, by, cells) for rows, by, cells in parts if len(rows))


def main() -> None:
    """Measure, print and write."""
    parser = options(__doc__, Path(__file__).parent)
    parser.add_argument("--minutes", type=float, default=0.0, help="of a decoder as well, 0 for none")
    given = parser.parse_args()
    study = Study(given.out / "corpus_study.json", KEYS)
    measure(study, Stages(*newsgroups.texts(settings().data_dir)), given.seeds, given.minutes)
    print(tables(study.table()))


if __name__ == "__main__":
    main()

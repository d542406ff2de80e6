"""What is each step that is done to a corpus worth?

On 20 Newsgroups: what is left after each step; how n-grams that learned from as many bytes of each stage predict later
messages, which are clean, are no near duplicates and break no rule; what packing wastes; how fast shards are read. In
the stage "copied" half of the bytes are near copies of few messages: a harm that is known, to be found.
"""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from capstan.study.protocol import Show
from data_sets import newsgroups
from models.corpus import cleaning, duplicates, packing, quality, reading, shards
from models.ladder import rungs

STAGES = ("raw", "cleaned", "deduplicated", "filtered", "copied", "copied, deduplicated")
BYTES = 2_000_000  # that each model learns from
TEST = 200_000  # bytes of later messages
ORDER = "6-grams"
SAMPLE = 200  # pairs whose similarity is computed
COPIED, CHANGED = 0.02, 0.02  # the share of the messages that are copied, and of their words that are changed
WINDOWS = (128, 512, 2048)
END, PAD = ord("\n"), 256  # no message has a newline
SHARD, LENGTH = 1_000_000, 1_024  # tokens


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
    whole: list[str] = []
    copies: set[int] = set()
    few = [text for text in order[: int(COPIED * len(texts))] if len(text) < 10_000]
    plain = iter(order)
    for half, source in enumerate((plain, iter(lambda: drawing.choice(few), None))):
        held = 0
        while held < size // 2:
            text = next(source)
            words = text.split(" ")
            if half:
                copies.add(len(whole))
                text = " ".join(drawing.choice(words) if drawing.random() < CHANGED else word for word in words)
            whole.append(text)
            held += len(text)
    places = drawing.sample(range(len(whole)), len(whole))
    return {new: whole[place] for new, place in enumerate(places)}, {places.index(place) for place in copies}


def of_documents(stages: Stages) -> list[Line]:
    """Return what each stage has."""
    return [
        {"case": name, "documents": len(texts), "bytes": sum(map(len, map(str.encode, texts.values())))}
        for name, texts in stages.all.items()
    ]


def of_duplicates(stages: Stages) -> list[Line]:
    """Return how many copies are found, and of a sample of pairs how many are similar by their shingles themselves."""
    lines: list[Line] = [
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
        lines.append({"case": case, "what": "near", "found": found} | line)
    return lines


def of_rules(stages: Stages) -> list[Line]:
    """Return how many messages break each rule; one may break several."""
    counts = Counter(rule for text in stages.all["deduplicated"].values() for rule in quality.faults(text))
    return [{"case": rule, "documents": count} for rule, count in counts.most_common()]


def of_packing(stages: Stages) -> list[Line]:
    """Return what each way to pack wastes, for windows of some lengths."""
    documents = [np.frombuffer(text.encode(), np.uint8) for text in stages.all["filtered"].values()]
    lines: list[Line] = []
    for length in WINDOWS:
        ways = {
            "concatenated": packing.concatenated(documents, length, END),
            "best fit": packing.best_fit(documents, length, END, PAD),
            "padded": packing.padded(documents, length, END, PAD),
        }
        for name, packed in ways.items():
            padding, cut = packed.padding / packed.windows.size, packed.cut / len(documents)
            lines.append({"case": name, "what": str(length), "padding": padding, "lost": packed.lost, "cut": cut})
    return lines


def of_shards(stages: Stages) -> list[Line]:
    """Return windows per second of processor time, and the most memory, of all tokens at once and of shards.

    Each in a process of its own, next to one that reads nothing.
    """
    with tempfile.TemporaryDirectory(prefix="shards-") as folder:
        parts = (np.frombuffer(f"{text}\n".encode(), np.uint8) for _ in range(4) for text in stages.all["raw"].values())
        shards.write(parts, Path(folder), SHARD)
        empty, *found = (reading.elsewhere(how, folder, LENGTH) for how in ("nothing", "memory", "shards"))
    return [
        {"case": case, "windows": windows, "memory": memory - empty[1]}
        for case, (windows, memory) in zip(("all in memory", "shards"), found, strict=True)
    ]


@cache
def stages() -> Stages:
    """Return the stages of all messages."""
    return Stages(*newsgroups.texts(settings().data_dir))


def documents() -> list[Line]:
    """Return what each stage has."""
    return of_documents(stages())


def copies() -> list[Line]:
    """Return how many copies are found."""
    return of_duplicates(stages())


def rules() -> list[Line]:
    """Return how many messages break each rule."""
    return of_rules(stages())


def packed() -> list[Line]:
    """Return what each way to pack wastes."""
    return of_packing(stages())


def read() -> list[Line]:
    """Return how fast tokens are read, and in which memory."""
    return of_shards(stages())


def learned(case: str, seed: int) -> Line:
    """Return what the test text costs n-grams that have learned from a draw of a stage."""
    return predicted(stages(), case, seed)


def predicted(stages: Stages, case: str, seed: int) -> Line:
    """Return what the test text costs n-grams of a stage."""
    text = drawn(stages.all[case], BYTES, seed)
    return {"what": ORDER, "bits": rungs.counted(ORDER, text, stages.test)["nats"] / np.log(2)}


def of(field: str, form: str) -> Show:
    """Return what shows a figure; it is empty where there is none."""
    return lambda rows: "" if rows[field].isna().any() else form.format(rows[field].iloc[0])


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the file that is read."""
    return {newsgroups.FILE: (data_dir or Path()) / newsgroups.FILE}


STUDY = Study(
    measures=[
        Measure(documents, seeds=0),
        Measure(learned, [{"case": stage} for stage in STAGES], seeds=3),
        *(Measure(function, seeds=0) for function in (copies, rules, packed, read)),
    ],
    tables=[
        Table(
            {"stage": "case"},
            {"messages": of("documents", "{:,.0f}"), "MB": lambda rows: f"{rows['bytes'].iloc[0] / 1e6:.2f}"},
            "documents",
        ),
        Table(
            {"model": "what", "learned from": "case"},
            {"bits per byte": lambda rows: spread(rows["bits"], middle="median")},
            "learned",
        ),
        Table(
            {"texts": "case", "duplicates": "what"},
            {"found": of("found", "{:,.0f}"), "precision": of("precision", "{:.3f}"), "recall": of("recall", "{:.3f}")},
            "copies",
        ),
        Table({"rule": "case"}, {"messages that break it": of("documents", "{:,.0f}")}, "rules"),
        Table(
            {"window": "what", "way": "case"},
            {"padding": of("padding", "{:.1%}"), "tokens left out": of("lost", "{:,.0f}"), "cut": of("cut", "{:.1%}")},
            "packed",
        ),
        Table(
            {"tokens": "case"}, {"windows per second": of("windows", "{:,.0f}"), "MB": of("memory", "{:.0f}")}, "read"
        ),
    ],
    files=files,
)

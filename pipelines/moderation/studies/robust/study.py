"""What does disguise do to the model, undone or learned against?

Those who offend disguise the text; others write as they do. Four scores learn from two thirds of the units to train
on, and take their levels from the others: as served; with disguise undone before anything is read; from disguised
copies of a third of the tweets as well, each by an attack that is drawn; and both. They are asked about tweets of the
part to test on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.contract.intervals import difference
from capstan.inputs import weights_files
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from models.encoder import minilm, vectors
from models.metrics import annotators
from models.text import text_attacks
from models.text.text_attacks import Attack
from pipelines.moderation import decisions, reading, task, training
from pipelines.moderation.reading import Read
from pipelines.moderation.scores import Pair
from pipelines.moderation.studies.robust import pictures
from pipelines.moderation.studies.robust.undoing import undone

NONE = "none"
ATTACKS: dict[str, Attack] = {
    "letters exchanged": text_attacks.respelled,
    "words torn apart": text_attacks.spaced,
    "letters that look alike": text_attacks.lookalike,
    "digits for letters": text_attacks.leet,
}
METHODS = {"as served": (False, False), "undone": (True, False), "learned against": (False, True), "both": (True, True)}
ASKED = 1_000  # tweets of the part to test on


class Texts:
    """Texts as they are read; those whose vector is known are not computed again."""

    def __init__(self, weights: Mapping[str, Path], known: Mapping[str, np.ndarray]):
        self.weights, self.known = weights, dict(known)

    def read(self, texts: Sequence[str]) -> Read:
        """Return what is read of some texts."""
        new = sorted(set(texts) - set(self.known))
        if new:
            self.known |= dict(zip(new, minilm.shared(self.weights).embed(new), strict=True))
        return reading.read(texts, np.array([self.known[text] for text in texts]))


def disguised(texts: Sequence[str], attacks: Sequence[Attack], seed: int) -> list[str]:
    """Return each text after one of some attacks, which is drawn."""
    random = np.random.default_rng(seed)
    return [attacks[int(random.integers(len(attacks)))](text, random) for text in texts]


def fitted(rows: pd.DataFrame, texts: Texts, undo: bool, against: bool, seed: int) -> tuple[Pair, np.ndarray]:
    """Return a score of two thirds of the units, and the levels of its classes from the others."""
    change = undone if undo else str
    past, held = next(training.folds(rows["unit"].to_numpy(), seed))
    shares, plain = training.shares_of(rows), rows["text"].to_numpy(object)
    known, targets = [change(text) for text in plain[past]], shares[past]
    if against:
        known += [change(text) for text in disguised(plain[past[::3]], list(ATTACKS.values()), seed)]
        targets = np.vstack([targets, shares[past[::3]]])
    score = Pair().fit(texts.read(known), targets)
    votes = score.votes(texts.read([change(text) for text in plain[held]]))
    return score, decisions.best_levels(votes, shares[held].argmax(axis=1))


def measured(seed: int) -> Iterator[Line]:
    """Yield a line per score and attack: macro F1, and the shares that are named hate or offensive."""
    loaded, weights = task.load(settings().data_dir), weights_files.fetch_all(task.WEIGHTS)
    own = loaded["tweets"]["text"].tolist()
    texts = Texts(weights, dict(zip(own, vectors.of(own, weights), strict=True)))
    past, whole = (part["tweets"] for part in task.split(loaded))
    test = whole.sample(ASKED, random_state=seed, ignore_index=True)
    labels, plain = training.shares_of(test).argmax(axis=1), test["text"].tolist()
    tried = {NONE: plain}
    for name, attack in ATTACKS.items():
        copies = disguised(plain, [attack], seed + 1_000)
        tried[name] = [copy if number < 2 else text for copy, text, number in zip(copies, plain, labels, strict=True)]
    before: dict[str, np.ndarray] = {}
    for method, (undo, against) in METHODS.items():
        score, levels = fitted(past, texts, undo, against, seed)
        for name, each in tried.items():
            votes = score.votes(texts.read([undone(text) if undo else text for text in each]))
            guess = decisions.named(votes, levels)
            value = annotators.macro_f1(labels, guess, 3)
            before.setdefault(name, value)
            gain = dict(zip(("more", "more_low", "more_high"), difference(value, before[name]), strict=True))
            yield {
                "attack": name,
                "method": method,
                "macro_f1": float(value.mean()),
                "found": float((guess < 2)[labels < 2].mean()),
                "wrongly": float((guess < 2)[labels == 2].mean()),
            } | gain


def cell(method: str, name: str, scale: float = 1, digits: int = 3) -> Callable[[pd.DataFrame], str]:
    """Return what shows a mean of one score."""
    return lambda rows: f"{scale * rows.loc[rows['method'] == method, name].mean():.{digits}f}"


def more(method: str) -> Callable[[pd.DataFrame], str]:
    """Return what shows how much more macro F1 a score has."""
    return lambda rows: "{:.3f} ({:.3f} to {:.3f})".format(
        *(rows.loc[rows["method"] == method, name].mean() for name in ("more", "more_low", "more_high"))
    )


STUDY = Study(
    measures=[Measure(measured), Measure(pictures.drawn_and_read, [{"kind": kind} for kind in pictures.KINDS])],
    tables=[
        Table(
            {"disguise": "attack"},
            {"macro F1 as served": cell("as served", "macro_f1")}
            | {f"more, {method}": more(method) for method in METHODS if method != "as served"},
            "measured",
        ),
        Table(
            {"what offends and is named so": "attack"},
            {f"{method}, %": cell(method, "found", 100, 1) for method in METHODS},
            "measured",
        ),
        Table(
            {"what does not offend and is named so": "attack"},
            {f"{method}, %": cell(method, "wrongly", 100, 1) for method in METHODS},
            "measured",
            lambda lines: lines[lines["attack"] == NONE],
        ),
        pictures.TABLE,
    ],
    seeds=1,
)

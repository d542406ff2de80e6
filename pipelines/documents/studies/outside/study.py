"""Is a text of none of the newsgroups found, and are the probabilities of the others right?

`choice` looks for the score that finds most: four newsgroups at a time are left out of the messages to train on.
`texts` asks for texts from elsewhere, which chose nothing, and `calibration` for the messages that test.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np
import pandas as pd
from scipy.special import softmax

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from capstan.study.protocol import Show
from data_sets import plays, scifact, sms, squad, wikitext2
from models.metrics import classes
from models.text.topic_svc import FLAGGED, FOLDS, TopicSVC, begins, calibrated
from models.text.topic_tree import Tree
from pipelines.documents import task, training

SURE = 0.9
MOST = 1_000  # texts of another source
WORDS = 50  # of a paragraph or a speech, at least


@cache
def parts() -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """Return the tables to learn from, and those to test on."""
    return task.split(task.load(settings().data_dir))


@cache
def messages() -> tuple[list[str], np.ndarray, list[str], np.ndarray]:
    """Return the texts and the newsgroups to learn from, and those to test on."""
    (known, names), (asked, true) = (training.topics(part["messages"]) for part in parts())
    return known, np.array(names), asked, np.array(true)


@cache
def served() -> TopicSVC:
    """Return the classifier of groups that is served."""
    texts, groups, _, _ = messages()
    return TopicSVC().fit(texts, groups.tolist())


def choice(seed: int) -> Iterator[Line]:
    """Yield what share of the messages of four unknown newsgroups each score flags, where it flags 5 % of others."""
    texts, groups, _, _ = messages()
    names = np.unique(groups)
    left_out = names[np.random.default_rng(0).permutation(len(names)) % FOLDS == seed]
    unknown = np.isin(groups, left_out)
    units = begins(texts)
    held = np.random.default_rng(seed).permutation(units.max() + 1)[units] % FOLDS == 0
    learned, asked = ~unknown & ~held, unknown | held
    svc = TopicSVC().fit(np.array(texts, object)[learned].tolist(), groups[learned].tolist())
    counts = svc.counts(np.array(texts, object)[asked].tolist())
    values = svc.values(counts)
    first, second = -np.sort(-values, axis=1)[:, :2].T
    known = svc.tfidf.transform(svc.counts(np.array(texts, object)[learned].tolist()))
    rows = svc.tfidf.transform(counts)
    nearest = [
        (rows[start : start + 500] @ known.T).max(axis=1).toarray().ravel() for start in range(0, rows.shape[0], 500)
    ]
    scores = {
        "greatest decision value, served": first,
        "greatest probability": calibrated(values, svc.calibration).max(axis=1),
        "greatest less the second value": first - second,
        "cosine to the nearest message": np.concatenate(nearest),
    }
    away = unknown[asked]
    for name, score in scores.items():
        yield {"score": name, "flagged": float((score[away] < np.quantile(score[~away], FLAGGED)).mean())}


def texts() -> Iterator[Line]:
    """Yield what share of the texts of each source is of none of the newsgroups, and which group the others get."""
    svc = served()
    for source, asked in sources().items():
        outside, probabilities = svc.outside(asked), svc.probabilities(asked)
        inside = [svc.names[index] for index in probabilities[~outside].argmax(axis=1)]
        often = max(set(inside), key=inside.count)
        sure = (probabilities.max(axis=1) >= SURE) & ~outside
        yield {
            "source": source, "texts": len(asked), "flagged": float(outside.mean()), "sure": float(sure.mean()),
            "often": often, "share": inside.count(often) / len(asked),
        }  # fmt: skip


def sources() -> dict[str, list[str]]:
    """Return the messages that test, and texts from elsewhere."""
    data_dir, test = settings().data_dir, parts()[1]
    of_plays = plays.table(data_dir).query("newsgroup == @plays.PLAYS")["text"]
    found = {
        "abstracts of machine learning, SciTLDR": test["papers"]["sentences"].tolist(),
        "abstracts of medicine, SciFact": scifact.load(data_dir).whole(),
        "paragraphs of Wikipedia, SQuAD": squad.load(data_dir).paragraphs,
        "paragraphs of Wikipedia, WikiText-2": long(wikitext2.lines(data_dir)),
        "speeches of Shakespeare": long("".join(of_plays).split("\n\n")),
        "text messages, SMS Spam": sms.messages(sms.find(data_dir))["text"].tolist(),
        "posts, WNUT-17": test["sentences"]["tokens"].tolist(),
    }
    return {"messages of the newsgroups": messages()[2]} | {name: some[:MOST] for name, some in found.items()}


def long(paragraphs: Iterable[str]) -> list[str]:
    """Return the paragraphs of at least WORDS words."""
    return [text for text in paragraphs if len(text.split()) >= WORDS]


def calibration() -> Iterator[Line]:
    """Yield how right the probabilities of each method are on the messages that test."""
    known, groups, asked, true = messages()
    before, svc = training.baseline_classifier().fit(known, groups.tolist()), served()
    values = svc.values(svc.counts(asked))
    yield line("logistic regression, served before", before, before.probabilities(asked), true)
    yield line("linear SVC, softmax of its values", svc, softmax(slope() * values, axis=1), true)
    yield line("linear SVC, served", svc, svc.probabilities(asked), true)


def slope() -> float:
    """Return the factor of the values, by the log loss on messages that were not learned from."""
    from scipy.optimize import minimize_scalar

    known, groups, _, _ = messages()
    svc = TopicSVC()
    names, numbers = np.unique(groups, return_inverse=True)
    svc.names = names.tolist()
    unseen, rows = svc.unseen(svc.counts(known), numbers, begins(known)), np.arange(len(known))
    return float(
        minimize_scalar(lambda factor: -np.log(softmax(factor * unseen, axis=1)[rows, numbers]).mean(), (1.0, 10.0)).x
    )


def line(method: str, model: TopicSVC | Tree, probabilities: np.ndarray, true: np.ndarray) -> Line:
    """Return how right some probabilities are."""
    numbers, greatest = np.array([model.names.index(name) for name in true]), probabilities.max(axis=1)
    sure, right = greatest >= SURE, probabilities.argmax(axis=1) == numbers
    shares = {"sure": sure.mean(), "expected": greatest[sure].mean(), "right": right[sure].mean()}
    return {"method": method} | classes.score(numbers, probabilities) | {name: float(x) for name, x in shares.items()}


def mean(name: str, form: str = ".3f") -> Show:
    """Return what shows a field."""
    return lambda rows: format(rows[name].mean(), form)


STUDY = Study(
    measures=[Measure(choice), Measure(texts, seeds=0), Measure(calibration, seeds=0)],
    tables=[
        Table({"probabilities": "method"}, {
            "accuracy": mean("accuracy"), "log loss": mean("log_loss"), "calibration error": mean("calibration_error"),
            "share with 0.9 and more": mean("sure"), "their mean probability": mean("expected"),
            "of these right": mean("right"),
        }, "calibration"),
        Table({"texts": "source"}, {
            "texts": mean("texts", ".0f"), "none of these": mean("flagged"),
            "a newsgroup with 0.9 and more": mean("sure"),
            "most frequent newsgroup": lambda rows: f"{rows['often'].iloc[0]} ({rows['share'].iloc[0]:.2f})",
        }, "texts"),
        Table({"score": "score"}, {
            "unknown newsgroups flagged, where 5 % of the known ones are": mean("flagged"),
            "least": lambda rows: f"{rows['flagged'].min():.3f}",
            "most": lambda rows: f"{rows['flagged'].max():.3f}",
        }, "choice"),
    ],
    seeds=FOLDS,
)  # fmt: skip

"""A prediction with a field of every kind that the page shows."""

import base64
from json import dumps

from pydantic import BaseModel, ConfigDict, Field, create_model

from capstan.contract.bounds import at_least
from capstan.contract.evaluation import Evaluation
from tests.small_capstones.models import Answers

Actual = str  # what helped
TITLE = "What can a page show?"
THRESHOLDS = {"score": at_least(0.0)}
PNG = {"contentMediaType": "image/png", "contentEncoding": "base64"}
BLACK = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAAAAACcgYFdAAAAC0lEQVR4nGNggAIAAAkAAftSuKkAAAAASUVORK5CYII="  # 2 x 3 pixels


class Place(BaseModel):
    """One place of a ranking."""

    item: str
    score: float
    because: list[str] = []


class Paper(BaseModel):
    """A place that opens."""

    item: str
    score: float
    key: str
    snippet: str
    marks: list[list[int]]


class Facet(BaseModel):
    """How many have a value of a field of the request."""

    facet: str
    value: str
    count: int


class Quote(BaseModel):
    """A sentence from somewhere else."""

    text: str
    source: str
    sentence: int
    chance: float


class Reason(BaseModel):
    """One record of a list."""

    field: str
    effect_now: float | None


class Token(BaseModel):
    """A token and its log probability."""

    token: str
    logprob: float
    top_logprobs: list["Token"] = []
    attention: list[list[dict[str, float]]] = []


class Effect(BaseModel):
    """A part of a text, and what it adds."""

    part: str
    effect: float


class Words(BaseModel):
    """Nothing of interest."""

    model_config = ConfigDict(extra="forbid")

    words: list[str] = Field(title="Words", examples=[["a", "b"]])
    sketch: str | None = Field(None, title="Sketch", json_schema_extra=PNG)
    note: str = Field("", title="Note", json_schema_extra={"contentMediaType": "text/plain"})


MARKS = [f"mark_{number}" for number in range(16)]  # fields enough that the page folds the last ones
Request = create_model("Request", __base__=Words, **{name: (float | None, Field(None, title=name)) for name in MARKS})


class Prediction(BaseModel):
    """One of each."""

    picture: str = Field(title="Picture", json_schema_extra=PNG)
    broken: str = Field(title="Broken", json_schema_extra=PNG)
    share: float = Field(title="Share", ge=0, le=1)
    mass: float = Field(title="Mass", json_schema_extra={"unit": "kg"})
    count: int = Field(title="Count")
    ready: bool = Field(title="Ready")
    label: str = Field(title="Label")
    nothing: float | None = Field(title="Nothing")
    classes: dict[str, float] = Field(title="Classes", json_schema_extra={"display": "classes"})
    step: list[list[float]] = Field(
        title="Step", json_schema_extra={"display": "quantiles", "levels": [0.9, 0.1], "unit": "m"}
    )
    curve: list[float] = Field(title="Curve")
    lists: list[list[float]] = Field(title="Lists")
    seed: int = Field(title="Seed", json_schema_extra={"display": "identifier"})
    trend: list[list[float]] = Field(title="Trend", json_schema_extra={"display": "curve", "x": "Hours", "unit": "kg"})
    banded: list[list[float]] = Field(title="Banded", json_schema_extra={"display": "curve"})
    places: list[Place] = Field(title="Places", json_schema_extra={"display": "ranking"})
    papers: list[Paper] = Field(
        title="Papers", json_schema_extra={"display": "ranking", "opens": "snippet", "label": "key"}
    )
    facets: list[Facet] = Field(title="Facets", json_schema_extra={"display": "facets"})
    quotes: list[Quote] = Field(title="Quotes", json_schema_extra={"display": "quotes"})
    reasons: list[Reason] = Field(title="Reasons")
    tokens: list[Token] = Field(title="Tokens", json_schema_extra={"display": "tokens"})
    effects: list[Effect] = Field(title="Effects", json_schema_extra={"display": "effects", "unit": "kg"})
    found: list[Effect] = Field(title="Found", json_schema_extra={"display": "effects", "unit": "sure"})
    names: list[str] = Field(title="Names")
    empty: list[str] = Field(title="Empty")


ROW = {
    "picture": BLACK,
    "broken": base64.b64encode(b"no image").decode(),
    "share": 0.25,
    "mass": -1234567.875,
    "count": 1_234_567,
    "ready": True,
    "label": "<b>bold</b>",
    "nothing": None,
    "classes": {f"class {i}": i / 100 for i in range(12)},
    "step": [[3.0, 1.0]],
    "curve": [0.9667512345, -2000.5, 3.0],
    "lists": [[1.0], [2.0, 3.0]],
    "seed": 1_234_567,
    "trend": [[0.0, 1.0], [100.0, 3.0], [1.0, -2.0]],
    "banded": [[0.0, 1.0, 0.5, 2.0], [1.0, 3.0, 2.5, 4.0]],
    "places": [{"item": "late", "score": -2.0}, {"item": "early", "score": 3.5, "because": ["a", "<b>"]}],
    "papers": [{"item": "A paper", "score": 1.0, "key": "k1", "snippet": "\U0001f9ec <b>of", "marks": [[2, 5]]}],
    "facets": [{"facet": "note", "value": "short", "count": 7}, {"facet": "note", "value": "long", "count": 2}],
    "quotes": [{"text": "So it <i>is</i>.", "source": "1. A paper", "sentence": 4, "chance": 0.256}],
    "reasons": [{"field": "<b>age</b>", "effect_now": -0.123456}, {"field": "term", "effect_now": None}],
    "tokens": [
        {"token": "To", "logprob": -0.1, "top_logprobs": [{"token": "To", "logprob": -0.1}]},
        {"token": " ", "logprob": -1.2, "top_logprobs": [{"token": "<b>", "logprob": -0.7}]},
        {
            "token": "be\n",
            "logprob": -3.0,
            "attention": [[{"back": 2, "share": 0.7}], [{"back": 1, "share": 0.5}, {"back": 9, "share": 0.25}]],
        },
        {"token": "!", "logprob": -7.0},
    ],
    "effects": [{"part": "<b>so ", "effect": 2.0}, {"part": "it ", "effect": -0.6}, {"part": "is", "effect": 0.01}],
    "found": [{"part": "Anna ", "effect": 0.9}, {"part": "writes", "effect": 0.0}],
    "names": ["<i>a</i>", "b"],
    "empty": [],
}


def predict(columns) -> dict:
    """Return the same for each row; the label says whether there was a sketch, and the note in JSON."""
    rows = zip(columns["words"], columns["sketch"], columns["note"], strict=True)
    labels = [
        f"{ROW['label']} {len(words)} {'sketch' if sketch else 'none'}{dumps(note) if note else ''}"
        for words, sketch, note in rows
    ]
    return {name: [value] * len(labels) for name, value in ROW.items()} | {"label": labels}


def train(tables, bias: float = 0.0):
    """Return a model that is as good with any table."""
    inputs = {"words": "string[]", "sketch": "string", "note": "string"} | dict.fromkeys(MARKS, "double")
    return Answers(inputs, predict)


def examples(tables):
    """Return a row."""
    return [{"words": ["a", "b"]}]


def load(data_dir):
    return {}


def split(tables):
    return tables, tables


def evaluate(model, tables):
    return Evaluation({"score": 1.0})

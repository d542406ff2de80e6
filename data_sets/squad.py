"""SQuAD 1.1 dev: paragraphs of Wikipedia, and questions that people asked while they read one of them.

Source: Rajpurkar et al., "SQuAD: 100,000+ questions for machine comprehension of text" (2016), CC BY-SA 4.0.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from capstan.inputs import downloads

URL = "https://rajpurkar.github.io/SQuAD-explorer/dataset/dev-v1.1.json"
PACKED, FILE = "squad/dev-v1.1.json.gz", "squad/dev-v1.1.json"


@dataclass(frozen=True)
class Squad:
    """Paragraphs by their number, and each question with the number of its paragraph and of its article.

    answers: what people said to each question: where each answer begins in the paragraph, and the answer.
    """

    titles: list[str]
    paragraphs: list[str]
    questions: list[str]
    paragraph: np.ndarray
    article: np.ndarray
    answers: list[list[tuple[int, str]]]


def load(data_dir: Path | None) -> Squad:
    """Return all of it."""
    (path,) = files(data_dir).values()
    content = path.read_bytes()
    articles = json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)["data"]
    titles: list[str] = []
    paragraphs: list[str] = []
    questions: list[str] = []
    places, of, answers = [], [], []
    for number, article in enumerate(articles):
        for paragraph in article["paragraphs"]:
            for asked in paragraph["qas"]:
                questions.append(asked["question"])
                places.append(len(paragraphs))
                of.append(number)
                answers.append([(answer["answer_start"], answer["text"]) for answer in asked["answers"]])
            titles.append(article["title"].replace("_", " "))
            paragraphs.append(paragraph["context"])
    return Squad(titles, paragraphs, questions, np.array(places), np.array(of), answers)


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the path of the file that `load` reads, by its name."""
    path = downloads.find(PACKED, data_dir) or downloads.find(FILE, data_dir) or downloads.fetch(URL, FILE)
    return {"squad": path}

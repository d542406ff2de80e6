"""What monitoring notices: changes that are planted alarm, harmless ones do not."""

import pandas as pd
import pytest

from pipelines.documents import task
from pipelines.documents.model import NONE
from tests.support import watched
from tests.support.data import DATA_DIR

WORDS = 16  # of a message: names take 0.1 s of a core for a whole one
KNOWN, ROWS = 850, 250  # of the reference, which needs many, and of what is watched


def beginnings(rows: pd.DataFrame) -> pd.DataFrame:
    """Return messages of all newsgroups, cut off, as sentences of eight words."""
    texts = [text.split()[:WORDS] for text in rows["text"]]
    sentences = [
        " ".join(" ".join(text[start : start + 8]).capitalize() + "." for start in range(0, WORDS, 8)) for text in texts
    ]
    return rows.assign(text=sentences)


def signals(served, rows: pd.DataFrame) -> pd.DataFrame:
    return task.signals(served, {"messages": rows})


@pytest.fixture(scope="module")
def messages() -> pd.DataFrame:
    """Messages that test, of all data: the small run has too few for a reference."""
    test = task.split(task.load(DATA_DIR))[1]["messages"]
    return beginnings(test.sample(KNOWN + ROWS, random_state=0, ignore_index=True))


@pytest.fixture(scope="module")
def reference(messages, served):
    return signals(served, messages[:KNOWN])


@pytest.fixture(scope="module")
def alarms(reference, served):
    return lambda rows: watched.alarms("documents", reference, signals(served, rows))


def test_other_messages_are_harmless(messages, alarms):
    assert alarms(messages[KNOWN:]) == set()


def test_a_folder_of_one_subject_alarms(reference):
    sport = reference[reference["group"].str.startswith("rec.sport")]
    live = pd.concat([sport] * 6, ignore_index=True).head(300)
    assert ("drift", "group") in watched.alarms("documents", reference, live)


def test_texts_of_no_newsgroup_alarm(parts, reference, served):
    """Posts of the web, most of which are of none of the newsgroups."""
    posts = parts[0]["sentences"].assign(text=lambda rows: rows["tokens"], group=NONE).head(ROWS)
    live = signals(served, posts)
    assert (live["group"] == NONE).mean() > 3 * (reference["group"] == NONE).mean()
    assert ("drift", "group") in watched.alarms("documents", reference, live)


@pytest.mark.rotating
def test_a_scan_without_capitals_or_signs_alarms(messages, alarms):
    """As where OCR reads no signs: there is one sentence, which is the summary."""
    plain = messages[:ROWS].assign(text=messages["text"].str.lower().str.replace(".", "", regex=False))
    assert ("drift", "summary_words") in alarms(plain)


@pytest.mark.rotating
def test_letters_with_names_alarm(messages, alarms):
    """As where a firm sends its letters in the place of articles."""
    signed = messages[:ROWS]["text"] + " Barack Obama met Justin Bieber in New York."
    assert ("drift", "names") in alarms(messages[:ROWS].assign(text=signed))


@pytest.mark.rotating
def test_tables_read_as_text_alarm(messages, alarms):
    """As where a parser returns the numbers of tables in the place of sentences."""
    numbers = messages["text"].str.replace(r"\b(\w{2})\w+", r"\1 12.5", regex=True)
    assert ("drift", "letters") in alarms(messages[:ROWS].assign(text=numbers))

"""What monitoring notices: changes that are planted alarm, a harmless one does not."""

import codecs

import numpy as np
import pandas as pd
import pytest

from pipelines.language_model import task, training, watching
from tests.support import watched
from tests.support.data import DATA_DIR
from tests.support.plays import as_lines

HALF = 300  # speeches
CODE = "def f(x):\n    return [i ** 2 for i in range(x) if i % 2]\n\n"
FRENCH = (
    "Le roi:\nMes amis, que me voulez-vous ? La nuit est longue, et la route est encore loin.",
    "La reine:\nJe ne sais pas, mon seigneur, ce que le messager nous apporte ce soir.",
    "Un soldat:\nQui va l\u00e0 ? Parlez, ou je tire mon \u00e9p\u00e9e contre vous et les v\u00f4tres !",
    "Le duc:\nHier, nous avions encore un royaume. Aujourd'hui nous avons des larmes.",
)


@pytest.fixture(scope="module")
def parts():
    return task.split(task.load(DATA_DIR))


@pytest.fixture(scope="module")
def model(parts):
    text = as_lines(watching.to_bytes(parts[0]["lines"])[:300_000])["lines"]
    return training.train(text, training.shape(width=32, layers=1, buckets=2**10), training.Plan(rounds=1))


@pytest.fixture(scope="module")
def prompts(parts):
    """Speeches of the test text, in two halves at random."""
    text = watching.to_bytes(parts[1]["lines"]).tobytes().decode()
    speeches = np.random.default_rng(0).permutation([speech for speech in text.split("\n\n") if speech.strip()])
    return [str(speech) for speech in speeches[:HALF]], [str(speech) for speech in speeches[HALF : 2 * HALF]]


@pytest.fixture(scope="module")
def alarms(model, prompts):
    """Return a function: which (check, signal) alarm for these prompts and texts, compared with the first half."""
    usual = prompts[0]  # what people wrote, which takes no time to make

    def signals(asked, texts):
        return task.live_signals(pd.DataFrame({"prompt": asked}), pd.DataFrame({"text": texts}), model)

    reference = signals(prompts[0], usual)
    return lambda asked, texts=usual: watched.alarms("language_model", reference, signals(asked, texts))


def test_other_speeches_are_harmless(alarms, prompts):
    assert alarms(prompts[1], prompts[1]) == set()


def test_code_alarms(alarms, prompts):
    assert {("drift", f"prompt_{name}") for name in ("bits", "symbols", "known_words")} <= alarms([CODE] * HALF)


def test_another_language_alarms_and_has_as_many_symbols(alarms, prompts):
    raised = alarms([FRENCH[number % len(FRENCH)] for number in range(HALF)])
    assert {("drift", "prompt_bits"), ("drift", "prompt_known_words"), ("drift", "prompt_embedding_0")} <= raised


@pytest.mark.rotating
def test_another_spelling_is_strange_to_the_model_and_has_as_many_letters(alarms, prompts):
    raised = alarms([codecs.encode(speech, "rot13") for speech in prompts[1]])
    assert ("drift", "prompt_bits") in raised and ("drift", "prompt_symbols") not in raised


@pytest.mark.rotating
def test_first_words_alone_are_short(alarms, prompts):
    assert ("drift", "prompt_length") in alarms([speech[:12] for speech in prompts[1]])


def test_texts_that_go_round_in_circles_alarm(alarms, prompts):
    raised = alarms(prompts[1], ["the king of the king of the king of the king of the "] * HALF)
    assert raised == {("drift", "text_repetition"), ("counts", "text_repetition")}

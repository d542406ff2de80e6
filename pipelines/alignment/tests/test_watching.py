"""What monitoring notices: a wave of jailbreaks, refusals, another language; not other ordinary prompts."""

import numpy as np
import pandas as pd
import pytest

from models.text.refusals import refuses
from pipelines.alignment import data, watching
from pipelines.alignment.data import HARMFUL, REFUSALS
from tests.support import watched
from tests.support.data import DATA_DIR


@pytest.fixture(scope="module")
def prompts():
    return data.table(DATA_DIR, data.Mix(checkable=240))


@pytest.fixture(scope="module")
def ordinary(prompts):
    """Ordinary prompts with the answers of people, in a random order."""
    rows = prompts[(prompts["kind"] != HARMFUL) & (prompts["answer"] != "")].sample(frac=1, random_state=0)
    return watching.of_texts([*rows["prompt"]], [*rows["answer"]])


def test_other_ordinary_prompts_are_harmless(ordinary):
    assert watched.alarms("alignment", ordinary[:300], ordinary[300:]) == set()


def test_a_wave_of_jailbreaks_alarms(ordinary, prompts):
    """Three of ten requests, whatever is answered."""
    wave = [*prompts.loc[prompts["source"] == "in_the_wild_jailbreak", "prompt"]][:60]
    live = watching.of_texts(wave, ["Of course, here it is, as you like it."] * len(wave))
    mixed = pd.concat([ordinary[300:440], live]).sample(frac=1, random_state=0, ignore_index=True)
    assert "prompt_length" in {signal for _, signal in watched.alarms("alignment", ordinary[:300], mixed)}


def test_more_refusals_alarm(ordinary):
    live = ordinary[300:].sample(frac=1, random_state=0, ignore_index=True)
    live["refused"] = np.arange(len(live)) % 4 == 0
    assert ("drift", "refused") in watched.alarms("alignment", ordinary[:300], live)


def test_answers_that_repeat_themselves_alarm(ordinary):
    live = ordinary[300:].sample(frac=1, random_state=0, ignore_index=True)
    live.loc[::2, "answer_repetition"] = watching.repetition("and so on " * 10)
    assert ("drift", "answer_repetition") in watched.alarms("alignment", ordinary[:300], live)


def test_how_long_an_answer_may_be_changes_nothing():
    answer = (
        "Bread is made of flour, water, salt and yeast, and it is baked in a hot oven for about forty minutes. " * 5
    )
    short = " ".join(answer.split()[:24])
    pd.testing.assert_frame_equal(watching.of_texts(["Why?"], [answer]), watching.of_texts(["Why?"], [short]))


def test_repetition_is_the_share_of_runs_that_came_before():
    assert watching.repetition("a b c d e") == 0 and watching.repetition("a b c a b c") == 1 / 4
    assert watching.repetition("a b") == 0


def test_refusals_that_are_learned_are_found_by_the_rule():
    assert all(refuses(text) for text in REFUSALS) and len(data.REFUSALS) == 4

"""How adapters learn from answers and pairs of them, and go on after they were killed."""

import signal
import subprocess
import sys

import pandas as pd
import pytest
import torch

from models.transformer import adapters
from models.transformer.decoder import Decoder, Shape
from models.tuning.answers import Example
from pipelines.alignment import kept_answers, training
from pipelines.alignment.data import COLUMNS, FEEDBACK, HARMFUL, HARMLESS, REFUSALS
from pipelines.alignment.model import ADAPTED
from pipelines.alignment.training import Plan

EXAMPLES = [Example((1, 2, number % 10, 3, 4, number % 7), 3) for number in range(40)]
PAIRS = [(each, Example((*each.tokens[:3], 9, 9), 3)) for each in EXAMPLES]
PLAN = Plan(epochs=2, rate=0.01)
KILLED = """
import os, signal
from models.learning import checkpoints
from pipelines.alignment.tests.test_training import learned

write, count = checkpoints.write, [0]

def write_and_die(key, state):
    write(key, state)
    count[0] += 1
    if count[0] == 11:
        os.kill(os.getpid(), signal.SIGKILL)

checkpoints.write = write_and_die
learned()
"""


def learned() -> tuple[dict[str, torch.Tensor], list]:
    """Return what a small decoder has learned of examples and pairs, and what it cost in this process."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    decoder = Decoder(Shape(vocabulary=12, width=16, layers=1, heads=2, context=16))
    chosen = adapters.adapt(decoder, ADAPTED, 1, 2, 4.0)
    stages = (
        training.learn_answers(decoder, chosen, EXAMPLES, PLAN),
        training.learn_preferences(decoder, chosen, PAIRS, PLAN),
    )
    return adapters.weights(decoder, 1), [line for stage in stages for line in stage.history]


def test_training_that_was_killed_ends_with_the_same_weights(home):
    whole, history = learned()
    assert len(history) == 2 * PLAN.epochs * training.PARTS
    assert history[0]["loss_answers"] > history[7]["loss_answers"]
    assert history[8]["loss_preferences"] > history[-1]["loss_preferences"]
    for file in (home / "checkpoints").iterdir():
        file.unlink()
    killed = subprocess.run([sys.executable, "-c", KILLED], timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL
    again, rest = learned()
    assert len(rest) == len(history) - 11, "eight parts of the answers and three of the preferences were kept"
    assert all(torch.equal(whole[name], again[name]) for name in whole)


class Base:
    """Answers each prompt with what is written down for it."""

    def __init__(self, folder, answers):
        self.made_of, self.written = [folder / "base"], answers
        self.made_of[0].write_text("base")

    def answers(self, prompts, tokens):
        return [self.written[prompt] for prompt in prompts]


@pytest.fixture
def prompts() -> pd.DataFrame:
    rows = [
        {"kind": HARMLESS, "prompt": "Find a flight."},
        {"kind": HARMLESS, "prompt": "Find a hotel."},
        {"kind": HARMLESS, "prompt": "Name a fruit.", "answer": "An apple."},
        {"kind": HARMFUL, "prompt": "Hurt him.", "answer": REFUSALS[1]},
        {"kind": FEEDBACK, "prompt": "Say hello.", "answer": "Hello.", "worse": "Bye."},
    ]
    return pd.DataFrame(rows, columns=[*COLUMNS]).fillna("")


def test_refusals_of_the_base_are_not_learned_and_are_worse_than_an_answer(home, tmp_path, prompts):
    base = Base(tmp_path, {"Find a flight.": "There is one at ten.", "Find a hotel.": "I'm sorry, I can't do that.",
                           "Hurt him.": "Kick him."})  # fmt: skip
    rows, of_base = training.answered(prompts, base, 1)
    assert [*rows["answer"]] == ["There is one at ten.", "", "An apple.", REFUSALS[1], "Hello."]
    assert [*rows["whole"]] == [False, False, True, True, True], "the base's answers were cut"

    class Told:
        def example(self, prompt, answer, whole=True):
            return Example((0,), 0) if (prompt, answer) in wanted else pytest.fail(f"{prompt} {answer}")

    wanted = {("Hurt him.", REFUSALS[1]), ("Hurt him.", "Kick him."), ("Say hello.", "Hello."), ("Say hello.", "Bye.")}
    wanted |= {("Find a flight.", "There is one at ten."), ("Name a fruit.", "An apple.")}
    wanted |= {(prompt, text) for prompt in ("Find a flight.", "Name a fruit.") for text in REFUSALS}
    assert len(training.preferred(rows, Told(), of_base)) == 3, "as many of each kind, and an edit"


def test_answers_are_generated_once(home, tmp_path):
    base = Base(tmp_path, {"a": "b"})
    assert kept_answers.of(base, ["a"], 3) == ["b"]
    base.written = {"a": "c"}
    assert kept_answers.of(base, ["a"], 3) == ["b"] and kept_answers.of(base, ["a"], 4) == ["c"]

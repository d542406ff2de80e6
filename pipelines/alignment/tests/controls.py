"""What must not become champion: see tests/support/controls.py."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from capstan.inputs import weights_files
from pipelines.alignment import rival, task
from pipelines.alignment.data import HARMFUL, REFUSALS
from pipelines.alignment.model import Assistant
from pipelines.alignment.tests import small
from tests.support.controls import Parts, Tables

WEIGHTS = weights_files.fetch_all(task.WEIGHTS)
SETTINGS = {"weights": WEIGHTS, **small.SETTINGS}
EACH_IN_TURN = True


def fewer(data: Parts) -> Parts:
    """Return the prompts of the small run: a training on all takes minutes."""
    with TemporaryDirectory() as folder:
        small.write(Path(folder))
        return task.split(task.load(Path(folder)))


def answers_of_others(data: Parts) -> Parts:
    """Give each prompt the answer of another one."""
    prompts = data[0]["prompts"]
    order = np.random.default_rng(0).permutation(len(prompts))
    return {"prompts": prompts.assign(answer=prompts["answer"].to_numpy()[order])}, data[1]


def only_refusals(data: Parts) -> Parts:
    """Have every prompt refused."""
    return {"prompts": data[0]["prompts"].assign(answer=REFUSALS[0])}, data[1]


def nothing_harmful(data: Parts) -> Parts:
    """Leave out what is to be refused."""
    prompts = data[0]["prompts"]
    return {"prompts": prompts[prompts["kind"] != HARMFUL].reset_index(drop=True)}, data[1]


def few(data: Parts) -> Parts:
    """Leave two prompts of each kind."""
    return {"prompts": data[0]["prompts"].groupby("kind").head(2).reset_index(drop=True)}, data[1]


CONTROLS = {
    "answers of other prompts": answers_of_others,
    "only refusals": only_refusals,
    "nothing harmful": nothing_harmful,
    "two prompts of each kind": few,
}


class Filtered(Assistant):
    """The base behind the filter of words, which answers in its place."""

    @property
    def made_of(self):
        """Not what the base alone is made of, whose answers are kept."""
        return [*super().made_of, "filtered"]

    def answers(self, prompts, tokens):
        return rival.answers(self.rival, prompts, super().answers(prompts, tokens))


def baseline(past: Tables) -> Assistant:
    """Return the base behind the filter."""
    return Filtered(WEIGHTS["base"], rival=rival.fitted(past["prompts"]))

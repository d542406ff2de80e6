"""What roll-out commands are killed at: each command's state before and after it, and the way out of what it left."""

from capstan.rollout import commands
from capstan.rollout.state import RolloutState
from capstan.rollout.traffic import Traffic

NAME = "wine_cluster"


def roles(state: RolloutState) -> tuple:
    return state.champion, state.challenger, state.candidate, state.traffic, state.previous


CASES = {
    "canary": (lambda v: RolloutState(v[0]), lambda v: RolloutState(v[0], v[1], traffic=Traffic("canary", 50))),
    "shadow": (lambda v: RolloutState(v[0]), lambda v: RolloutState(v[0], v[1], traffic=Traffic("shadow"))),
    "promote": (
        lambda v: RolloutState(v[0], v[1], traffic=Traffic("canary", 50)),
        lambda v: RolloutState(v[1], previous=v[0]),
    ),
    "rollback": (lambda v: RolloutState(v[1], previous=v[0]), lambda v: RolloutState(v[0])),
    "deploy": (lambda v: RolloutState(v[0]), lambda v: RolloutState(v[1], previous=v[0])),
}


def way_out(state: RolloutState, three: list[str]) -> None:
    """Leave the state that a command left when it was killed, by the command that fits it."""
    if state.challenger:
        assert commands.promote(NAME).champion == state.challenger
    elif state.previous or state.candidate:
        assert commands.rollback(NAME).champion == (state.champion if state.candidate else state.previous)
    else:
        assert commands.split(NAME, Traffic("canary", 10), three[2]) == three[2]


def arguments(command: str, three: list[str], test_tables: str, folder: str) -> list[str]:
    if command == "deploy":
        return ["deploy", NAME, three[1], test_tables, f"{folder}/report.md"]
    more = {"canary": ["--percent", "50", "--version", three[1]], "shadow": ["--version", three[1]]}
    return [command, NAME, *more.get(command, [])]

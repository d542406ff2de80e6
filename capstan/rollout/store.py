"""The state of a roll-out is stored in the tag `rollout` of the registered model. Only this module writes it.

The aliases `champion` and `challenger` are a copy for users of MLflow. Capstan does not read them.
"""

from contextlib import suppress

from capstan.errors import CapstanError
from capstan.rollout.state import RolloutState
from capstan.versions import registry

TAG = "rollout"
COPIED = ("champion", "challenger")


def read(name: str) -> RolloutState:
    """Return the state of a capstone's roll-out. Before the first deployment it is empty."""
    text = registry.model_tags(name).get(TAG)
    return RolloutState.from_json(text) if text else RolloutState()


def read_all() -> dict[str, RolloutState]:
    """Return the state of every roll-out, by the capstone's name, in one request."""
    by_model = registry.all_model_tags()
    return {name: RolloutState.from_json(tags[TAG]) for name, tags in by_model.items() if TAG in tags}


def readable() -> dict[str, RolloutState]:
    """Return the state of every roll-out but those that cannot be read, by the capstone's name, in one request."""
    states = {}
    for name, tags in registry.all_model_tags().items():
        with suppress(CapstanError):  # loading it reports what is wrong
            states[name] = RolloutState.from_json(tags[TAG]) if TAG in tags else RolloutState()
    return states


def deployed() -> set[str]:
    """Return the capstones with a version in a role, in one request. A state that cannot be read counts as one."""
    return {name for name, tags in registry.all_model_tags().items() if TAG in tags and _has_version(tags[TAG])}


def _has_version(text: str) -> bool:
    try:
        return bool(RolloutState.from_json(text).versions())
    except CapstanError:
        return True  # loading it reports what is wrong


def write_state(name: str, state: RolloutState) -> None:
    """Replace the state, in one write."""
    registry.set_model_tag(name, TAG, state.to_json())


def copy_to_aliases(name: str, state: RolloutState) -> None:
    """Point MLflow's aliases to the state's versions."""
    for alias in COPIED:
        version = getattr(state, alias)
        if version:
            registry.set_alias(name, alias, version)
        else:
            registry.delete_alias(name, alias)

"""Where the state of a roll-out is kept: the tag `rollout` of the registered model. Only this module writes it.

The aliases `champion` and `challenger` are a copy for people who use MLflow. Nothing in Capstan reads them.
"""

from capstan import registry
from capstan.rollout.state import RolloutState

TAG = "rollout"
COPIED = ("champion", "challenger")


def read(name: str) -> RolloutState:
    """Return the state of a capstone's roll-out; an empty one before the first deployment."""
    text = registry.model_tags(name).get(TAG)
    return RolloutState.from_json(text) if text else RolloutState()


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

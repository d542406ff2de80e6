"""`capstan retire`: a retired version never serves again; a retired capstone serves again after its next run.

Each can be interrupted and repeated. A version has one write. A capstone loses its champion first: an endpoint that
starts then serves nothing, and what is left is taken down by the next `retire`.
"""

from datetime import UTC, datetime

from capstan.errors import CapstanError
from capstan.profile import profile
from capstan.rollout import store
from capstan.rollout.change import changing, stamped, user
from capstan.rollout.commands import require_no_rollout
from capstan.rollout.state import RolloutState
from capstan.versions import registry
from predictions.retention.clean import known


def retire_version(name: str, number: str) -> None:
    """Mark a version, so that nothing gives it a role again. Raises CapstanError when it has one, or is not there."""
    known(name)
    with changing(name) as state:
        known_version = registry.known_version(name, number)
        for role, version in state.versions().items():
            if version == number:
                raise CapstanError(f"Version {number} of {name} is the {role}: {_way_out(name, role)} first.")
        if not known_version.retired:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            registry.set_tag(name, number, registry.RETIRED, f"{now} by {user()}")


def retire_capstone(name: str) -> list[str]:
    """Stop serving a capstone; versions, reports and predictions stay. Return what was taken down, in words.

    Raises CapstanError while its pipeline runs or its roll-out is under way, and when nothing was there.
    """
    known(name)
    with profile().no_run(name), changing(name) as state:
        require_no_rollout(name, state)
        removed = [f"version {state.champion}, the champion"] if state.champion else []
        removed += profile().serving(name)  # before its champion goes: an endpoint may notice that by itself
        if state.versions() or state.previous:
            store.write_state(name, stamped(RolloutState(), "capstan retire"))
        store.copy_to_aliases(name, RolloutState())
        removed += profile().retire(name)
    if not removed:
        raise CapstanError(f"{name} is not deployed, so there is nothing to retire.")
    return removed


def _way_out(name: str, role: str) -> str:
    if role == "champion":
        return f"make another one the champion with `capstan run {name}` or `capstan rollback {name}`"
    return f"end its roll-out with `capstan rollback {name}`"

"""The state of a roll-out: one value that names every version with a role, and how requests are shared."""

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from capstan.errors import CapstanError
from capstan.rollout.traffic import Traffic

ROLES = ("champion", "challenger", "candidate")
DECIDED_ON = (*ROLES, "previous", "since")
LONGEST_REASON = 1000  # characters


@dataclass(frozen=True)
class RolloutState:
    """The version of each role; "" is none.

    The champion answers requests. The challenger answers the share that `traffic` gives it. The candidate
    answers only requests that ask for it by name, as the deployment does. `previous` is the champion that a rollback
    brings back. `since` is the time of the last change, ISO 8601 in UTC, `by` the command that made it and who ran it,
    and `reason` why. `salt` is a secret that decides where keys go; it stays as long as the challenger does.
    """

    champion: str = ""
    challenger: str = ""
    candidate: str = ""
    previous: str = ""
    traffic: Traffic = field(default_factory=Traffic)
    since: str = ""
    by: str = ""
    reason: str = ""
    salt: str = field(default="", repr=False, compare=False)

    def versions(self) -> dict[str, str]:
        """Return the version of each role that is filled."""
        return {role: getattr(self, role) for role in ROLES if getattr(self, role)}

    def decided_on(self) -> dict[str, str]:
        """Return what identifies this state to a decision about it: its versions and the time of its last change."""
        return {name: getattr(self, name) for name in DECIDED_ON}

    def shown(self) -> dict[str, Any]:
        """Return what people may see of this state: all but its secret."""
        return {name: value for name, value in asdict(self).items() if name != "salt"}

    def author(self) -> tuple[str, str]:
        """Return the command that made the last change, and who ran it."""
        command, _, who = self.by.removesuffix(")").partition(" (")
        return command, who

    def to_json(self) -> str:
        """Return the text that the registry stores."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "RolloutState":
        """Return the state from its text in the registry. Raises CapstanError when it cannot be read."""
        try:
            values: dict[str, Any] = dict(json.loads(text).items())
            known = {key: values[key] for key in (f.name for f in fields(cls)) if key in values}
            return cls(**known | {"traffic": Traffic(**known.get("traffic", {}))})
        except (ValueError, TypeError, AttributeError, CapstanError) as error:
            raise CapstanError(
                f"The registry's roll-out state cannot be read ({error}): {text[:200]!r}. Correct the tag `rollout` of "
                "the registered model in MLflow, or remove it and deploy again with `capstan run`."
            ) from error

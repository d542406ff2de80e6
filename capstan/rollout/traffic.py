"""How requests are split between the champion and the challenger."""

import hashlib
from dataclasses import dataclass

from capstan.errors import CapstanError

MODES = {
    "champion": "the champion answers all",
    "canary": "the challenger answers a share, to be promoted or rolled back",
    "ab": "the challenger answers a share, to be compared",
    "shadow": "the champion answers all, the challenger predicts them too",
}


@dataclass(frozen=True)
class Traffic:
    """A mode and, for a canary or an A/B test, the percent that the challenger answers, of keys or of draws."""

    mode: str = "champion"
    percent: float = 0.0

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise CapstanError(f"{self.mode!r} is not a way to share traffic. There are: {', '.join(MODES)}.")
        if not 0 <= self.percent <= 100:
            raise CapstanError(f"{self.percent:g} % is not a share: give 0 to 100.")

    @property
    def shared(self) -> bool:
        """Whether both variants answer requests."""
        return self.mode in ("canary", "ab")

    def variant(self, key: str, salt: str = "") -> str:
        """Return the role that answers a key. It is stable: the challenger keeps its keys as its share grows.

        salt: of the roll-out. Without it nobody can compute where a key goes.
        """
        if not self.shared:
            return "champion"
        digest = hashlib.blake2b(key.encode(errors="surrogatepass"), key=salt.encode(), digest_size=4).digest()
        bucket = int.from_bytes(digest) % 10_000
        return "challenger" if bucket < self.percent * 100 else "champion"

    def describe(self) -> str:
        """Return the mode in a few words, such as "canary 10 %"."""
        return f"{self.mode} {self.percent:g} %" if self.shared else self.mode

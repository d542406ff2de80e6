"""The format of the state folder. A folder of another format is refused, and nothing in it changes."""

from pathlib import Path

from capstan.data.files import atomic_write
from capstan.errors import CapstanError
from capstan.settings import settings

FORMAT = "2"
STAMP = "format"
STATE = ("mlflow", "feast", "features", "predictions", "evidently")  # any of them means that there is state


def prepare() -> Path:
    """Return the state folder, stamped with its format. Raises CapstanError when it has another format."""
    home = settings().home
    home.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds what users sent: others of this machine read nothing
    stamp = home / STAMP
    current = stamp.read_text().strip() if stamp.exists() else ""
    if current == FORMAT:
        return home
    if current or any((home / name).exists() for name in STATE):
        raise CapstanError(
            f"{home} was made by {'another' if current else 'an earlier'} version of Capstan, and this version cannot "
            f"read its models. Nothing in it was changed. Stop what runs from it with `capstan down`, move it with "
            f"`mv {home} {home}.old` (or set CAPSTAN_HOME to another folder), and train again with `capstan run`."
        )
    with atomic_write(stamp) as partial:
        partial.write_text(FORMAT + "\n")
    return home

"""The options of `capstan cluster up` that describe a cluster. The state folder keeps them for later commands.

The cluster does not keep them: two are commands, which everybody who may write there could run on this machine.
"""

import json
import shlex
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from capstan.data.files import atomic_write
from capstan.errors import CapstanError
from capstan.settings import ROOT, settings

PLACE = Path("cluster", "options.json")  # in the state folder
OVERLAYS = ROOT / "manifests" / "overlays"


@dataclass(frozen=True)
class Options:
    """Each field is the option of `capstan cluster up` of that name."""

    overlay: str = "kind"  # a name in manifests/overlays, or a folder
    platform_command: str = ""
    image_command: str = ""
    image_digest: bool = False
    s3_iam_endpoint: str = ""

    def __str__(self) -> str:
        """Return what differs from the defaults, as a person would write it."""
        changed = {name: value for name, value in asdict(self).items() if value != getattr(Options, name)}
        words = (
            (f"--{name.replace('_', '-')}", *([] if value is True else [value])) for name, value in changed.items()
        )
        return shlex.join(word for pair in words for word in pair)


def options() -> Options:
    """Return what was given last; without it the defaults. Raises CapstanError when the file cannot be read."""
    path = _file()
    try:
        kept = json.loads(path.read_text()) if path.exists() else {}
        return Options(**{field.name: kept[field.name] for field in fields(Options) if field.name in kept})
    except (OSError, ValueError, TypeError) as error:
        raise CapstanError(f"{path} cannot be read ({error}). Delete it, and give the options again.") from error


def keep(**given: str | bool | None) -> Options:
    """Keep the options that were given, and return all. One that is None stays; an empty text is the default again.

    Raises CapstanError when there is no such overlay.
    """
    changes = {name: value if value != "" else getattr(Options, name) for name, value in given.items()}
    kept = Options(**asdict(options()) | {name: value for name, value in changes.items() if value is not None})
    if given.get("overlay"):
        folder = overlay_folder(kept.overlay)
        kept = Options(**asdict(kept) | {"overlay": folder.name if folder.parent == OVERLAYS else str(folder)})
    if kept != options():
        with atomic_write(_file()) as partial:
            partial.write_text(json.dumps(asdict(kept), indent=2) + "\n")
    return kept


def copy(home: Path) -> None:
    """Take over what another state folder keeps, if it keeps any."""
    if (source := home / PLACE).is_file() and source != _file():
        with atomic_write(_file()) as partial:
            partial.write_text(source.read_text())


def overlay_folder(chosen: str) -> Path:
    """Return the folder of an overlay. Raises CapstanError when there is none."""
    folder = OVERLAYS / chosen if Path(chosen).name == chosen else Path(chosen)
    if not (folder / "kustomization.yaml").is_file():
        names = ", ".join(sorted(path.parent.name for path in OVERLAYS.glob("*/kustomization.yaml")))
        raise CapstanError(f"{chosen!r} is not an overlay. Give `--overlay` a folder, or one of {names}.")
    return folder.resolve()


def _file() -> Path:
    return settings().home / PLACE

"""Make the folder of a new capstone from the templates next to this file."""

import os
import shutil
from collections.abc import Iterator, Set
from itertools import combinations
from pathlib import Path
from tempfile import mkdtemp

from capstan import catalogue
from capstan.contract.capstone_check import NEEDS
from capstan.errors import CapstanError

TEMPLATES = Path(__file__).with_name("templates")
MADE = ("contract", "features", "endpoint", "labels", "monitoring")  # events need a model that they mean something to
# What there is, and the capabilities that each may be made with.
KINDS = {
    "table": frozenset(MADE),
    "stream": frozenset({"endpoint"}),
    "torch": frozenset({"contract", "endpoint", "labels", "monitoring"}),
}
CODE = ("task.py", "pipeline.py", "features.py")  # of the templates; the others are for readers and tests


def create(name: str, capabilities: Set[str], parent: Path = catalogue.PIPELINES, kind: str = "table") -> Path:
    """Make the capstone `parent/NAME` with some capabilities. Return its folder.

    kind: "table", a regression; "stream", a text that comes word by word; or "torch", a network. The last two always
    have an endpoint; a network has no features. Raises CapstanError when the name cannot be used or the folder cannot
    be written. Nothing is left behind then.
    """
    check_name(name, parent)
    if unknown := sorted(capabilities - set(MADE)):
        raise CapstanError(f"There is no capability {', '.join(unknown)}. There are: {', '.join(MADE)}.")
    if kind not in KINDS:
        raise CapstanError(f"There is no kind {kind!r} of capstone. There are: {', '.join(KINDS)}.")
    if more := sorted(capabilities - KINDS[kind]):
        raise CapstanError(
            f"A capstone of the kind {kind} is made with {', '.join(sorted(KINDS[kind]))}. Make it without "
            f"{', '.join(more)}, and add them as docs/adding-a-capstone.md says."
        )
    if kind != "table":
        capabilities = capabilities | {"endpoint"}
    for capability in sorted(capabilities):
        if lacking := set(NEEDS.get(capability, ())) - capabilities:
            raise CapstanError(f"The capability {capability} needs {' and '.join(sorted(lacking))}.")
    target = parent / name
    try:
        parent.mkdir(parents=True, exist_ok=True)
        staged = Path(mkdtemp(prefix=f".{name}-", dir=parent))
    except OSError as error:
        raise CapstanError(
            f"{parent} cannot be written ({error.strerror}). Choose another folder with --into."
        ) from error
    try:
        for path, text in render(name, capabilities, kind):
            (staged / path).parent.mkdir(exist_ok=True)
            (staged / path).write_text(text)
        staged.chmod(0o755)
        staged.rename(target)
    except OSError as error:
        raise CapstanError(f"{target} could not be written ({error.strerror}).") from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return target


def check_name(name: str, parent: Path) -> None:
    """Raise CapstanError when a capstone in the folder `parent` cannot have this name."""
    if not catalogue.is_name(name):
        raise CapstanError(
            f"{name!r} cannot be the name of a capstone: use lower-case letters, digits and underscores, starting with "
            "a letter, but not a keyword of Python, nor a module of `pipelines/`."
        )
    if name in catalogue.names() or os.path.lexists(parent / name):
        raise CapstanError(f"There is a capstone or a file called {name!r} already. Choose another name.")


def render(name: str, capabilities: Set[str], kind: str = "table") -> Iterator[tuple[Path, str]]:
    """Yield the files of a new capstone: the path in its folder, and the text."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = TEMPLATES / kind
    environment = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    values: dict[str, str | bool] = {
        "name": name,
        "title": name.replace("_", " ").capitalize(),
        "dashed": name.replace("_", "-"),
    }
    values |= {capability: capability in capabilities for capability in MADE}
    for path in sorted(folder.rglob("*.jinja")):
        relative = path.relative_to(folder)
        if relative.name == "features.py.jinja" and "features" not in capabilities:
            continue
        yield relative.with_suffix(""), environment.get_template(str(relative)).render(values)


def unedited(name: str, folder: Path) -> list[str]:
    """Return which of a capstone's README and tests are still as they were made, with whatever capabilities."""
    texts = {
        file
        for kind, possible in KINDS.items()
        for size in range(len(possible) + 1)
        for chosen in combinations(sorted(possible), size)
        for file in render(name, set(chosen), kind)
        if file[1] and file[0].name not in CODE
    }
    return sorted(
        {str(path) for path, text in texts if (folder / path).is_file() and (folder / path).read_text() == text}
    )

"""Why a step failed, from what it printed: its own message, without the frames of libraries around it."""

import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from capstan import errors
from capstan.errors import CapstanError, TemporaryFailure
from capstan.runner.progress import ENDED, ERROR, STARTED
from capstan.settings import ROOT, settings

TRACEBACK = "Traceback (most recent call last):\n"
USER_ERROR = "capstan.errors."  # the module of the errors that a user can fix
FRAME = re.compile(r'^  File "(?P<file>.+)", line \d+, in .*\n(?:    .*\n|  \[Previous line .*\n)*', re.MULTILINE)
CHAINED = re.compile(
    r"\n\n(?:The above exception was the direct cause of|During handling of the above exception, another exception)"
)


def printed_by(step: str, log: str) -> str:
    """Return what a log has between the start and the end of a step; without its start, all before its end."""
    lines: list[str] = []
    for line in log.splitlines():
        if (started := STARTED.search(line)) and started["step"] == step:
            lines.clear()
        if (ended := ENDED.search(line)) and ended["step"] == step:
            break
        lines.append(line)
    return "\n".join(lines)


def user_error(printed: str) -> str:
    """Return the message of the last user-fixable error in what a step printed, or ""."""
    messages = [message for _, message in _errors(printed) if message.startswith(USER_ERROR)]
    return messages[-1].partition(": ")[2] if messages else ""


def kind(printed: str) -> type[CapstanError]:
    """Return what to raise for a step that failed: TemporaryFailure where its own last error was one."""
    kinds = [getattr(errors, match["kind"], Exception) for match in ERROR.finditer(printed)]
    return TemporaryFailure if kinds and issubclass(kinds[-1], TemporaryFailure) else CapstanError


def bug(printed: str) -> str:
    """Return the frames of the capstone's own code with the message below them; "" where no frame is its own."""
    own = [frames + message for frames, message in _errors(printed) if frames]
    return f"{TRACEBACK}{own[-1]}" if own else ""


def _errors(printed: str) -> Iterator[tuple[str, str]]:
    """Yield the errors of all tracebacks: the frames that are the capstone's own, and the message."""
    for traceback in printed.split(TRACEBACK)[1:]:
        own, end = "", 0
        for frame in FRAME.finditer(traceback):
            own, end = own + (frame[0] if _is_own(Path(frame["file"])) else ""), frame.end()
        yield own, CHAINED.split(traceback[end:])[0].strip()


def _is_own(file: Path) -> bool:
    """Return whether a file is of a capstone or of what capstones share, and of no library installed below it."""
    folders = [ROOT / "pipelines", ROOT / "models", *settings().capstones]
    libraries = [Path(sysconfig.get_path(name)) for name in ("purelib", "platlib", "stdlib")]
    return any(map(file.is_relative_to, folders)) and not any(map(file.is_relative_to, libraries))

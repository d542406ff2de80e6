"""Turn what kfp's local runner prints into events: a step started, ended, was cached, failed or left a note."""

import io
import re
import time
from collections.abc import Callable
from typing import BinaryIO

from capstan.data.disk import FULL
from capstan.notes import MARK, STAGE

STARTED = re.compile(r"Executing task .*?'(?P<step>[\w-]+)'")
ENDED = re.compile(r"Task .*?'(?P<step>[\w-]+)'.*? finished with status .*?(?P<state>SUCCESS|FAILURE)")
CACHED = re.compile(r"Task (?P<step>[\w-]+) cache hit")
ERROR = re.compile(r"capstan\.errors\.(?P<kind>\w+): (?P<message>.*)")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")

# on_event(step, state, seconds). state: started, cached, done, failed, note or stage; step is the text of these two.
Listener = Callable[[str, str, float], None]


class Progress(io.TextIOBase):
    """A stream that writes to the log, which has no buffer, and informs a listener of what each line means.

    A log that cannot be written ends no run: the listener still gets each line.
    """

    def __init__(self, file: BinaryIO, on_event: Listener):
        self.file = file
        self.full = ""  # a line that says that a disk is full
        self.on_event = on_event
        self.partial = ""
        self.began: dict[str, float] = {}
        self.messages: list[str] = []
        self.failed = ""
        self.notes: list[str] = []  # of the step that runs; they are shown below its line

    def write(self, text: str) -> int:
        """Write text to the log, and read the lines that are complete."""
        try:
            self.file.write(text.encode(errors="replace"))
        except OSError as error:
            if not self.full:
                self.full = str(error)
                self.on_event(f"The log is incomplete: {error.strerror}.", "note", 0.0)
        *lines, self.partial = (self.partial + text).split("\n")
        for line in lines:
            self._read(COLOUR.sub("", line))
        return len(text)

    def _read(self, line: str) -> None:
        if match := STARTED.search(line):
            self.began[match["step"]] = time.monotonic()
            self.on_event(match["step"], "started", 0.0)
        elif match := ENDED.search(line):
            step, good = match["step"], match["state"] == "SUCCESS"
            self.failed = self.failed if good else step
            self.on_event(step, "done" if good else "failed", time.monotonic() - self.began.get(step, time.monotonic()))
            self._show_notes()
        elif match := CACHED.search(line):
            self.on_event(match["step"], "cached", 0.0)
            self._show_notes()
        elif MARK in line:
            self.notes.append(line.partition(MARK)[2].strip())
        elif STAGE in line:
            self.on_event(line.partition(STAGE)[2].strip(), "stage", 0.0)
        elif match := ERROR.search(line):
            self.messages.append(match["message"])
        elif FULL.search(line):
            self.full = line

    def _show_notes(self) -> None:
        for text in self.notes:
            self.on_event(text, "note", 0.0)
        self.notes.clear()

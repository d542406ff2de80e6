"""A disk that loses power: what it was asked to keep it has, of the rest any part may be there or not."""

import os
from pathlib import Path

import pytest


class Disk:
    """Records what is done to the files of a folder. `after` returns the files that a loss of power could leave."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch):
        self.folder, self.log, self.open = folder, [], {}
        calls = {name: getattr(os, name) for name in ("open", "write", "fsync", "replace", "unlink", "close")}

        def opened(path, flags, *more, **options):
            descriptor = calls["open"](path, flags, *more, **options)
            if Path(path) == folder or Path(path).parent == folder:
                self.open[descriptor] = Path(path).name if Path(path) != folder else ""
                if flags & os.O_TRUNC:
                    self.log.append(("create", Path(path).name))
            return descriptor

        def written(descriptor, data):
            count = calls["write"](descriptor, data)
            if descriptor in self.open:
                self.log.append(("write", self.open[descriptor], bytes(data[:count])))
            return count

        def synced(descriptor):
            if descriptor in self.open:
                self.log.append(("sync", self.open[descriptor]))

        def replaced(source, target, **options):
            calls["replace"](source, target, **options)
            if Path(target).parent == folder:
                self.log.append(("rename", Path(source).name, Path(target).name))

        def unlinked(path, **options):
            calls["unlink"](path, **options)
            if Path(path).parent == folder:
                self.log.append(("unlink", Path(path).name))

        def closed(descriptor):
            self.open.pop(descriptor, None)
            calls["close"](descriptor)

        patches = {"open": opened, "write": written, "fsync": synced, "replace": replaced, "unlink": unlinked}
        for name, call in (patches | {"close": closed}).items():
            monkeypatch.setattr(os, name, call)

    def tell(self) -> None:
        """Record that a commit has returned."""
        self.log.append(("told",))

    def after(self, steps: int, lost: str) -> tuple[int, dict[str, bytes]]:
        """Return how many commits had returned, and the files, when the power goes after some steps.

        lost: `data` that no sync was waited for, `names` that were changed since the folder was synced, or both.
        """
        names, kept, told = {}, {}, 0
        for kind, *what in self.log[:steps]:
            if kind == "create":
                names[what[0]] = [b"", b""]  # what was written, and what of it is on the disk
            elif kind == "write":
                names[what[0]][0] += what[1]
            elif kind == "sync" and what[0]:
                names[what[0]][1] = names[what[0]][0]
            elif kind == "sync":
                kept = dict(names)
            elif kind == "rename":
                names[what[1]] = names.pop(what[0])
            elif kind == "unlink":
                names.pop(what[0], None)
            told += kind == "told"
        chosen = kept if lost in ("names", "both") else names
        return told, {name: data[lost in ("data", "both")] for name, data in chosen.items()}

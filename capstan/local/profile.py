"""The local profile: one machine."""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from capstan.data.storage import Folder, Storage
from capstan.errors import CapstanError
from capstan.settings import settings

if TYPE_CHECKING:
    from capstan.data.retention_policy import Policy, Removed


class LocalProfile:
    """One machine: SQLite, folders under `CAPSTAN_HOME`, and processes that `capstan.local.stack` starts."""

    def storage(self) -> Storage:
        """Return the state folder."""
        return Folder(settings().home)

    def database(self, name: str) -> str:
        """Return an SQLite file next to the prediction log."""
        folder = settings().predictions_dir or settings().home / "predictions"
        return f"sqlite:///{quote(str(folder / f'{name}.db'))}"

    def feast(self, capstone: str) -> dict[str, Any]:
        """Return SQLite files in `HOME/feast/CAPSTONE`. Make the folder if it is new."""
        registry, online = self._databases(capstone)
        online.parent.mkdir(parents=True, exist_ok=True)
        return {
            "registry": {"registry_type": "sql", "path": f"sqlite:///{quote(str(registry))}"},  # a URL of SQLAlchemy
            "online_store": {"type": "sqlite", "path": str(online)},
        }

    def stored_rows(self, capstone: str) -> dict[str, int]:
        """Return the rows of each table of the SQLite files. Raise CapstanError when one is missing or damaged."""
        counts: dict[str, int] = {}
        for path in self._databases(capstone):
            if not path.exists():
                raise CapstanError(f"{path} is missing")
            try:
                with closing(sqlite3.connect(path)) as database:
                    if (state := database.execute("PRAGMA quick_check").fetchone()[0]) != "ok":
                        raise CapstanError(f"{path} is damaged ({state})")
                    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
                    for (table,) in tables:
                        [rows] = database.execute(f'SELECT count(*) FROM "{table}"').fetchone()
                        counts[f"{path.name} {table}"] = rows
            except sqlite3.Error as error:
                raise CapstanError(f"{path} is damaged ({error})") from error
        return counts

    def discard_stores(self, capstone: str) -> None:
        """Rename the SQLite files. A server that has them open reads on, until it loads the capstone again."""
        for path in self._databases(capstone):
            for more in ("", "-wal", "-shm"):  # with the log of writes: SQLite would take it for that of the next file
                if (part := path.with_name(path.name + more)).exists():
                    part.replace(path.with_name(f"{path.name}.damaged{more}"))

    def _databases(self, capstone: str) -> list[Path]:
        folder = settings().home / "feast" / capstone
        return [folder / "registry.db", folder / "online.db"]

    def workspace(self) -> str:
        """Return `HOME/evidently`."""
        return str(settings().home / "evidently")

    def ensure(self, service: str, capstone: str = "") -> None:
        """Start a service, unless it runs or the settings name one elsewhere."""
        from capstan.local import stack

        stack.ensure(service)

    def fit_on_ray(self, capstone: str, tables: str, model: str, parameters: dict[str, Any]) -> bool:
        """Return that it did not: on one machine, Ray starts in the process that trains."""
        return False

    def endpoint(self, capstone: str) -> str:
        """Return the URL of the one endpoint of this machine."""
        return settings().endpoint_url

    @contextmanager
    def replicas(self, capstone: str) -> Iterator[list[str]]:
        """Yield the URL of the one endpoint of this machine."""
        yield [settings().endpoint_url]

    @contextmanager
    def lock(self, name: str, message: str) -> Iterator[None]:
        """Lock a file under `HOME/run`; the system releases it when its holder dies."""
        path = settings().home / "run" / f"{name}.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CapstanError(message) from None
            file.truncate(0)  # of a run that was killed: its process is not this one
            yield

    def no_run(self, capstone: str) -> AbstractContextManager[None]:
        """Hold the lock of a run."""
        from capstan.local.stopping import message

        return self.lock(capstone, message(capstone))

    def stop(self, capstone: str) -> list[str]:
        """Interrupt the process that runs the pipeline."""
        from capstan.local import stopping

        return stopping.stop(capstone)

    def serving(self, capstone: str) -> list[str]:
        """Ask the endpoint."""
        from capstan.local import endpoint as local_endpoint

        return ["its endpoint"] if local_endpoint.serves(capstone) else []

    def retire(self, capstone: str) -> list[str]:
        """Have the endpoint forget the capstone, and remove its stores."""
        from capstan.local import cleaning

        return cleaning.retire(capstone)

    def clean_runs(self, capstones: list[str], policy: "Policy") -> list["Removed"]:
        """Remove folders of runs, the step cache and logs."""
        from capstan.local import cleaning

        return cleaning.clean_runs(capstones, policy, self.no_run)

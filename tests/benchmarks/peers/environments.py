"""Other model servers, each in its own environment, around the flagship's model and the same code that runs it.

MLServer, LitServe and BentoML cannot all be installed next to each other or next to Capstan. The environments are made
once, from locked versions (`NAME.txt`, next to this file), in `build/peers/NAME`, and made again when these change.
The locks come from `uv pip compile`, with the LightGBM and NumPy of Capstan's own.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from capstan.settings import ROOT
from tests.support.processes import free_port, process, wait_for

FOLDER, ENVIRONMENTS = Path(__file__).parent, ROOT / "build" / "peers"
READY = {"mlserver": "/v2/health/ready", "litserve": "/health", "bentoml": "/readyz"}


def prepare(names: Iterable[str]) -> None:
    """Make the environments. Raises RuntimeError when one cannot be made."""
    for name in names:
        _make(name)


def _make(name: str) -> None:
    lock, folder = FOLDER / f"{name}.txt", ENVIRONMENTS / name
    record = folder / "made-from.txt"
    if record.exists() and record.read_text() == lock.read_text():
        return
    shutil.rmtree(folder, ignore_errors=True)
    uv = [str(Path(sys.executable).with_name("uv")), "--system-certs"]
    print(f"making the environment of {name} ...", flush=True)
    for command in (
        [*uv, "venv", "--quiet", "--python", sys.executable, str(folder)],
        [*uv, "pip", "install", "--quiet", "--python", str(folder / "bin" / "python"), "-r", str(lock)],
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"The environment of {name} cannot be made:\n{done.stdout}{done.stderr}")
    record.write_text(lock.read_text())


@contextmanager
def server(name: str, model: Path, log: Path) -> Iterator[str]:
    """Run a server around the model in a file, with its output in `log`; yield its URL once it is ready."""
    port = free_port()
    python, module = str(ENVIRONMENTS / name / "bin" / "python"), f"tests.benchmarks.peers.with_{name}"
    command = [python, "-m", module, str(port), *([str(free_port())] if name == "mlserver" else [])]
    with process(command, log, PYTHONPATH=str(ROOT), PEER_MODEL=str(model)) as child:
        url = f"http://127.0.0.1:{port}"
        wait_for(url + READY[name], child, log)
        yield url

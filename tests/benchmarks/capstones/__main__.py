"""Register the capstones of the benchmarks next to the flagship: `python -m tests.benchmarks.capstones FOLDER`."""

import pickle
import shutil
import sys
from pathlib import Path

from capstan import catalogue
from capstan.rollout import store
from capstan.rollout.state import RolloutState
from capstan.versions import model_version, registry
from tests.benchmarks.capstones import NAMES
from tests.support.versions import register


def main(folder: Path) -> None:
    """Make the flagship's champion that of `columns`, and an untrained network that of `dense`."""
    files = registry.hold_version("flight_delay", store.read("flight_delay").champion)
    shutil.copy(files.path / model_version.DATA / "model.pkl", folder)
    # By the modules of this checkout, not by those that the version brings: another version cannot store their classes.
    flagship = pickle.loads((folder / "model.pkl").read_bytes())
    for name in NAMES:
        number = register(name, catalogue.load(name).train({"model": flagship}))
        store.write_state(name, RolloutState(champion=number))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

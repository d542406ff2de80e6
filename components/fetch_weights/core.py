"""Fetch weights: give the steps of a run the files that a task's WEIGHTS state."""

from dataclasses import asdict

from capstan.catalogue import load
from capstan.inputs import weights_files


def fetch_weights(capstone: str, weights: str) -> dict[str, str]:
    """Write the weights to the folder `weights`, and store them for versions. Return the source and licence of each.

    Raises CapstanError when a file is nowhere, or is not what WEIGHTS state.
    """
    stated = load(capstone).WEIGHTS
    weights_files.write_folder(stated, weights)
    weights_files.publish(stated)
    return {f"{name}_{key}": value for name, each in stated.items() for key, value in asdict(each).items() if value}

"""Where the code that runs comes from."""

import os
import subprocess

from capstan.settings import ROOT


def git_commit() -> str:
    """Return the commit of the checkout, or the one that the image was built from. "unknown" outside of both.

    "-dirty" at its end means that files differ from it. An image whose content did not change is not built again, so
    its commit may be older than that of the checkout which uses it.
    """
    if commit := os.environ.get("CAPSTAN_GIT_COMMIT"):  # of the image: images/core.Dockerfile
        return commit
    command = ["git", "-C", str(ROOT), "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"

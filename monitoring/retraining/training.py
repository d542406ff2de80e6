"""Training for the retraining loop: the command that a person would type, in its own process."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from capstan.errors import CapstanError, TemporaryFailure


def train(capstone: str, parameters: Mapping[str, Any]) -> tuple[str, str]:
    """Run a capstone's pipeline; return the version and the verdict of the gate.

    Raises CapstanError with what the command said: TemporaryFailure where the same may succeed later, such as while the
    pipeline runs already or the registry is away.
    """
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}
    options = [f"--set={name}={text}" for name, text in texts.items()]
    command = [sys.executable, "-m", "cli", "run", capstone, "--json", *options]
    # In a step, KFP leaves out what pipelines are made with.
    env = {name: value for name, value in os.environ.items() if name != "_KFP_RUNTIME"}
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        message = next((line for line in lines if line.startswith("Error:")), lines[-1] if lines else "it said nothing")
        kind = TemporaryFailure if done.returncode == TemporaryFailure.exit_code else CapstanError
        raise kind(message.removeprefix("Error:").strip())
    summary = json.loads(done.stdout)
    return str(summary["version"]), str(summary["verdict"])

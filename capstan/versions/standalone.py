"""MLflow loads a registered version with this file, of which the version carries a copy, `code/standalone.py`.

It takes the Capstan of the process or, where there is none, the part that the version carries, in `code/core/`.
"""

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

found = find_spec("capstan")
if found is None or found.origin is None:  # without an origin it is any folder that is called so
    sys.path.insert(0, str(Path(__file__).parent / "core"))
    # Weights are kept there. The folder of the model may be read-only, or another one at each load.
    os.environ.setdefault("CAPSTAN_HOME", str(Path.home() / ".cache" / "capstan"))

_load_pyfunc = import_module("capstan.versions.model_version")._load_pyfunc

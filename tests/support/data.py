"""Where the tests find data whose home is a download. Without the folder, the loaders download what they need."""

import os
from pathlib import Path

from tests.support.processes import ROOT

_folder = Path(os.environ.get("CAPSTAN_TEST_DATA_DIR") or ROOT.parent / "shared" / "data")
DATA_DIR = _folder if _folder.is_dir() else None

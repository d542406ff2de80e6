"""Where the tests find data whose home is a download. Without the folder, the loaders download what they need."""

from tests.support.processes import ROOT

_folder = ROOT.parent / "shared" / "data"
DATA_DIR = _folder if _folder.is_dir() else None

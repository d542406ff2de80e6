"""WNUT-17: 5,690 sentences of posts, with names of six kinds as BIO tags.

Source: Derczynski et al., "Results of the WNUT2017 Shared Task on Novel and Emerging Entity Recognition" (2017),
CC BY 4.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from capstan.errors import CapstanError
from capstan.inputs import downloads

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

FILE = "wnut17/wnut17.parquet"
HOME = "https://github.com/leondz/emerging_entities_17"


def file(data_dir: Path | None) -> Path:
    """Return the path of the table. Raises CapstanError where it is not here."""
    return downloads.required(FILE, data_dir, f"Make it of the data of {HOME}, and put it into CAPSTAN_DATA_DIR.")


def sentences(path: Path) -> pd.DataFrame:
    """Return one row per sentence: `tokens` and `tags`, both with a space between two, and `part`.

    Raises CapstanError for another file.
    """
    import pandas as pd

    raw = pd.read_parquet(path)
    if missing := sorted({"tokens", "tags", "split"} - set(raw.columns)):
        raise CapstanError(f"{path} lacks the columns {', '.join(missing)}. Replace or remove it.")
    joined = {name: [" ".join(map(str, row)) for row in raw[name]] for name in ("tokens", "tags")}
    return pd.DataFrame({**joined, "part": raw["split"]})

"""The auctions of an advertiser, what was known before them, and where the files come from.

Source: Zhang, Yuan, Wang and Shen, "Real-time bidding benchmarking with iPinYou dataset" (2014), campaign 2997, as Cai
et al. (2017) prepared it: https://github.com/han-cai/rlb-dp. For research use only.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from capstan.errors import CapstanError
from capstan.inputs import downloads

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.capstone import Tables

FOLDER = "https://raw.githubusercontent.com/han-cai/rlb-dp/master/data/ipinyou-data/2997"
LOG, TEXT, INFO = "ads/ipinyou_2997.parquet", "ads/ipinyou_2997.theta.txt", "ads/ipinyou_2997.info.json"
COLUMNS = ["click", "market_price", "ctr"]
UNIT = "fen CPM"  # a hundredth of a yuan for a thousand impressions


def find(data_dir: Path | None) -> tuple[Path, Path]:
    """Return the paths of the log and of what was known before it: of the data folder or the cache, or downloaded."""
    log = downloads.find(LOG, data_dir) or downloads.find(TEXT, data_dir)
    info = downloads.find(INFO, data_dir) or downloads.fetch(f"{FOLDER}/info.json", INFO)
    return log or downloads.fetch(f"{FOLDER}/test.theta.txt", TEXT), info


def tables(log: Path, info: Path) -> Tables:
    """Return `auctions`, a row each in the order of the log, `prices`, how often each was seen before, and `history`.

    log: a parquet file, or lines of click, market price and predicted CTR. info: the JSON of the same source. Raises
    CapstanError for other files.
    """
    import pandas as pd

    known = json.loads(info.read_text())
    if missing := sorted({"clk_train", "imp_train", "cost_train", "price_counter_train"} - set(known)):
        raise CapstanError(f"{info} lacks {', '.join(missing)}. Replace or remove it.")
    counts = [float(count) for count in known["price_counter_train"]]
    history = {name: [float(known[f"{short}_train"])] for name, short in SHORT.items()}
    return {
        "auctions": auctions(log),
        "prices": pd.DataFrame({"price": range(len(counts)), "count": counts}),
        "history": pd.DataFrame(history),
    }


SHORT = {"impressions": "imp", "clicks": "clk", "cost": "cost"}


def auctions(log: Path) -> pd.DataFrame:
    """Return number, click, market price and predicted CTR of each auction."""
    import pandas as pd

    if log.suffix == ".parquet":
        raw = pd.read_parquet(log).rename(columns={"pctr": "ctr"})
    else:
        raw = pd.read_csv(log, sep=" ", header=None, names=COLUMNS, float_precision="round_trip")
    if missing := sorted(set(COLUMNS) - set(raw.columns)):
        raise CapstanError(f"{log} lacks the columns {', '.join(missing)}. Replace or remove it.")
    frame = raw[COLUMNS].astype(float)
    return frame.assign(number=range(len(frame)))[["number", *COLUMNS]]

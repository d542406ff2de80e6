"""Daily prices of 31 large American companies, and where the file comes from.

Source: "DJIA 30 Stock Time Series" (szrlee, Kaggle, CC0), 2006-01-03 to 2017-12-29. Prices are adjusted for splits and
not for dividends. The companies were chosen at the end of 2017, so none of them failed: see the README.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from capstan.errors import CapstanError
from capstan.inputs import downloads

if TYPE_CHECKING:
    import pandas as pd

FILE = "djia_stocks.parquet"
HOME = "https://www.kaggle.com/datasets/szrlee/stock-time-series-20050101-to-20171231"
RAW = {"Name": "ticker", "Date": "date", "Close": "close", "Volume": "volume"}
TICKERS = [
    "AABA", "AAPL", "AMZN", "AXP", "BA", "CAT", "CSCO", "CVX", "DIS", "GE", "GOOGL",
    "GS", "HD", "IBM", "INTC", "JNJ", "JPM", "KO", "MCD", "MMM", "MRK", "MSFT",
    "NKE", "PFE", "PG", "TRV", "UNH", "UTX", "VZ", "WMT", "XOM",
]  # fmt: skip


def find(data_dir: Path | None) -> Path:
    """Return the path of the file. Raises CapstanError that says where it is from."""
    advice = (
        f"Download all_stocks_2006-01-01_to_2018-01-01.csv from {HOME}, which needs an account, and write it as {FILE} "
        "with pandas. Then set CAPSTAN_DATA_DIR to its folder."
    )
    return downloads.required(FILE, data_dir, advice)


def load(path: Path) -> pd.DataFrame:
    """Return a row per ticker and day, in order of both: `ticker`, `date`, `close` in dollars, `volume` in shares.

    The other columns of the file are left out: 25 opens are missing, and 63 lie outside of the day's range. Raises
    CapstanError for another file.
    """
    import pandas as pd

    raw = pd.read_parquet(path)
    if missing := sorted(set(RAW) - set(raw.columns)):
        raise CapstanError(f"{path} lacks the columns {', '.join(missing)}. Replace it by the one of {HOME}.")
    rows = raw[list(RAW)].rename(columns=RAW)
    rows = rows.assign(
        ticker=rows["ticker"].astype(str),
        date=pd.to_datetime(rows["date"]).dt.as_unit("us"),
        close=rows["close"].astype(float).round(2),
        volume=rows["volume"].astype("int64"),
    )
    return rows.sort_values(["ticker", "date"], ignore_index=True)


def by_day(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the closes and the volumes of rows of `load`, with the days as index and the tickers as columns.

    A ticker without a row on a day keeps its last close and cannot be traded: its volume is 0. The file has two such
    days, with eight holes. Days before the first close of any ticker are left out.
    """
    closes = rows.pivot(index="date", columns="ticker", values="close").sort_index().ffill().dropna()
    volumes = (
        rows.pivot(index="date", columns="ticker", values="volume").reindex(closes.index).fillna(0).astype("int64")
    )
    return closes, volumes

"""Hillstrom's experiment: 64,000 customers of a shop. A random third got a mail for men, a third one for women.

Source: Kevin Hillstrom, "The MineThatData E-Mail Analytics and Data Mining Challenge" (2008),
https://blog.minethatdata.com. No licence is stated.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from capstan.errors import CapstanError
from capstan.inputs import downloads

FILE, CSV = "hillstrom.parquet", "hillstrom.csv"
URL = "http://www.minethatdata.com/Kevin_Hillstrom_MineThatData_E-MailAnalytics_DataMiningChallenge_2008.03.20.csv"
NOBODY, MEN, WOMEN = 0, 1, 2  # the arms
ARMS = {"No E-Mail": NOBODY, "Mens E-Mail": MEN, "Womens E-Mail": WOMEN}
MAILS = {MEN: "men's mail", WOMEN: "women's mail"}
NUMBERS = ["recency", "history", "mens", "womens", "newbie"]
TEXTS = ["zip_code", "channel"]


@dataclass
class Experiment:
    """What was known before, shape (n, k), with the names of the columns; the arm, and whether each visited, (n,)."""

    x: np.ndarray
    names: list[str]
    arm: np.ndarray
    visit: np.ndarray

    def __len__(self) -> int:
        return len(self.arm)

    def part(self, rows: np.ndarray) -> Experiment:
        """Return some customers, by positions or a mask."""
        return Experiment(self.x[rows], self.names, self.arm[rows], self.visit[rows])

    def of(self, mail: int) -> Experiment:
        """Return who got a mail, and who got none; `arm` is 1 or 0."""
        part = self.part((self.arm == mail) | (self.arm == NOBODY))
        return Experiment(part.x, part.names, (part.arm == mail).astype(int), part.visit)


def load(data_dir: Path | None) -> Experiment:
    """Return all customers. Raises CapstanError when the file has other columns or arms."""
    import pandas as pd

    path = downloads.find(FILE, data_dir) or downloads.find(CSV, data_dir) or downloads.fetch(URL, CSV)
    rows = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    if missing := sorted({*NUMBERS, *TEXTS, "segment", "visit"} - set(rows.columns)):
        raise CapstanError(f"{path} lacks the columns {', '.join(missing)}. Replace or remove it.")
    if unknown := sorted(set(rows["segment"]) - ARMS.keys()):
        raise CapstanError(f"{path} has the arm {unknown[0]!r}. There are: {', '.join(ARMS)}.")
    known = pd.concat([rows[NUMBERS], pd.get_dummies(rows[TEXTS])], axis=1).astype(float)
    return Experiment(
        known.to_numpy(), list(known.columns), rows["segment"].map(ARMS).to_numpy(), rows["visit"].to_numpy(float)
    )


def thirds(customers: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of two thirds of the customers at random, to learn from, and of the third to test on."""
    order = np.random.default_rng(seed).permutation(customers)
    cut = customers // 3
    return np.sort(order[cut:]), np.sort(order[:cut])

"""What is known of a payment when it is made: of the payment, of its customer's past, and of who shares devices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import pandas as pd

PLAIN = ["amount", "hour", "online", "ratio", "gap", "last_day", "new_merchant", "new_device"]
GRAPH = ["linked", "device_customers"]
DAY = 86_400.0


class Links:
    """Customers who shared a device, directly or through others: sets that grow together (Tarjan 1975)."""

    def __init__(self) -> None:
        self.parent: dict[int, int] = {}
        self.size: dict[int, int] = {}
        self.owner: dict[int, int] = {}  # a device -> one of its customers

    def root(self, customer: int) -> int:
        """Return the customer who stands for a set."""
        self.parent.setdefault(customer, customer)
        self.size.setdefault(customer, 1)
        while self.parent[customer] != customer:
            self.parent[customer] = self.parent[self.parent[customer]]
            customer = self.parent[customer]
        return customer

    def add(self, customer: int, device: int) -> int:
        """Take one use of a device; return how many customers are linked to this one."""
        root, second = self.root(customer), self.root(self.owner.setdefault(device, customer))
        if root != second:
            small, large = sorted((root, second), key=self.size.__getitem__)
            self.parent[small] = large
            self.size[large] += self.size[small]
            root = large
        return self.size[self.root(root)]


def known(payments: pd.DataFrame) -> pd.DataFrame:
    """Return PLAIN and GRAPH of each payment. payments: in the order of time; each row knows those above it alone."""
    links, users = Links(), defaultdict[int, set[int]](set)
    merchants, devices = defaultdict[int, set[int]](set), defaultdict[int, set[int]](set)
    sums, counts, times = (
        defaultdict[int, float](float),
        defaultdict[int, int](int),
        defaultdict[int, list[float]](list),
    )
    columns = ("time", "customer", "merchant", "device", "amount", "online")
    rows: Iterable[tuple[float, int, int, int, float, int]] = zip(
        *(payments[name].tolist() for name in columns), strict=True
    )
    lines = []
    for time, customer, merchant, device, amount, online in rows:
        mean = sums[customer] / counts[customer] if counts[customer] else amount
        past = times[customer]
        users[device].add(customer)
        lines.append(
            (
                np.log(amount),
                time % DAY / 3_600,
                online,
                np.log(amount / mean),
                np.log1p(time - past[-1]) if past else np.log1p(60 * DAY),
                sum(1 for earlier in past[-20:] if time - earlier < DAY),
                merchant not in merchants[customer],
                device not in devices[customer],
                links.add(customer, device),
                len(users[device]),
            )
        )
        sums[customer] += amount
        counts[customer] += 1
        past.append(time)
        merchants[customer].add(merchant)
        devices[customer].add(device)
    return pd.DataFrame(lines, columns=[*PLAIN, *GRAPH]).astype(float)

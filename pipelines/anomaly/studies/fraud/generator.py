"""A made-up world of card payments, with frauds whose kind is known. It shows methods; it says nothing of real cards.

- Customers pay by a rhythm and an amount of their own, at some merchants that they like, from one device; four in ten
  share it with another of their household.
- A stolen card makes three to eight payments within hours, at merchants that are new to the customer. The amounts are
  three times the customer's; from day `DRIFT` on they are small, and at night no more: thieves have learned.
- A ring are 8 to 15 accounts that share three devices and pay one merchant that belongs to it. Each payment looks like
  the customer's others: only who shares what gives it away.
- From day `DRIFT` on, a third of all honest payments are online, not a fifth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

DAY = 86_400.0
DRIFT = 45  # days


@dataclass(frozen=True)
class World:
    """How large the world is."""

    customers: int = 1_200
    merchants: int = 200
    rings: int = 6
    thefts: int = 60
    days: int = 60


def simulate(world: World = World(), seed: int = 0) -> pd.DataFrame:
    """Return payments in the order of time: time (seconds), customer, merchant, device, amount, online, fraud, kind."""
    random = np.random.default_rng(seed)
    typical = np.exp(random.normal(3.2, 0.6, world.customers))  # dollars
    liked = random.integers(0, world.merchants, (world.customers, 12))
    device = np.arange(world.customers)
    shared = random.choice(world.customers, int(0.4 * world.customers) // 2 * 2, replace=False).reshape(-1, 2)
    device[shared[:, 1]] = device[shared[:, 0]]
    parts = [_honest(world, typical, liked, device, random)]
    parts += [_theft(world, typical, random) for _ in range(world.thefts)]
    members = random.permutation(world.customers)
    for ring in range(world.rings):
        size = int(random.integers(8, 16))
        mine, members = members[:size], members[size:]
        parts.append(_ring(world, ring, mine, typical, random))
    payments = pd.concat(parts, ignore_index=True).sort_values("time", kind="stable", ignore_index=True)
    return payments.assign(fraud=(payments["kind"] != "honest").astype(int))


def _honest(
    world: World, typical: np.ndarray, liked: np.ndarray, device: np.ndarray, random: np.random.Generator
) -> pd.DataFrame:
    rate = random.gamma(2, 0.4, world.customers)  # payments a day
    customer = np.repeat(np.arange(world.customers), random.poisson(rate * world.days))
    count = len(customer)
    hour = np.clip(random.normal(14, 4.5, count), 0, 23.99)
    day = random.integers(0, world.days, count)
    anywhere = random.random(count) < 0.15
    merchant = np.where(
        anywhere,
        random.integers(0, world.merchants, count),
        liked[customer, random.integers(0, liked.shape[1], count)],
    )
    return pd.DataFrame(
        {
            "time": (day + hour / 24) * DAY,
            "customer": customer,
            "merchant": merchant,
            "device": device[customer],
            "amount": typical[customer] * np.exp(random.normal(0, 0.7, count)),
            "online": (random.random(count) < np.where(day >= DRIFT, 1 / 3, 1 / 5)).astype(int),
            "kind": "honest",
        }
    )


def _theft(world: World, typical: np.ndarray, random: np.random.Generator) -> pd.DataFrame:
    customer, day, count = random.integers(world.customers), random.integers(2, world.days), random.integers(3, 9)
    learned = day >= DRIFT
    hour = random.uniform(9, 20) if learned else random.uniform(0, 5)
    times = (day + hour / 24) * DAY + np.cumsum(random.exponential(1_800, count))
    size = 0.3 if learned else 3.0
    return pd.DataFrame(
        {
            "time": times,
            "customer": customer,
            "merchant": random.integers(0, world.merchants, count),
            "device": -1 - random.integers(10_000),  # the thief's own
            "amount": size * typical[customer] * np.exp(random.normal(0, 0.5, count)),
            "online": (random.random(count) < 0.7).astype(int),
            "kind": "theft",
        }
    )


def _ring(
    world: World, ring: int, members: np.ndarray, typical: np.ndarray, random: np.random.Generator
) -> pd.DataFrame:
    count = 4 * len(members)
    customer = random.choice(members, count)
    start = random.uniform(5, world.days - 12)
    hour = np.clip(random.normal(14, 4.5, count), 0, 23.99)
    return pd.DataFrame(
        {
            "time": (np.floor(start + random.uniform(0, 10, count)) + hour / 24) * DAY,
            "customer": customer,
            "merchant": random.integers(world.merchants),
            "device": 99_999 + 3 * ring + random.integers(0, 3, count),
            "amount": typical[customer] * np.exp(random.normal(0, 0.7, count)),
            "online": (random.random(count) < 1 / 5).astype(int),
            "kind": "ring",
        }
    )

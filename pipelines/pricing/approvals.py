"""Prices that a store has not asked in a year, and the people who approved them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from capstan.contract.client import client
from capstan.errors import InvalidRow
from pipelines.pricing.columns import APPROVALS, BRANDS, HIGHEST, LOWEST, STORE

if TYPE_CHECKING:
    from pipelines.pricing.schema import Event

FARTHEST = 1.5  # times the most, or below the least by as much: more is a slip of the finger
FAR = 1.0001  # what counts as beyond
KEPT = 1_000  # approvals of a store


def needed(price: float, low: float, high: float) -> str:
    """Return why a person has to approve a price, "" where nobody has to. low, high: what was asked in a year."""
    if price > high * FAR:
        return f"above {high:.2f}, the most that this store has asked in a year"
    return f"below {low:.2f}, the least that this store has asked in a year" if price * FAR < low else ""


def added(event: Event, features: dict[str, Any]) -> dict[str, Any]:
    """Return the features of a store after an approval, which names the token that sent it.

    Raises InvalidRow for a store without history, a price that needs no approval, and one that is far beyond all.
    """
    if not features.get(HIGHEST):
        raise InvalidRow(f"store {event.store} has no history: its prices are not known", field=STORE)
    place = BRANDS.index(event.brand)
    low, high = (list(map(float, features[name])) for name in (LOWEST, HIGHEST))
    if low[place] <= event.price <= high[place]:
        raise InvalidRow(
            f"{event.price:.2f} is within what the store has asked in a year, {low[place]:.2f} to "
            f"{high[place]:.2f}: it needs no approval",
            field="price",
        )
    if not low[place] / FARTHEST <= event.price <= high[place] * FARTHEST:
        raise InvalidRow(
            f"{event.price:.2f} is far from what the store has asked in a year, {low[place]:.2f} to {high[place]:.2f}",
            field="price",
        )
    known = list(features.get(APPROVALS) or [])
    if len(known) >= KEPT:
        raise InvalidRow(f"store {event.store} has {KEPT} approvals, which is all that is kept", field=STORE)
    approval = f"{event.brand} for {event.price:.2f}, beyond {low[place]:.2f} to {high[place]:.2f}, by {client()}"
    low[place], high[place] = min(low[place], event.price), max(high[place], event.price)
    return features | {LOWEST: low, HIGHEST: high, APPROVALS: [*known, approval]}

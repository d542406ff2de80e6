"""The page of a campaign: what it has spent, beside its pace, and what it has won. It reads itself anew each second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from data_sets.ipinyou import UNIT
from pipelines.bidding.pacing import REACHED, SLOTS, Plan

WIDTH, HEIGHT, EDGE = 640, 240, 34
STYLE = (
    "body{font:16px system-ui;max-width:700px;margin:2rem auto;color:#1b1f24}table{border-collapse:collapse}"
    "td{padding:.2rem 1.2rem .2rem 0}td:last-child{text-align:right;font-variant-numeric:tabular-nums}"
    "text{font:12px system-ui;fill:#57606a}"
)


def page(name: str, plan: Plan, state: Mapping[str, int], now: float) -> str:
    """Return the page, HTML. state: of `Ledger.state`."""
    done, slot = plan.done(now), plan.slot(now)
    seen, spent, wins = ([state.get(f"{kind}:{one}", 0) for one in range(SLOTS)] for kind in ("seen", "spent", "wins"))
    auctions = sum(seen)
    rows = {
        "time over": f"{done:.1%}",
        f"spent, of {plan.budget:,} {UNIT}": f"{state['spent']:,} ({state['spent'] / max(plan.budget, 1):.1%})",
        "reserved for open bids": f"{state['reserved']:,}",
        f"auctions seen, of {plan.auctions:,} expected": f"{auctions:,}",
        "won": f"{state['wins']:,} ({state['wins'] / max(auctions, 1):.1%})",
        "paid for each": f"{state['spent'] / max(state['wins'], 1):.1f} {UNIT}",
        "wins told too late": f"{state['late']:,}",
    }
    table = "".join(f"<tr><td>{escape(key)}</td><td>{escape(value)}</td></tr>" for key, value in rows.items())
    shown = slot + 1 if done < 1 else SLOTS
    money = plot("spent", np.cumsum(spent)[:shown] / max(plan.budget, 1), REACHED[1:])
    won = plot("auctions won, by half hour", np.array(wins[:shown]) / max(*wins, 1), None)
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta http-equiv=refresh content=1>"
        f"<title>{escape(name)}</title>"
        f"<style>{STYLE}</style><h1>{escape(name)}</h1><table>{table}</table>"
        f"<h2>Spend and pace</h2>{money}<h2>Wins</h2>{won}</html>"
    )


def plot(title: str, values: np.ndarray, pace: np.ndarray | None) -> str:
    """Return an SVG of values from 0 to 1 by slot, and of the pace, dashed, where there is one."""
    line = f'<polyline fill=none stroke="#1d5c8c" stroke-width=2 points="{points(values.tolist())}"/>'
    if pace is not None:
        line += f'<polyline fill=none stroke="#8c959f" stroke-dasharray=4 points="{points(pace.tolist())}"/>'
    frame = f'<path d="M{EDGE} {EDGE}V{HEIGHT - EDGE}H{WIDTH - EDGE}" fill=none stroke="#d0d7de"/>'
    ends = f"<text x=0 y={EDGE}>100 %</text><text x=0 y={HEIGHT - EDGE}>0</text>" if pace is not None else ""
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width=100%'
    return f'<svg role=img aria-label="{escape(title)}" {size}>{frame}{ends}{line}</svg>'


def points(values: Sequence[float]) -> str:
    """Return the points of a line over the slots."""
    across, up = (WIDTH - 2 * EDGE) / SLOTS, HEIGHT - 2 * EDGE
    return " ".join(
        f"{EDGE + (at + 1) * across:.1f},{HEIGHT - EDGE - up * min(value, 1.0):.1f}" for at, value in enumerate(values)
    )

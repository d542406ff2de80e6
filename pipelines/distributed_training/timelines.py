"""A picture of who computes and who sends in one step, as SVG: two lanes for each worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from models.parallel.workers import Span

COLOURS = {"compute": "#4c78a8", "forward": "#4c78a8", "backward": "#72b7b2", "send": "#e45756", "wait": "#eeca3b"}
NAMES = {"compute": "compute", "backward": "compute, the way back", "send": "send", "wait": "wait for another stage"}
LANE, GAP, LEFT, WIDTH = 10, 26, 150, 700  # pixels


def drawn(steps: Mapping[str, Sequence[Sequence[Span]]]) -> str:
    """Return the picture. steps: scheme -> the spans of each worker, on one clock."""
    parts, top = [legend()], 34
    for name, workers in steps.items():
        times = [time for spans in workers for _, begin, end in spans for time in (begin, end)]
        first, length = min(times), max(times) - min(times)
        parts.append(text(0, top + LANE, name) + text(LEFT + WIDTH + 8, top + LANE, f"{1000 * length:.0f} ms"))
        for spans in workers:
            for what, begin, end in spans:
                lane = top + (LANE if what in ("send", "wait") else 0)
                left = LEFT + WIDTH * (begin - first) / length
                parts.append(box(left, lane, WIDTH * (end - begin) / length, LANE - 1, COLOURS[what]))
            top += 2 * LANE + 3
        top += GAP - 2 * LANE
    size = f'width="{LEFT + WIDTH + 70}" height="{top}" font-family="sans-serif" font-size="12"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}><rect width="100%" height="100%" fill="white"/>'
    return "\n".join([head, *parts, "</svg>\n"])


def legend() -> str:
    """Return what the colours mean."""
    places = [LEFT + 170 * number for number in range(len(NAMES))]
    return "".join(
        box(left, 8, LANE, LANE, COLOURS[what]) + text(left + 16, 17, name)
        for left, (what, name) in zip(places, NAMES.items(), strict=True)
    )


def box(left: float, top: float, width: float, height: float, colour: str) -> str:
    """Return a rectangle."""
    shape = f'x="{left:.1f}" y="{top:.1f}" width="{max(width, 0.5):.1f}" height="{height:.1f}"'
    return f'<rect {shape} fill="{colour}"/>'


def text(left: float, top: float, content: str) -> str:
    """Return a line of text."""
    return f'<text x="{left:.0f}" y="{top:.0f}">{content}</text>'

"""A report in Markdown, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.trading.research import Report


def markdown(report: Report) -> str:
    """Return a report with a sentence for what each figure means."""
    parts = [f"# {report.subject}, after the close of {report.day}", head(report), risk(report), company(report)]
    return "\n\n".join([*parts, "## Left out", report.missing])


def head(report: Report) -> str:
    """Return what it is, and what it returned."""
    what = (
        f"Close: {report.close:,.2f} dollars. "
        if report.close is not None
        else f"Equal parts of {', '.join(report.stocks)}. "
    )
    rows = [f"| {name} | {share(value, '+')} |" for name, value in report.returns.items()]
    fell = "It is at its highest close." if report.drawdown_now < 5e-4 else (
        f"It is {share(report.drawdown_now)} below its highest close."
    )  # fmt: skip
    return "\n".join([
        f"{what}{report.days:,} closes since {report.since}. {fell} Its worst fall was {share(report.drawdown_worst)}.",
        "", "| return of the last | |", "| --- | ---: |", *rows, "",
        f"Momentum, the last year without its last month, is {share(report.momentum, '+')}: "
        f"number {report.momentum_rank} of {report.ranked}.",
    ])  # fmt: skip


def risk(report: Report) -> str:
    """Return how much it moves, and what may be lost."""
    than = "above" if report.volatility_now > report.volatility_ever else "below"
    rows = [
        f"| 1 day in {round(1 / one.chance)} | {share(one.value_at_risk)} | {share(one.expected_shortfall)} "
        f"| {one.violations} of {one.expected_violations:.1f} |"
        for one in report.limits
    ]
    return "\n".join([
        "## Risk", "",
        f"Volatility tomorrow is {share(report.volatility_now)} a year by GARCH, {than} the "
        f"{share(report.volatility_ever)} of the whole history. It is {share(report.volatility_month)} over the month "
        f"to come, and was {share(report.volatility)} over the last year. Of a surprise in the variance, "
        f"{share(report.persistence)} is left a day later.", "",
        "| loses more | than | and then in the mean | days of the last year, of those expected |",
        "| --- | ---: | ---: | ---: |", *rows, "",
        "The worst days:", "",
        "| day | return | other stocks |", "| --- | ---: | ---: |",
        *(f"| {one.day} | {share(one.value, '+')} | {share(one.others, '+')} |" for one in report.worst_days),
    ])  # fmt: skip


def company(report: Report) -> str:
    """Return what it moves with."""
    near, far = (
        ", ".join(f"{name} {value:.2f}" for name, value in one.items()) for one in (report.nearest, report.farthest)
    )
    return "\n".join([
        "## Company", "",
        f"Over the last year its beta to the other stocks is {report.beta:.2f}, its correlation "
        f"{report.correlation:.2f}. It moves most like {near}, and least like {far}.",
    ])  # fmt: skip


def share(value: float, sign: str = "") -> str:
    """Return a share of 1 in percent."""
    return f"{100 * value:{sign}.1f} %"

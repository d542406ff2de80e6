"""The KFP shell of `components.score.core.score`."""

from kfp import dsl

from capstan.image_names import BASE


@dsl.component(base_image=BASE, install_kfp_package=False)
def score(
    capstone: str,
    source: str,
    output: str,
    version: str,
    keep: list[str],
    log: bool,
    workers: int,
    scored: dsl.Output[dsl.Metrics],
):
    """Score a table with a version, by default the champion, into a folder."""
    from components.score.core import score

    for name, value in score(capstone, source, output, version, keep, log, workers).items():
        scored.log_metric(name, value)

"""The KFP shell of `components.watch.core.watch`."""

from kfp import dsl

from capstan.images import BASE


@dsl.component(base_image=BASE, install_kfp_package=False)
def watch(
    capstone: str,
    hours: float,
    as_of: str,
    circle: bool,
    run_id: str,
    live: dsl.Output[dsl.Metrics],
    report: dsl.Output[dsl.HTML],
):
    """Look at what the champion answered lately: report, check, alert and, with `circle`, act."""
    from components.watch.core import watch

    for name, value in watch(capstone, hours, as_of, circle, run_id, report.path).items():
        live.log_metric(name, value)

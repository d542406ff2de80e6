"""The KFP shell of `components.check_live.core.check_live`."""

from kfp import dsl

from capstan.image_names import BASE


@dsl.component(base_image=BASE, install_kfp_package=False)
def check_live(
    capstone: str,
    hours: float,
    as_of: str,
    circle: bool,
    run_id: str,
    live: dsl.Output[dsl.Metrics],
    report: dsl.Output[dsl.HTML],
):
    """Look at what the champion answered lately: report, check, alert and, with `circle`, act."""
    from components.check_live.core import check_live

    for name, value in check_live(capstone, hours, as_of, circle, run_id, report.path).items():
        live.log_metric(name, value)

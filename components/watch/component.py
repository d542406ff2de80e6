"""The KFP shell of `components.watch.core.watch`."""

from kfp import dsl

from capstan.images import BASE


@dsl.component(base_image=BASE, install_kfp_package=False)
def watch(capstone: str, hours: float, run_id: str, live: dsl.Output[dsl.Metrics], report: dsl.Output[dsl.HTML]):
    """Compare what the champion answered in the last hours with its predictions of the test data."""
    from components.watch.core import watch

    for name, value in watch(capstone, hours, run_id, report.path).items():
        live.log_metric(name, value)

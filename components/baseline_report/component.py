"""The KFP shell of `components.baseline_report.core.baseline_report`."""

from kfp import dsl

from capstan.image_names import BASE


@dsl.component(base_image=BASE, install_kfp_package=False)
def baseline_report(
    capstone: str,
    model: dsl.Input[dsl.Model],
    version: str,
    train: dsl.Input[dsl.Dataset],
    test: dsl.Input[dsl.Dataset],
    report: dsl.Output[dsl.HTML],
) -> str:
    """Add the first monitoring report, with the training data as the reference. Return its name."""
    from components.baseline_report.core import baseline_report

    return baseline_report(capstone, model.path, version, train.path, test.path, report.path)

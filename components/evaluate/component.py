"""The KFP shell of `components.evaluate.core.evaluate`."""

from kfp import dsl

from capstan.image_names import BASE


@dsl.component(base_image=BASE, install_kfp_package=False)
def evaluate(
    capstone: str,
    model: dsl.Input[dsl.Model],
    test: dsl.Input[dsl.Dataset],
    scores: dsl.Output[dsl.Metrics],
    units: dsl.Output[dsl.Dataset],
    report: dsl.Output[dsl.HTML],
):
    """Measure the model on the test tables, and write a report. `capstone` is for those who read the graph."""
    from components.evaluate.core import evaluate

    for name, value in evaluate(model.path, test.path, scores.path, units.path, report.path).items():
        scores.log_metric(name, value)

"""The KFP shell of `components.split.core.split`."""

from kfp import dsl

from capstan.image_names import BASE


@dsl.component(base_image=BASE, install_kfp_package=False)
def split(
    capstone: str,
    tables: dsl.Input[dsl.Dataset],
    train: dsl.Output[dsl.Dataset],
    test: dsl.Output[dsl.Dataset],
    counts: dsl.Output[dsl.Metrics],
    known_by: str = "",
    parameters: dict = {},  # noqa: B006  KFP reads it, nobody changes it
):
    """Split the tables into those to train on and those to test on. `parameters` go to the task's `split`."""
    from components.split.core import split

    train.metadata.update(tables.metadata)
    metrics = split(capstone, tables.path, train.path, test.path, counts.path, known_by, parameters)
    for name, value in metrics.items():
        counts.log_metric(name, value)

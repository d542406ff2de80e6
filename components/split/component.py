"""The KFP shell of `components.split.core.split`."""

from kfp import dsl

from capstan.settings import settings


@dsl.component(base_image=settings().image, install_kfp_package=False)
def split(
    capstone: str,
    training_set: dsl.Input[dsl.Dataset],
    train: dsl.Output[dsl.Dataset],
    test: dsl.Output[dsl.Dataset],
    counts: dsl.Output[dsl.Metrics],
):
    """Split the training set by time."""
    from components.split.core import split

    for name, value in split(capstone, training_set.path, train.path, test.path, counts.path).items():
        counts.log_metric(name, value)

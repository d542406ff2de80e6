"""The KFP shell of `components.compare_data.core.compare_data`."""

from kfp import dsl

from capstan.image_names import BASE


@dsl.component(base_image=BASE, install_kfp_package=False)
def compare_data(capstone: str, train: dsl.Input[dsl.Dataset], report: dsl.Output[dsl.Markdown], accept: str = ""):
    """Compare the rows to train on with those of the last accepted run, and stop where most are gone.

    accept: why a person takes the data as they are.
    """
    from components.compare_data.core import compare_data

    compare_data(capstone, train.path, report.path, accept)

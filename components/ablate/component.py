"""The KFP shell of `components.ablate.core.ablate`."""

from kfp import dsl

from capstan.image_names import BASE


@dsl.component(base_image=BASE, install_kfp_package=False)
def ablate(
    capstone: str,
    train: dsl.Input[dsl.Dataset],
    test: dsl.Input[dsl.Dataset],
    table: dsl.Output[dsl.Markdown],
    parameters: dict,
):
    """Measure what each group of inputs is worth. `parameters` go to the task's `train`."""
    from components.ablate.core import ablate

    ablate(capstone, train.path, test.path, table.path, parameters)

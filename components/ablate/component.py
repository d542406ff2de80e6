"""The KFP shell of `components.ablate.core.ablate`."""

from kfp import dsl

from capstan.settings import settings


@dsl.component(base_image=settings().image, install_kfp_package=False)
def ablate(
    capstone: str,
    train: dsl.Input[dsl.Dataset],
    test: dsl.Input[dsl.Dataset],
    table: dsl.Output[dsl.Markdown],
    seed: int,
):
    """Measure what each group of inputs is worth."""
    from components.ablate.core import ablate

    ablate(capstone, train.path, test.path, table.path, seed)

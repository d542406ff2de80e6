"""The KFP shell of `components.train.core.train`."""

from kfp import dsl

from capstan.image_names import BASE


@dsl.component(base_image=BASE, install_kfp_package=False)
def train(
    capstone: str,
    tables: dsl.Input[dsl.Dataset],
    model: dsl.Output[dsl.Model],
    parameters: dict,
    weights: dsl.Input[dsl.Artifact] = None,
) -> str:
    """Fit the model. Return its digest. `parameters` go to the task's `train`."""
    from components.train.core import train

    model.framework = "mlflow.pyfunc"
    return train(capstone, tables.path, model.path, parameters, weights.path if weights else "")

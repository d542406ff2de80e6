"""The KFP shell of `components.train.core.train`."""

from kfp import dsl

from capstan.settings import settings


@dsl.component(base_image=settings().image, install_kfp_package=False)
def train(
    capstone: str, rows: dsl.Input[dsl.Dataset], model: dsl.Output[dsl.Model], seed: int, workers: int, tune: int
) -> str:
    """Fit the model; return the digest of all it came from."""
    from components.train.core import train

    model.framework = "mlflow.pyfunc"
    return train(capstone, rows.path, model.path, seed, workers, tune)

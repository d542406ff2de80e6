"""The KFP shell of `components.register.core.register`."""

from kfp import dsl

from capstan.image_names import BASE


@dsl.component(base_image=BASE, install_kfp_package=False)
def register(
    capstone: str,
    model: dsl.Input[dsl.Model],
    model_digest: str,
    scores: dsl.Input[dsl.Metrics],
    verdict: str,
    train: dsl.Input[dsl.Dataset],
    test: dsl.Input[dsl.Dataset],
    run_id: str,
    units: dsl.Input[dsl.Dataset],
    accept: str = "",
) -> str:
    """Register the model as a version, with its lineage. Return its number.

    accept: why a person accepted what the gate would not have.
    """
    from components.register.core import register

    lineage = {"pipeline_run": run_id} | {k: v for k, v in train.metadata.items() if k == "feature_service"}
    data = {"train": train.path, "test": test.path}
    return register(capstone, model.path, model_digest, scores.path, verdict, data, lineage, units.path, accept)

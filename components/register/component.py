"""The KFP shell of `components.register.core.register`."""

from kfp import dsl

from capstan.settings import settings


@dsl.component(base_image=settings().image, install_kfp_package=False)
def register(
    capstone: str,
    model: dsl.Input[dsl.Model],
    model_digest: str,
    scores: dsl.Input[dsl.Metrics],
    verdict: str,
    training_set: dsl.Input[dsl.Dataset],
    train: dsl.Input[dsl.Dataset],
    test: dsl.Input[dsl.Dataset],
    run_id: str,
) -> str:
    """Make the model a version in the registry, with its lineage; return its number."""
    from components.register.core import register

    lineage = {"feature_service": training_set.metadata["feature_service"], "pipeline_run": run_id}
    rows = {"train": train.path, "test": test.path}
    return register(capstone, model.path, model_digest, scores.path, verdict, rows, lineage)

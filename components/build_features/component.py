"""The KFP shell of `components.build_features.core.build_features`."""

from kfp import dsl

from capstan.settings import settings


@dsl.component(base_image=settings().image, install_kfp_package=False)
def build_features(
    capstone: str,
    tables: dsl.Input[dsl.Dataset],
    features: dsl.Output[dsl.Dataset],
    training_set: dsl.Output[dsl.Dataset],
    counts: dsl.Output[dsl.Metrics],
):
    """Register the feature views and make the training set, point in time."""
    from components.build_features.core import build_features, service_version

    result = build_features(capstone, tables.path, features.path, training_set.path, counts.path)
    training_set.metadata["feature_service"] = service_version(capstone)
    for name, value in result.items():
        counts.log_metric(name, value)

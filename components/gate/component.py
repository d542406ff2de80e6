"""The KFP shell of `components.gate.core.gate`."""

from kfp import dsl

from capstan.image_names import BASE


@dsl.component(base_image=BASE, install_kfp_package=False)
def gate(
    capstone: str,
    scores: dsl.Input[dsl.Metrics],
    units: dsl.Input[dsl.Dataset],
    model_digest: str,
    test: dsl.Input[dsl.Dataset],
    report: dsl.Output[dsl.Markdown],
    accept: str = "",
) -> str:
    """Decide whether the model may serve. The report's metadata name the champion that it was compared with.

    accept: why a person does without a comparison that cannot be made.
    """
    from components.gate.core import gate

    judged = gate(capstone, scores.path, units.path, model_digest, test.path, report.path, accept)
    report.metadata["champion"] = judged.champion
    return judged.verdict

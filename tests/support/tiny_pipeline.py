"""A pipeline of three steps, without a capstone: metrics, a page, tables, parameters, a condition, a failure."""

from typing import Any, NamedTuple

from kfp import dsl

NAME = "tiny-pipeline"


class Outputs(NamedTuple):
    """What a run returns."""

    scores: dsl.Metrics
    report: dsl.HTML
    tables: dsl.Dataset
    verdict: str
    rows: int


def tiny(image: str) -> Any:
    """Return the pipeline, with steps in an image that has kfp and Capstan."""

    @dsl.component(base_image=image, install_kfp_package=False)
    def measure(
        seed: str,
        seconds: int,
        scores: dsl.Output[dsl.Metrics],
        page: dsl.Output[dsl.HTML],
        tables: dsl.Output[dsl.Dataset],
    ) -> NamedTuple("Measured", verdict=str, rows=int):
        import time
        from pathlib import Path

        from capstan.notes import note

        time.sleep(seconds)
        note(f"measured with {seed}")
        scores.log_metric("roc_auc", 0.75)
        Path(scores.path).write_text("")  # without a file at its path, KFP never finds the step in its cache
        Path(page.path).write_text("<h1>Measured</h1>")
        Path(tables.path).mkdir()
        (Path(tables.path) / "a.csv").write_text("a\n1\n")
        return ("accepted", 1234)

    @dsl.component(base_image=image, install_kfp_package=False)
    def deploy(verdict: str, fail: bool):
        from capstan.errors import CapstanError
        from capstan.notes import note

        if fail:
            raise CapstanError("The table is empty. Give another.")
        note(f"deployed what was {verdict}")

    @dsl.component(base_image=image, install_kfp_package=False)
    def skipped(verdict: str):
        raise AssertionError("this step must not run")

    @dsl.pipeline(name=NAME)
    def pipeline(seed: str = "", seconds: int = 0, fail: bool = False) -> Outputs:
        measured = measure(seed=seed, seconds=seconds)
        verdict = measured.outputs["verdict"]
        with dsl.If(verdict == "accepted", name="accepted"):
            deploy(verdict=verdict, fail=fail).set_caching_options(False)
        with dsl.If(verdict == "rejected", name="rejected"):
            skipped(verdict=verdict)
        return Outputs(
            scores=measured.outputs["scores"],
            report=measured.outputs["page"],
            tables=measured.outputs["tables"],
            verdict=verdict,
            rows=measured.outputs["rows"],
        )

    return pipeline

"""A pipeline of one step, which says what the code of its image says."""

from typing import Any

from kfp import dsl


def one_step(image: str) -> Any:
    """Return the pipeline."""

    @dsl.component(base_image=image, install_kfp_package=False)
    def say(seed: str) -> str:
        from components.ingest import core

        return getattr(core, "EDITED", "not edited")

    @dsl.pipeline(name="one-step")
    def pipeline(seed: str) -> str:
        return say(seed=seed).output

    return pipeline

"""A pipeline of one step, which leaves a table behind. Its name says whose it is."""

from typing import Any

from kfp import dsl


def kept(image: str, name: str) -> Any:
    """Return the pipeline, with its step in an image that has kfp."""

    @dsl.component(base_image=image, install_kfp_package=False)
    def write(seed: str, table: dsl.Output[dsl.Dataset]):
        from pathlib import Path

        Path(table.path).mkdir()
        (Path(table.path) / "a.csv").write_text(seed)

    @dsl.pipeline(name=name)
    def pipeline(seed: str) -> dsl.Dataset:
        return write(seed=seed).outputs["table"]

    return pipeline

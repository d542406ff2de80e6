"""Studies: what a capstone measures besides its pipeline. `pipelines/NAME/studies/QUESTION/study.py` states one."""

from capstan.study.choices import Choices
from capstan.study.protocol import Line, Measure, Study, Table
from capstan.study.tables import ranged, spread

__all__ = ["Choices", "Line", "Measure", "Study", "Table", "ranged", "spread"]

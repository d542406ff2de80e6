"""Does the gate reject random answers, and accept honest twins?"""

from components.gate.trials import study
from pipelines.segmentation.studies.gate import answers

STUDY = study("segmentation", answers.random_answer, answers.twin)

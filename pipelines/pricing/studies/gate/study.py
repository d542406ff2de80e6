"""Does the gate reject random answers, and accept honest twins?"""

from components.gate.trials import study
from pipelines.pricing.studies.gate import answers

STUDY = study("pricing", answers.random_answer, answers.twin)

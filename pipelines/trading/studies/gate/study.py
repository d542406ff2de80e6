"""Does the gate reject random answers, and accept honest twins?"""

from components.gate.trials import study
from pipelines.trading.studies.gate import answers

STUDY = study("trading", answers.random_answer, answers.twin)

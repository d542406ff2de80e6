"""Does the gate reject random answers, and accept honest twins?"""

from components.gate.trials import study
from pipelines.spam.studies.gate import answers

STUDY = study("spam", answers.random_answer)

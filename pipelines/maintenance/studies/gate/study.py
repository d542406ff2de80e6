"""Does the gate reject random answers, and accept honest twins?"""

from components.gate.trials import study
from pipelines.maintenance.studies.gate import answers

STUDY = study("maintenance", answers.random_answer)

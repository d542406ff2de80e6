"""Does the gate reject random answers, and accept honest twins?"""

from components.gate.trials import study
from pipelines.credit_risk.studies.gate import answers

STUDY = study("credit_risk", answers.random_answer)

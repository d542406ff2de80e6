"""Does the gate reject random answers, and accept honest twins?"""

from components.gate.trials import study
from pipelines.churn.studies.gate import answers

STUDY = study("churn", answers.random_answer)

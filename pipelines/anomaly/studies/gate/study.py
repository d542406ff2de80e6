"""Does the gate reject random answers, and accept honest twins?"""

from components.gate.trials import study
from pipelines.anomaly.studies.gate import answers

STUDY = study("anomaly", answers.random_answer, answers.twin)

"""Does the gate reject random answers, and accept honest twins?"""

from components.gate.trials import study
from pipelines.language_model.studies.gate import answers

STUDY = study("language_model", answers.random_answer, twin_seeds=4)  # a twin takes minutes

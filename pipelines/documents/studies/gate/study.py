"""Does the gate reject random answers, and accept honest twins?"""

from components.gate.trials import study
from pipelines.documents.studies.gate import answers

STUDY = study("documents", answers.random_answer, twin_seeds=6)  # a twin takes minutes

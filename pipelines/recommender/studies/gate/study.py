"""Does the gate reject random answers, and accept honest twins?"""

from components.gate.trials import study
from pipelines.recommender.studies.gate import answers

STUDY = study("recommender", answers.random_answer, answers.twin)

"""Does the gate reject random answers, and accept honest twins?"""

from components.gate.trials import study
from models.encoder import vectors
from pipelines.sentiment.studies.gate import answers

STUDY = study("sentiment", answers.random_answer, answers.twin, during=vectors.remembered)

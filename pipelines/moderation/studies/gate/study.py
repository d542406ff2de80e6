"""Does the gate reject random answers, and accept honest twins?"""

from components.gate.trials import study
from models.encoder import vectors
from pipelines.moderation.studies.gate import answers

STUDY = study("moderation", answers.random_answer, answers.twin, during=vectors.remembered)

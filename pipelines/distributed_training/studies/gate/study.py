"""Does the gate reject random answers, and accept honest twins?"""

from components.gate.trials import study
from pipelines.distributed_training.studies.gate import answers

STUDY = study("distributed_training", answers.random_answer, twin_seeds=4)  # a twin takes minutes

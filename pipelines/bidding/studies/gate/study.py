"""Does the gate reject random answers, and accept honest twins?"""

from components.gate.trials import study
from pipelines.bidding.studies.gate import answers

STUDY = study("bidding", answers.random_answer, answers.twin)

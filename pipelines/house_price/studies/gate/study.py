"""Does the gate reject random answers, and accept honest twins?"""

from components.gate.trials import study
from pipelines.house_price.studies.gate import answers

STUDY = study("house_price", answers.random_answer)

"""Does the gate reject random answers, and accept honest twins?"""

from components.gate.trials import study
from pipelines.flight_delay.studies.gate import answers

STUDY = study("flight_delay", answers.random_answer)

"""Does the gate reject random answers, and accept honest twins?"""

from components.gate.trials import study
from pipelines.demand_forecast.studies.gate import answers

STUDY = study("demand_forecast", answers.random_answer, seeds=12)

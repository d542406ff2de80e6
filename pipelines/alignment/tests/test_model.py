"""The assistant answers a run's prompts itself, whichever model answers requests."""

import pytest

from capstan.errors import Unavailable
from capstan.inputs import weights_files
from capstan.settings import settings
from pipelines.alignment import task
from pipelines.alignment.model import Assistant
from pipelines.alignment.schema import Request

WAYS = dict.fromkeys((1, 4, 32), "32 bits")


@pytest.mark.slow
def test_a_run_measures_its_own_model_while_another_one_answers_requests(home, monkeypatch):
    model = Assistant(**weights_files.fetch_all(task.WEIGHTS), ways=WAYS)
    monkeypatch.setenv("CAPSTAN_LLM_URL", "http://127.0.0.1:9/v1")  # where nobody answers
    settings.cache_clear()
    assert model.answers(["Name a fruit."], 3)[0].strip()
    row = Request(prompt="Name a fruit.").model_dump()
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9"):
        model.predict_columns({name: [row[name]] for name in model.inputs})

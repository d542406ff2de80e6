"""Conversations as requests, and when an answer refuses."""

import pytest
import torch

from capstan.errors import InvalidRow
from pipelines.alignment.engine import of_conversation
from pipelines.alignment.refusal import RefusesAbove


@pytest.mark.parametrize(("threshold", "refuses"), [(0.2, True), (0.5, False)])
def test_answer_refuses_where_that_is_likelier_than_the_threshold(threshold, refuses):
    logits = torch.log(torch.tensor([0.3, 0.25, 0.45]))
    first = RefusesAbove(0, threshold)([], logits)
    assert first.tolist() == ([True, False, False] if refuses else [False, True, True])
    assert RefusesAbove(0, threshold)([0], logits).all(), "the tokens after it are free"


@pytest.mark.parametrize("roles", [[], ["assistant", "user"], ["user", "assistant"], ["system"]])
def test_a_conversation_begins_and_ends_with_the_user(roles):
    with pytest.raises(InvalidRow, match="begins and ends"):
        of_conversation([{"role": role, "content": "x"} for role in roles])


def test_a_conversation_with_a_call_goes_on():
    messages = [
        {"role": "developer", "content": "Be short."},
        {"role": "user", "content": "Is it warm in Rome?"},
        {"role": "assistant", "content": "", "tool_calls": [{"name": "weather", "arguments": '{"city": "Rome"}'}]},
        {"role": "tool", "content": "31 degrees"},
        {"role": "user", "content": "Answer in French."},
    ]
    assert of_conversation(messages) == {
        "system": "Be short.",
        "earlier": ["Is it warm in Rome?", '{"name": "weather", "arguments": {"city": "Rome"}}'],
        "prompt": "The function returned: 31 degrees\n\nAnswer in French.",
    }

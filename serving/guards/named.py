"""Calls whose body names the model, as in OpenAI's API: the guards after this one see them as if the path did."""

from typing import Any

from serving.errors import TooLarge
from serving.guards.call import Answer, Call
from serving.guards.first_use import Models


class Named:
    """Sets the model of a call, and its limits, once the body is there."""

    def __init__(self, models: Models):
        self.models = models

    async def __call__(self, call: Call, proceed: Answer) -> Any:
        """Raises TooLarge, and what reading the body raises."""
        if call.model_of and call.body:
            call.asked = call.model_of(call.body.so_far())
            call.limits = self.models.limits(call.asked)
            if call.size > call.limits.bytes:
                raise TooLarge(f"The body is larger than {call.limits.bytes} bytes; send less at a time.")
        return await proceed()

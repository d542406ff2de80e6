"""What is wrong with a field of OpenAI's API."""

from kserve.errors import InvalidInput


class BadField(InvalidInput):
    """A request that cannot be answered. `field` is the field that is wrong, `code` a word for programs."""

    def __init__(self, message: str, field: str | None = None, code: str | None = None):
        super().__init__(message)
        self.field, self.code = field, code

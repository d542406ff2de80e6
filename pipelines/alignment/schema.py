"""What is asked and answered."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from models.grammar.json_schema import LONGEST_TEXT, BadSchema, grammar
from models.text.function_calls import Reason

CONTEXT = 2_048  # tokens of a conversation and its answer
LONGEST = 8_000  # characters of what is said at once
MOST_TOKENS = 512
SEEDS = 2**53  # so many, which JSON holds exactly

Stop = Annotated[str, StringConstraints(min_length=1, max_length=50)]
Said = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]


class Request(BaseModel):
    """What a person says, what was said before, and how the answer is made."""

    model_config = ConfigDict(extra="forbid")

    prompt: str = Field(
        title="You say", min_length=1, max_length=LONGEST, examples=["Name 3 fruits as a JSON array of texts."],
        json_schema_extra={"contentMediaType": "text/plain"},
    )  # fmt: skip
    earlier: list[Said] = Field(
        [], title="Said before", max_length=40, description="by you and the assistant in turn, you first"
    )
    system: str = Field("", title="System prompt", max_length=LONGEST, description="what the assistant is to be")
    max_tokens: int = Field(128, title="Most tokens", ge=1, le=MOST_TOKENS)
    temperature: float = Field(0.0, title="Temperature", ge=0, le=2, description="0 takes the likeliest token")
    top_p: float = Field(1.0, title="Top p", gt=0, le=1, description="of the likeliest that have this share together")
    presence_penalty: float = Field(0.0, title="Presence penalty", ge=-2, le=2)
    frequency_penalty: float = Field(0.0, title="Frequency penalty", ge=-2, le=2)
    stop: list[Stop] = Field([], title="Stop strings", max_length=4, description="the text ends before the first")
    seed: int | None = Field(
        None, title="Seed", ge=0, lt=SEEDS, description="the same seed gives the same text; without one it is random"
    )
    json_schema: str = Field(
        "", title="JSON schema", max_length=LONGEST_TEXT, description="what the answer, then JSON, satisfies"
    )
    tools: str = Field(
        "", title="Tools", max_length=LONGEST_TEXT, description="functions it may call, JSON: name, parameters"
    )
    tool_choice: str = Field(
        "auto", title="Tool choice", max_length=64, description="none, auto, required, or the name of one"
    )
    logprobs: bool = Field(False, title="Log probabilities", description="also answer those of each token")
    top_logprobs: int = Field(0, title="Alternatives", ge=0, le=5, description="of each token, with log probabilities")

    @model_validator(mode="after")
    def in_turn(self) -> Self:
        """Refuse what was said before if it does not end with the assistant."""
        if len(self.earlier) % 2:
            raise ValueError("earlier: it has you and the assistant in turn, so an even number of texts.")
        return self

    @model_validator(mode="after")
    def can_be_satisfied(self) -> Self:
        """Refuse a schema whose shortest text has more bytes than `max_tokens`: it may need a token for each."""
        if self.json_schema:
            try:
                shortest = grammar(self.json_schema).shortest
            except BadSchema as error:
                raise ValueError(f"json_schema: {error}") from None
            if shortest > self.max_tokens:
                raise ValueError(
                    f"max_tokens: it is {self.max_tokens}; the shortest JSON of this schema has {shortest} bytes."
                )
        return self


class Likely(BaseModel):
    """A token that may come next."""

    token: str = Field(title="Token")
    bytes: list[int] = Field(title="Its bytes")
    logprob: float = Field(title="Log probability", le=0, description="natural, before temperature and filters")


class Made(Likely):
    """A token that was made."""

    top_logprobs: list[Likely] = Field(title="Likeliest instead")


class Call(BaseModel):
    """A call of a function."""

    name: str = Field(title="Function")
    arguments: str = Field(title="Arguments", description="JSON")


class Prediction(BaseModel):
    """The answer."""

    text: str = Field(title="Answer", json_schema_extra={"contentMediaType": "text/plain"})
    tool_calls: list[Call] = Field([], title="Calls", description="of functions, in place of a text")
    finish_reason: Reason = Field(title="Ended by")
    refused: bool = Field(title="Refused", description="by a rule on phrases")
    tokens: int = Field(title="Tokens made", ge=0)
    prompt_tokens: int = Field(title="Tokens read", ge=0)
    seed: int = Field(
        title="Seed", ge=0, lt=SEEDS, description="with it the same text comes again",
        json_schema_extra={"display": "identifier"},
    )  # fmt: skip
    logprobs: list[Made] = Field(
        [], title="How likely each token was", description="log probabilities of the tokens made",
        json_schema_extra={"x-parts-add-up": True, "display": "tokens"},
    )  # fmt: skip

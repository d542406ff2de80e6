"""What is asked and answered."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from models.grammar.json_schema import LONGEST_TEXT, BadSchema, grammar

MOST_TOKENS = 1_000
LONGEST = 2_000  # characters of a prompt
SEEDS = 2**53  # so many, which JSON holds exactly

Stop = Annotated[str, StringConstraints(min_length=1, max_length=50)]


class Request(BaseModel):
    """How a text begins, and how it is to go on."""

    model_config = ConfigDict(extra="forbid")

    prompt: str = Field(
        title="Beginning", min_length=1, max_length=LONGEST, examples=["ROMEO:\n"],
        json_schema_extra={"contentMediaType": "text/plain"},
    )  # fmt: skip
    max_tokens: int = Field(200, title="Most bytes", ge=1, le=MOST_TOKENS)
    temperature: float = Field(0.8, title="Temperature", ge=0, le=2, description="0 takes the likeliest byte")
    top_k: int = Field(0, title="Top k", ge=0, le=256, description="of the likeliest so many; 0 for all")
    top_p: float = Field(1.0, title="Top p", gt=0, le=1, description="of the likeliest that have this share together")
    min_p: float = Field(0.0, title="Min p", ge=0, lt=1, description="of those with this share of the likeliest one's")
    presence_penalty: float = Field(0.0, title="Presence penalty", ge=-2, le=2)
    frequency_penalty: float = Field(0.0, title="Frequency penalty", ge=-2, le=2)
    stop: list[Stop] = Field([], title="Stop strings", max_length=4, description="the text ends before the first")
    seed: int | None = Field(
        None, title="Seed", ge=0, lt=SEEDS, description="the same seed gives the same text; without one it is random"
    )
    voice: str = Field("", title="Voice", max_length=100, description="a newsgroup that an adapter has learned")
    json_schema: str = Field(
        "", title="JSON schema", max_length=LONGEST_TEXT, description="what the text, then JSON, satisfies"
    )
    logprobs: bool = Field(False, title="Log probabilities", description="also answer those of each byte")
    top_logprobs: int = Field(0, title="Alternatives", ge=0, le=5, description="of each byte, with log probabilities")
    attention: int = Field(
        0, title="Attention", ge=0, le=8, description="with log probabilities: of how many bytes, for each layer"
    )

    @model_validator(mode="after")
    def can_be_satisfied(self) -> Self:
        """Refuse a schema that no text of `max_tokens` bytes satisfies."""
        if self.json_schema:
            try:
                shortest = grammar(self.json_schema).shortest
            except BadSchema as error:
                raise ValueError(f"json_schema: {error}") from None
            if shortest > self.max_tokens:
                raise ValueError(
                    f"max_tokens: it is {self.max_tokens}; the shortest JSON of this schema has {shortest}."
                )
        return self


class Likely(BaseModel):
    """A byte that may come next."""

    token: str = Field(title="Byte", description="as a character, or as \\x and its number where it is none")
    bytes: list[int] = Field(title="Its number", min_length=1, max_length=1)
    logprob: float = Field(title="Log probability", le=0, description="natural, before temperature and filters")


class Seen(BaseModel):
    """A byte that a layer attended to."""

    back: int = Field(title="So many bytes before", ge=1)
    share: float = Field(title="Share", ge=0, description="of its attention, the mean of all heads")


class Made(Likely):
    """A byte that was made."""

    top_logprobs: list[Likely] = Field(title="Likeliest instead")
    attention: list[list[Seen]] = Field([], title="Attention", description="for each layer, the most first")


class Prediction(BaseModel):
    """How the text goes on."""

    text: str = Field(title="Text", json_schema_extra={"contentMediaType": "text/plain"})
    finish_reason: Literal["stop", "length"] = Field(title="Ended by")
    tokens: int = Field(title="Bytes made", ge=0)
    prompt_tokens: int = Field(title="Bytes read", ge=0)
    seed: int = Field(
        title="Seed", ge=0, lt=SEEDS, description="with it the same text comes again",
        json_schema_extra={"display": "identifier"},
    )  # fmt: skip
    logprobs: list[Made] = Field(
        [], title="How likely each byte was", description="log probabilities of the bytes made",
        json_schema_extra={"x-parts-add-up": True, "display": "tokens"},
    )  # fmt: skip

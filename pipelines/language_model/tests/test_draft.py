"""N-grams as a draft, and the engine with it."""

import numpy as np
import pytest
import torch

from models.tokens.kneser_ney import KneserNey
from models.transformer.decoder import Decoder
from models.transformer.draft import GramsDraft
from models.transformer.streams import Streams
from models.transformer.text_engine import TextEngine
from pipelines.language_model import training
from pipelines.language_model.engine import engine
from pipelines.language_model.model import LanguageModel
from pipelines.language_model.schema import Request

TEXT = np.frombuffer(b"the king and the queen and the fool of the king \n" * 40, np.uint8)


@pytest.fixture(scope="module")
def decoder() -> Decoder:
    torch.manual_seed(0)
    network = Decoder(training.shape(width=32, layers=1, buckets=2**8)).eval()
    for weights in network.parameters():
        weights.data *= 3  # so that its choices are not all alike
    return network


def texts(engine: TextEngine, **fields) -> list[tuple[str, str, int]]:
    """Return what becomes of three prompts: text, why it ended, tokens."""
    answers: dict = {}
    for prompt in ("the ", "k", "and the queen"):
        row = Request(prompt=prompt, **fields).model_dump()
        answers[engine.admit({name: [row[name]] for name in LanguageModel.inputs})] = {"text": ""}
    while engine.texts:
        for stream, part in engine.step():
            if part:
                answers[stream] |= part | {"text": answers[stream]["text"] + part["text"]}
    return [(answer["text"], answer["finish_reason"], answer["tokens"]) for answer in answers.values()]


def test_draft_has_the_chances_of_the_grams():
    draft, grams = GramsDraft(TEXT, 4), KneserNey(TEXT, 4, modified=False)
    rows = draft([[*b"the k"], [*b"f"], [*b"the k"]]).exp().numpy()
    np.testing.assert_allclose(rows[0], grams.following(np.frombuffer(b"the k", np.uint8))[-1], rtol=1e-5)
    np.testing.assert_allclose(rows[1], grams.following(np.frombuffer(b"f", np.uint8))[-1], rtol=1e-5)
    np.testing.assert_array_equal(rows[0], rows[2])


@pytest.mark.parametrize("fields", [{}, {"stop": ["e", "qu"]}])
def test_likeliest_texts_and_their_ends_are_the_same_with_a_draft(decoder, fields):
    plain = engine(Streams(decoder, 100))
    drafted = engine(Streams(decoder, 100, draft=GramsDraft(TEXT)))
    wanted = fields | {"temperature": 0, "max_tokens": 40}
    assert texts(drafted, **wanted) == texts(plain, **wanted)
    assert drafted.streams.pages.available == drafted.streams.pages.count

"""What learns on a GPU: the cross-encoder, the tuned encoder and the reader; what they read, and that they learn."""

import numpy as np
import pytest
from transformers import BertTokenizerFast

from capstan.inputs import weights_files
from models.encoder import contrastive as tuned
from models.encoder import cross_encoder, minilm, reader
from models.encoder.cross_encoder import Pairs, Plan

pytestmark = pytest.mark.rotating
ABOUT = ["mice", "rats", "zebrafish", "yeast", "monkeys", "rabbits"]
PLACES = {"owls": "old barns", "bats": "deep caves", "foxes": "dry dens", "bears": "hollow trees", "eels": "soft mud"}


@pytest.fixture(scope="module")
def start():
    return minilm.load()


def test_a_pair_is_read_as_bert_reads_two_texts(start, claims, documents):
    theirs = BertTokenizerFast(vocab=str(weights_files.fetch_all(minilm.WEIGHTS)["vocabulary"]))
    titles = [document.fields["title"] for document in documents[:30]]
    read = Pairs(start.tokens, claims[:30], start.tokens.encode_all(titles, 512), 512)
    for number, (claim, title) in enumerate(zip(claims[:30], titles, strict=True)):
        assert read.row(number, number) == theirs(claim, title)["input_ids"]
    texts = start.tokens.encode_all([document.fields["text"] for document in documents[:30]], 64)
    cut = Pairs(start.tokens, claims[:30], texts, 64)
    for number in range(30):
        row = cut.row(number, number)
        assert len(row) == 64 and row.count(start.tokens.end) == 2


def test_lists_have_a_relevant_abstract_first_and_others_from_the_top():
    scores = np.arange(40.0)[None].repeat(3, axis=0)
    relevant = [np.array([39]), np.array([0, 1]), np.array([20])]
    lists = cross_encoder.lists(scores, relevant, Plan(depth=10), epoch=0)
    assert sorted((claim, numbers[0]) for claim, numbers in lists) == [(0, 39), (1, 0), (1, 1), (2, 20)]
    for claim, numbers in lists:
        assert all(number >= 30 and number not in relevant[claim] for number in numbers[1:])
    assert lists != cross_encoder.lists(scores, relevant, Plan(depth=10), epoch=1)


def shown() -> tuple[list[str], list[str], list[np.ndarray]]:
    """What is relevant is about the next animal: nothing that MiniLM knows."""
    claims, abstracts = [f"a claim about {name}" for name in ABOUT], [f"a study of {name}" for name in ABOUT]
    return claims, abstracts, [np.array([(number + 1) % len(ABOUT)]) for number in range(len(ABOUT))]


def test_a_cross_encoder_learns_what_it_is_shown(start):
    claims, abstracts, relevant = shown()
    plan = Plan(most=24, others=3, depth=6, lists=3, epochs=12, rate=3e-4)
    scores = np.ones((len(ABOUT), len(ABOUT)))
    read = Pairs(start.tokens, claims, start.tokens.encode_all(abstracts, 24), 24)
    network = cross_encoder.fit(start, read, scores, relevant, plan)
    fits = cross_encoder.reordered(network, read, scores, len(ABOUT))
    assert sum(fits.argmax(axis=1) == np.concatenate(relevant)) >= 4  # by chance one


def test_an_encoder_learns_what_it_is_shown(start):
    claims, abstracts, relevant = shown()
    rows = [start.tokens.encode_all(texts, 16) for texts in (claims, abstracts)]
    before = tuned.embed(start.encoder, rows[0], start.tokens.pad) @ start.embed(abstracts).T
    assert before.argmax(axis=1).tolist() == list(range(len(ABOUT)))
    plan = tuned.Plan(claims=6, depth=6, epochs=25, rate=3e-4)
    network = tuned.fit(start, *rows, before, relevant, plan)
    near, far = (tuned.embed(network, tokens, start.tokens.pad) for tokens in rows)
    assert sum((near @ far.T).argmax(axis=1) == np.concatenate(relevant)) >= 4
    assert np.allclose(np.linalg.norm(near, axis=1), 1, atol=1e-5)


def test_a_reader_learns_where_answers_are(start):
    paragraphs = [f"The report, which is long, says that {name} sleep in {place}." for name, place in PLACES.items()]
    answers = [(text.index(place), place) for text, place in zip(paragraphs, PLACES.values(), strict=True)]
    texts = reader.Texts(start.tokens, paragraphs, 64)
    rows = [texts.asked(f"Where do {name} sleep?", number) for number, name in enumerate(PLACES)]
    right = [reader.place(row, begin, begin + len(text)) for row, (begin, text) in zip(rows, answers, strict=True)]
    assert None not in right
    network = reader.fit(start, rows, right, reader.Plan(most=64, batch=5, epochs=20, rate=2e-4))
    found = reader.answers(network, rows, paragraphs, start.tokens.pad)
    assert sum(answer.text == text for answer, (_, text) in zip(found, answers, strict=True)) >= 4
    for answer, text in zip(found, paragraphs, strict=True):
        assert text[answer.start :].startswith(answer.text)


def test_what_was_not_reordered_stays_behind():
    scores, fits = np.array([[5.0, 4.0, 3.0, 2.0, 1.0]]), np.array([[0.0, 7.0, 3.0, -np.inf, -np.inf]])
    orders = [np.argsort(-cross_encoder.mixed(scores, fits, share)[0]).tolist() for share in (0.0, 1.0)]
    assert orders == [[0, 1, 2, 3, 4], [1, 2, 0, 3, 4]]

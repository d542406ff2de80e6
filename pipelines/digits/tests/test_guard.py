"""What is no digit, and how sure an answer is."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from models.metrics import classes
from models.vision import temperature as calibration
from pipelines.digits import others
from pipelines.digits.model import NO_DIGIT, guard_inputs
from pipelines.digits.pixels import from_bytes, to_png


def test_words_score_higher_than_digits_which_are_answered(model, parts):
    digits = from_bytes(parts[1]["pixels"].head(200))
    random = np.random.default_rng(0)
    words = np.stack([others.TESTED_ON["words"](random) for _ in range(60)])[:, None]
    scores = []
    for pixels in (digits, words):
        scores.append(model.guard.scores(guard_inputs(model.session, pixels)[0]))
    assert roc_auc_score(np.repeat([0, 1], [200, 60]), np.concatenate(scores)) > 0.8
    assert model.answers(digits)[1].mean() > 0.9


def test_answer_to_another_thing_is_no_digit(model):
    random = np.random.default_rng(0)
    things = [draw(random) for draw in others.TESTED_ON.values() for _ in range(20)]
    files = [to_png((255 * thing).astype(np.uint8).tobytes()) for thing in things]
    answers = model.predict_columns({"image": files})["digit"]
    assert NO_DIGIT in answers and set(answers) <= {NO_DIGIT, *"0123456789"}


@pytest.mark.parametrize("kind", [*others.TRAINED_ON, *others.TESTED_ON])
def test_other_things_are_drawn_as_mnist_would_show_them(kind):
    random = np.random.default_rng(0)
    drawn = np.stack([(others.TRAINED_ON | others.TESTED_ON)[kind](random) for _ in range(10)])
    assert drawn.shape == (10, 28, 28) and drawn.min() >= 0 and 0.5 < drawn.max() <= 1
    assert len(np.unique(drawn.reshape(10, -1), axis=0)) > 5


@pytest.mark.parametrize("true", [0.5, 1.0, 3.0])
def test_temperature_is_that_which_labels_were_drawn_with(true):
    random = np.random.default_rng(0)
    logits = 2 * random.normal(size=(20_000, 10))
    shares = calibration.probabilities(logits, true)
    labels = (shares.cumsum(axis=1) > random.random((len(logits), 1))).argmax(axis=1)
    assert calibration.temperature(logits, labels) == pytest.approx(true, rel=0.05)
    assert classes.score(labels, shares)["calibration_error"] < 0.01

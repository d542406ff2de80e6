"""What is served, and what a run shows of it."""

import base64
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from capstan.errors import CapstanError
from pipelines.digits import report, task
from pipelines.digits.schema import Prediction, Request


@pytest.fixture(scope="module")
def evaluation(model, parts):
    return task.evaluate(model, {"images": parts[1].head(30)})


def test_each_bound_of_the_gate_has_a_metric_and_that_of_the_size_holds(evaluation):
    """The others hold in the run on 8,000 images, and for the data of the negative controls as they are."""
    assert task.THRESHOLDS.keys() <= evaluation.metrics.keys()
    assert task.THRESHOLDS["edge_size"].holds(evaluation.metrics["edge_size"])


def test_report_shows_the_variants_mistakes_and_attacks(evaluation):
    sections = {section.title: section.content for section in evaluation.sections}
    variants = sections["The network and its edge variant"]
    assert variants["bytes"].is_monotonic_decreasing and (variants["milliseconds for one image"] > 0).all()
    assert sections["By digit"]["rows"].sum() == 30
    assert "are still read correctly: PGD of 20 steps and 2 starts" in sections["Under attack"]
    assert sections["On simulated pages"][["read", "refused", "wrong"]].sum(axis=1).tolist() == pytest.approx([1] * 13)
    assert "pupils of high schools" in sections["Dataset card"] and "Not for: Cheques" in sections["Model card"]
    for title in ("What is read wrong", "What fools it"):
        assert sections[title].axes


def test_units_have_the_metrics_as_means_and_the_baseline_has_its_own(evaluation):
    assert list(evaluation.units) == ["accuracy", "robust_accuracy", "read_on_pages", "digits_refused"]
    for metric, mean in evaluation.units.mean().items():
        assert mean == pytest.approx(evaluation.metrics[metric])
    assert len(evaluation.baselines["nearest neighbours"]) == 30


def test_metric_of_the_first_images_has_the_spread_of_those(parts):
    values = np.random.default_rng(0).random(50)
    spread = report.of_the_first(values, 200)
    assert spread.mean() == pytest.approx(values.mean())
    error = values.std() / np.sqrt(len(values))
    assert spread.std() / np.sqrt(len(spread)) == pytest.approx(error)


def test_nothing_wrong_is_said_in_a_word(parts):
    labels = np.arange(10)
    assert report.plots.wrong(np.zeros((10, 1, 28, 28)), labels, np.eye(10)) == "None."


def test_answer_is_that_of_the_network(model, parts):
    examples = task.examples({"images": parts[1]})
    requests = [Request.model_validate(example) for example in examples]
    answers = model.predict_columns({"image": [request.image for request in requests]})
    assert answers["digit"] == parts[1]["label"].head(3).astype(str).tolist()
    for digit, probabilities in zip(*answers.values(), strict=True):
        answer = Prediction(digit=digit, probabilities=probabilities)
        assert sum(answer.probabilities.values()) == pytest.approx(1)
        assert max(answer.probabilities, key=answer.probabilities.get) == answer.digit


def test_model_answers_in_a_process_without_torch(model, parts, tmp_path):
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(model))
    (tmp_path / "image.png").write_bytes(Request.model_validate(task.examples({"images": parts[1]})[0]).image)
    script = (
        "import pickle, sys; from pathlib import Path; folder = Path(sys.argv[1]);"
        "model = pickle.loads((folder / 'model.pkl').read_bytes());"
        "answers = model.predict_columns({'image': [(folder / 'image.png').read_bytes()]});"
        "print(answers['digit'], 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout == "['7'] False\n"


def test_signals_have_a_row_per_image(model, parts):
    signals = task.signals(model, {"images": parts[1].head(50)})
    assert list(signals) == ["label", "digit", "confidence", "ink"] and len(signals) == 50
    assert (signals["label"] == signals["digit"]).mean() > 0.85 and signals["confidence"].between(0.1, 1).all()


def test_live_signals_are_those_of_the_same_images(model, parts):
    tables = {"images": parts[1].head(3)}
    requests = task.examples(tables)
    answers = model.predict_columns({"image": [base64.b64decode(request["image"]) for request in requests]})
    live, same = task.live_signals(pd.DataFrame(requests), pd.DataFrame(answers)), task.signals(model, tables)
    assert live.to_dict("list") == {
        name: pytest.approx(same[name].tolist(), abs=1e-3) for name in ("confidence", "ink")
    }


def test_unknown_network_is_refused(parts):
    with pytest.raises(CapstanError, match=r"no network 'rnn'\. There are: cnn, vit, efficient"):
        task.train({"images": parts[0].head(128)}, network="rnn")

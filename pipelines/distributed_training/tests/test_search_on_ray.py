"""Searches on real Ray: ours, killed in the middle, and Ray Tune's, which decide there as where they are replayed."""

import json
import signal
import subprocess
import sys
from functools import partial

import pytest
import torch

from models.search import SEARCHES, rays
from models.search.journal import Journal
from models.search.workers import run
from pipelines.distributed_training.studies.search import curves, network
from tests.support.processes import HANG_SECONDS, ROOT, wait_until

pytestmark = [pytest.mark.rotating, pytest.mark.slow]
BUDGET, SEED = 120, 2


@pytest.fixture(scope="module")
def ray():
    import ray

    yield ray
    ray.shutdown()


def test_a_search_on_ray_that_is_killed_goes_on_as_if_it_were_not(tmp_path):
    """Population-based training, whose members copy networks: by the command, with one worker."""
    torch.set_num_threads(1)
    undisturbed = SEARCHES["population-based"](partial(network.draw, SEED), BUDGET, network.PRIOR, SEED)
    run(undisturbed, network.train)
    what = ["--by", "population-based", "--workers", "1", "--budget", str(BUDGET), "--seed", str(SEED)]
    command = [sys.executable, "-m", "pipelines.distributed_training.studies.search.on_ray", str(tmp_path), *what]
    journal = tmp_path / "journal.json"

    def told() -> int:
        return sum("told" in event for event in json.loads(journal.read_text())) if journal.exists() else 0

    with subprocess.Popen(command, cwd=ROOT) as process:
        wait_until(lambda: told() >= 20)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL and 20 <= told() < len(undisturbed.jobs)
    printed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=HANG_SECONDS).stdout
    search = SEARCHES["population-based"](partial(network.draw, SEED), BUDGET, network.PRIOR, SEED)
    Journal(journal, search)
    assert search.jobs == undisturbed.jobs and search.losses == pytest.approx(undisturbed.losses)
    assert any(job.parent is not None and search.jobs[job.parent].trial != job.trial for job in search.jobs)
    assert f"Trial {undisturbed.best.trial} after {undisturbed.best.end} steps" in printed


@pytest.mark.parametrize(("kind", "trials"), [("asha", 12), ("hyperband", 17)])
def test_rays_schedulers_decide_in_tune_as_they_do_here(ray, tmp_path, kind, trials):
    from ray import tune

    from capstan.ray_workers import start_ray

    known, most = curves.read(), 9

    class Recorded(tune.Trainable):
        def setup(self, config):
            self.row = config["row"]

        def step(self):
            return {"step": self.iteration + 1, "loss": known.losses[self.row][self.iteration]}

        def save_checkpoint(self, checkpoint_dir):
            return {}

        def load_checkpoint(self, checkpoint):
            pass

        def reset_config(self, new_config):
            self.row = new_config["row"]
            return True

    start_ray(cpus=1)
    scheduler = {"asha": rays.asha, "hyperband": rays.hyperband}[kind]
    controller = rays.Controller(scheduler(most, 3), known.draw, known.train, most, 10_000, trials)
    controller.run()
    results = tune.Tuner(
        Recorded,
        param_space={"row": tune.grid_search([*range(trials)])},
        tune_config=tune.TuneConfig(scheduler=scheduler(most, 3), max_concurrent_trials=None, reuse_actors=True),
        run_config=tune.RunConfig(storage_path=str(tmp_path), verbose=0),
    ).fit()
    far = {report.config["row"]: report.metrics["step"] for report in results}
    assert far == {report.trial: report.step for report in controller.reports}

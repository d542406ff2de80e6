"""Variables that look like settings and are none: misspelt ones, and those of earlier versions."""

import os
from collections.abc import Iterable

from capstan.errors import did_you_mean
from capstan.settings import PREFIX, Settings

SCHEDULING = "State `{}` in the YAML file that CAPSTAN_SCHEDULING names: docs/kubernetes.md describes it."
FIXED = "Take it out: it is fixed now."
OPTION = "Give `capstan cluster up` the option `{}` once: the state folder keeps it."
GONE = {
    "BATCH_DELAY": FIXED,
    "BODY_SECONDS": FIXED,
    "CONNECT_SECONDS": FIXED,
    "DRAIN_DELAY": "Give `python -m serving` the option `--drain-delay`.",
    "DRAIN_SECONDS": FIXED,
    "ENGINE_ROWS": "Set CAPSTAN_ENGINE to `local` or `ray`; `auto` takes Ray from 20 million rows on.",
    "FIRST_TOKEN_SECONDS": FIXED,
    "GPU": SCHEDULING.format("gpu.resource"),
    "GPU_NODE_SELECTOR": SCHEDULING.format("gpu.node_selector"),
    "IMAGE_COMMAND": OPTION.format("--image-command"),
    "IMAGE_DIGEST": OPTION.format("--image-digest"),
    "LOG_SEGMENT_BYTES": FIXED,
    "LOOK_ROWS": FIXED,
    "MAX_BODIES_BYTES": FIXED,
    "NODE_SELECTOR": SCHEDULING.format("node_selector"),
    "OVERLAY": OPTION.format("--overlay"),
    "PLATFORM_COMMAND": OPTION.format("--platform-command"),
    "PRIORITY_CLASS": SCHEDULING.format("priority_class"),
    "QUEUE": SCHEDULING.format("queue"),
    "QUEUE_PRIORITY": SCHEDULING.format("queue_priority"),
    "RAY_CLUSTER": SCHEDULING.format("ray.cluster"),
    "RAY_CPUS": "Take it out: a training job sets the CPUs of its workers itself.",
    "RAY_MIN_WORKERS": SCHEDULING.format("ray.min_workers"),
    "RAY_STORAGE": "Take it out: a training job sets where its workers share checkpoints itself.",
    "S3_IAM_ENDPOINT": OPTION.format("--s3-iam-endpoint"),
    "SERVICE_ACCOUNT": "Take it out: steps run as the account NAMESPACE-steps.",
    "STEP_SERVER": "Set STEP_SERVER_FIFO: it is not for users.",
    "TOKEN_BURST": FIXED,
    "TOKEN_SECONDS": FIXED,
    "TOLERATIONS": SCHEDULING.format("tolerations"),
}


def unread(names: Iterable[str] = os.environ) -> list[str]:
    """Return a message for each variable that is no setting any more, or is spelt almost like one."""
    known = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    messages = []
    for name in names:
        if not name.startswith(PREFIX) or name in known:
            continue
        if advice := GONE.get(name.removeprefix(PREFIX)):
            messages.append(f"{name} is not a setting any more, and changes nothing. {advice}")
        elif hint := did_you_mean(name, known):
            messages.append(f"{name} is not a setting.{hint}")
    return messages

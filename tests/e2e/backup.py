"""The commands of docs/operations.md, typed as they stand there."""

import os
import subprocess
import sys
from pathlib import Path

from tests.e2e import kube
from tests.support.documented_commands import Command, commands
from tests.support.processes import ROOT

PAGE = ROOT / "docs" / "operations.md"
S3 = "http://localhost:9000"  # where the page has S3 forwarded to
# The one command of the AWS CLI that the page uses.
AWS = """#!{python}
import os, pathlib, sys
import boto3
_, _, url, _, _, source, target = sys.argv
s3 = boto3.resource("s3", endpoint_url=url)
if source.startswith("s3://"):
    for item in s3.Bucket(source[5:]).objects.all():
        if item.key.endswith("/"):  # a mark of a folder, which has no content
            continue
        path = pathlib.Path(target, item.key)
        path.parent.mkdir(parents=True, exist_ok=True)
        s3.Bucket(source[5:]).download_file(item.key, path)
else:
    for path in pathlib.Path(source).rglob("*"):
        if path.is_file():
            s3.Bucket(target[5:]).upload_file(path, str(path.relative_to(source)))
"""


def written_under(heading: str) -> list[Command]:
    """Return the commands of the page after a heading, or after a paragraph's first words, until the next."""
    text = PAGE.read_text()
    start = text.count("\n", 0, text.index(heading))
    fences = [command.line for command in commands(PAGE) if command.line > start]
    end = next(line for line in range(fences[0], fences[0] + 50) if text.splitlines()[line - 1] == "```")
    return [command for command in commands(PAGE) if start < command.line < end]


def run(command: str, folder: Path, **environment: str) -> None:
    """Run a command of the page in a folder."""
    path = f"{folder}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, capture_output=True, text=True, timeout=600,
        env=os.environ | kube.ENVIRONMENT | environment | {"PATH": path},
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


class Backup:
    """A backup of the cluster, in a folder that also has the command `aws`."""

    def __init__(self, folder: Path):
        self.folder = folder
        (folder / "aws").write_text(AWS.format(python=sys.executable))
        (folder / "aws").chmod(0o755)

    def save(self) -> None:
        """Save everything."""
        self._type("Save PostgreSQL first", "For S3, keep")

    def restore(self) -> None:
        """Put everything back, and wait for the services that were restarted."""
        self._type("To restore,")
        for name in ("mlflow", "evidently"):
            kube.kubectl("rollout", "status", f"deploy/{name}", "--namespace=capstan", "--timeout=300s", timeout=310)

    def _type(self, *headings: str) -> None:
        keys = {
            f"AWS_{name}": kube.secret("capstan-secrets", f"CAPSTAN_S3_{short}_KEY")
            for name, short in (("ACCESS_KEY_ID", "ACCESS"), ("SECRET_ACCESS_KEY", "SECRET"))
        }
        with kube.forward("svc/seaweedfs", 9000, namespace="kubeflow") as port:
            for command in (command for heading in headings for command in written_under(heading)):
                text = command.text.replace(S3, f"http://localhost:{port}")
                run(text, self.folder, AWS_DEFAULT_REGION="us-east-1", **keys)

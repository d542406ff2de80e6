"""`python -m pipelines.digits.over_the_air`: publish the edge variant of a version, and what a device does with it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

from capstan.errors import CapstanError
from capstan.settings import settings
from pipelines.digits import release
from pipelines.digits.device import Device

if TYPE_CHECKING:
    from pipelines.digits.model import DigitModel

KEY = "release.key"  # in the state folder


def publish(folder: Path, number: str = "") -> str:
    """Write the release of a version, or of the champion, into a folder; return a message for the user."""
    from capstan.versions import registry

    version = registry.known_version(release.NAME, number) if number else registry.champion(release.NAME)
    model = cast("DigitModel", registry.load_version(release.NAME, version.version).model)
    release.publish(folder, model.edge, int(version.version), release.private_key(settings().home / KEY))
    size = f"{len(model.edge):,} bytes"
    return f"Version {version.version} is in {folder}: {size}. Serve it: python -m http.server --directory {folder}"


def main() -> None:
    """Run one command."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    publishing = commands.add_parser("publish", help="sign the edge variant, for devices to fetch")
    publishing.add_argument("folder", type=Path)
    publishing.add_argument("--version", default="", help="another than the champion")
    for name, help in (
        ("update", "take the release"),
        ("rollback", "go back"),
        ("read", "read an image"),
        ("state", "report what runs"),
    ):
        command = commands.add_parser(name, help=help)
        command.add_argument("device", type=Path, help="its folder")
        if name == "update":
            command.add_argument("url", help="the release's address")
        if name == "read":
            command.add_argument("image", type=Path, help="the image's path")
        command.add_argument("--key", type=Path, required=True, help="the device's own copy of release.pub")
    options = parser.parse_args()
    try:
        print(publish(options.folder, options.version) if options.command == "publish" else on_device(options))
    except (CapstanError, ValueError, OSError) as error:
        sys.exit(f"{error}")


def on_device(options: argparse.Namespace) -> str:
    """Run a command of a device; return a message for the user."""
    device = Device(options.device, options.key.read_bytes())
    if options.command == "update":
        version = device.update(options.url.rstrip("/"))
        return f"This device runs version {version} now." if version else "This device has this version already."
    if options.command == "rollback":
        return f"This device runs version {device.rollback()} again."
    if options.command == "read":
        digit, version = device.read(options.image.read_bytes())
        return f"{digit} (version {version})"
    state = device.state
    return f"This device runs version {state.current or 'none'}, and can go back to {state.previous or 'none'}."


if __name__ == "__main__":
    main()

"""Updates over the air from a real web server: what is wrong, and power that is lost anywhere, leave the old model."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from threading import Thread

import numpy as np
import onnx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from capstan.errors import CapstanError
from models.vision.onnx_networks import INPUT, OUTPUT
from pipelines.digits import over_the_air, release
from pipelines.digits.device import Device
from pipelines.digits.pixels import to_png
from tests.support.processes import ROOT

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes(*release.RAW)
IMAGE = to_png(bytes(300) + bytes([255]) * 100 + bytes(384))
FORKSERVER = get_context("forkserver")
FORKSERVER.set_forkserver_preload([__name__, "onnxruntime"])  # not torch: neither a device nor this module needs it


class Handler(SimpleHTTPRequestHandler):
    """Files of a folder; a file `NAME.cut` next to one cuts it off after so many bytes."""

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        cut = path.with_name(f"{path.name}.cut")
        if not cut.exists():
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(path.stat().st_size))
        self.end_headers()
        self.wfile.write(path.read_bytes()[: int(cut.read_text())])
        self.close_connection = True


@pytest.fixture(scope="module")
def networks() -> list[bytes]:
    """Three networks as files."""
    return [linear(seed) for seed in range(3)]


def linear(seed: int, digits: int = 10) -> bytes:
    """Return a file with a network of one layer: written by hand, since the export from torch takes seconds."""
    weights = np.random.default_rng(seed).normal(size=(784, digits)).astype(np.float32)
    nodes = [
        onnx.helper.make_node("Flatten", [INPUT], ["flat"]),
        onnx.helper.make_node("MatMul", ["flat", "weights"], [OUTPUT]),
    ]
    ends = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        for name, shape in ((INPUT, ["count", 1, 28, 28]), (OUTPUT, ["count", digits]))
    ]
    graph = onnx.helper.make_graph(
        nodes, "linear", ends[:1], ends[1:], [onnx.numpy_helper.from_array(weights, "weights")]
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=10)
    return model.SerializeToString()


@pytest.fixture
def folder(tmp_path, networks) -> Path:
    """A folder with release 1."""
    release.publish(tmp_path / "web", networks[0], 1, KEY)
    return tmp_path / "web"


@pytest.fixture
def url(folder) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def device(tmp_path, url) -> Device:
    """A device that runs version 1."""
    device = Device(tmp_path / "device", PUBLIC)
    assert device.update(url) == 1
    return device


def answering(device: Device) -> int:
    """Return the version that answers, in a device that has just been switched on."""
    return Device(device.folder, PUBLIC).read(IMAGE)[1]


def test_device_updates_and_answers(device, url, folder, networks):
    assert answering(device) == 1
    assert device.update(url) is None
    release.publish(folder, networks[1], 2, KEY)
    assert device.update(url) == 2 and answering(device) == 2
    release.publish(folder, networks[2], 3, KEY)
    assert device.update(url) == 3 and answering(device) == 3
    assert {path.name for path in device.folder.iterdir()} == {"2.onnx", "3.onnx", "state.json"}


def test_rollback_goes_back_once_and_the_version_does_not_come_again(device, url, folder, networks):
    with pytest.raises(CapstanError, match="There is no version to go back to"):
        device.rollback()
    release.publish(folder, networks[1], 2, KEY)
    device.update(url)
    assert device.rollback() == 1 and answering(device) == 1
    with pytest.raises(CapstanError, match="version 2, and this device has had 2"):
        device.update(url)
    assert answering(device) == 1
    release.publish(folder, networks[2], 3, KEY)
    assert device.update(url) == 3 and answering(device) == 3


def test_command_does_what_a_device_can_and_says_so(device, url, folder, networks, monkeypatch, capsys):
    def words(command: str, *options: object) -> list[str]:
        return list(map(str, (command, device.folder, *options, "--key", folder / release.PUBLIC)))

    def printed(command: str, *options: object) -> str:
        monkeypatch.setattr(sys, "argv", ["over_the_air", *words(command, *options)])
        try:
            over_the_air.main()
        except SystemExit as error:
            return str(error)
        return capsys.readouterr().out.strip()

    assert printed("update", url) == "This device has this version already."
    release.publish(folder, networks[1], 2, KEY)
    assert printed("update", f"{url}/") == "This device runs version 2 now."
    assert printed("state") == "This device runs version 2, and can go back to 1."
    (folder / "digit.png").write_bytes(IMAGE)
    digit, version = device.read(IMAGE)
    assert printed("read", folder / "digit.png") == f"{digit} (version {version})"
    assert "is not a PNG or JPEG image" in printed("read", folder / release.MANIFEST)
    assert printed("rollback") == "This device runs version 1 again."
    assert printed("rollback") == "There is no version to go back to."
    forged(folder)
    module = [sys.executable, "-m", "pipelines.digits.over_the_air"]
    done = subprocess.run([*module, *words("update", url)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and "is not by this device's key" in done.stderr and "Traceback" not in done.stderr


def rewrite(folder: Path, **changes: object) -> None:
    """Change what the release says, and sign it again."""
    manifest = json.dumps(json.loads((folder / release.MANIFEST).read_text()) | changes).encode()
    (folder / release.MANIFEST).write_bytes(manifest)
    (folder / release.SIGNATURE).write_bytes(KEY.sign(manifest))


def forged(folder: Path) -> None:
    manifest = (folder / release.MANIFEST).read_bytes()
    (folder / release.SIGNATURE).write_bytes(Ed25519PrivateKey.generate().sign(manifest))


def changed_after_signing(folder: Path) -> None:
    manifest = folder / release.MANIFEST
    manifest.write_text(manifest.read_text().replace('"version": 2', '"version": 9'))


BROKEN = {
    "a signature by another key": (forged, "is not by this device's key"),
    "a release that was changed after it was signed": (changed_after_signing, "is not by this device's key"),
    "no signature": (lambda folder: (folder / release.SIGNATURE).write_bytes(b""), "is not by this device's key"),
    "a signature that is not there": (lambda folder: (folder / release.SIGNATURE).unlink(), "404"),
    "an older version": (lambda folder: rewrite(folder, version=0), "Release a newer one"),
    "another model": (lambda folder: rewrite(folder, name="letters"), "a release of letters"),
    "a download that is cut off": (lambda folder: (folder / "2.onnx.cut").write_text("500"), "cannot be downloaded"),
    "a file that is shorter": (lambda folder: (folder / "2.onnx").write_bytes(b"short"), "not what the release says"),
    "a file that is longer": (lambda folder: append(folder / "2.onnx"), "larger than"),
    "a file with other bytes": (lambda folder: flip(folder / "2.onnx"), "not what the release says"),
    "a file that is no network": (lambda folder: release.publish(folder, b"no network", 2, KEY), "cannot be run here"),
    "a network of something else": (lambda folder: release.publish(folder, linear(0, digits=3), 2, KEY), "ten numbers"),
}


def append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0" * 70_000)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", BROKEN)
def test_bad_release_leaves_the_old_model(name, device, url, folder, networks):
    release.publish(folder, networks[1], 2, KEY)
    break_it, problem = BROKEN[name]
    break_it(folder)
    before = {path.name: path.read_bytes() for path in device.folder.iterdir()}
    with pytest.raises(CapstanError, match=problem):
        device.update(url)
    assert {path.name: path.read_bytes() for path in device.folder.iterdir()} == before
    assert answering(device) == 1


def test_server_that_is_away_leaves_the_old_model(device):
    with pytest.raises(CapstanError, match="cannot be downloaded"):
        device.update("http://127.0.0.1:9")
    assert answering(device) == 1


@pytest.mark.rotating
@pytest.mark.slow
def test_power_lost_anywhere_leaves_the_old_model_or_the_new_one(tmp_path, url, folder, networks):
    seen = []
    for number in count(1):
        place = tmp_path / str(number)
        release.publish(folder, networks[0], 1, KEY)
        Device(place, PUBLIC).update(url)
        release.publish(folder, networks[1], 2, KEY)
        child = FORKSERVER.Process(target=update_until, args=(number, place, url))
        child.start()
        child.join(60)
        device = Device(place, PUBLIC)
        seen.append(answering(device))
        if child.exitcode == 0:
            break
        assert child.exitcode == -signal.SIGKILL
        device.update(url)  # what was left does not stand in the way
        assert answering(device) == 2
        assert {path.name for path in place.iterdir()} == {"1.onnx", "2.onnx", "state.json"}
    switched = seen.index(2)
    assert switched >= 5 and seen == [1] * switched + [2] * (len(seen) - switched)


def update_until(number: int, place: Path, url: str) -> None:
    """Update a device in a process that ends with SIGKILL before one of its writes."""
    left = number

    def counted(call):
        def write(*arguments, **options):
            nonlocal left
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **options)

        return write

    def opened(path, mode="r", **options):
        return (counted(Path_open) if "w" in mode else Path_open)(path, mode, **options)

    Path_open = Path.open
    Path.open, Path.replace, Path.unlink = opened, counted(Path.replace), counted(Path.unlink)
    os.fsync = counted(os.fsync)
    Device(place, PUBLIC).update(url)


def test_damaged_file_hands_over_to_the_version_before(device, url, folder, networks):
    release.publish(folder, networks[1], 2, KEY)
    device.update(url)
    flip(device.folder / "2.onnx")
    assert answering(device) == 1
    flip(device.folder / "1.onnx")
    with pytest.raises(CapstanError, match="has no version that works"):
        device.read(IMAGE)


def test_full_disk_leaves_the_old_model(device, url, folder, networks, monkeypatch):
    release.publish(folder, networks[1], 2, KEY)
    (device.folder / "2.onnx.partial").symlink_to("/dev/full")
    with pytest.raises(CapstanError, match="No space left"):
        device.update(url)
    assert answering(device) == 1


def test_private_key_is_made_once_and_for_its_owner_alone(tmp_path):
    path = tmp_path / "home" / "release.key"
    first = release.private_key(path)
    assert release.private_key(path).private_bytes_raw() == first.private_bytes_raw()
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"not a key")
    with pytest.raises(CapstanError, match="is not a key for signing"):
        release.private_key(path)

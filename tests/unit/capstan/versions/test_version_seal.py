"""A version whose files were changed is refused before any of it runs, and so is one without a signature."""

import subprocess
from pathlib import Path

import pytest

from capstan.errors import CapstanError
from capstan.settings import settings
from capstan.versions import version_seal
from capstan.versions.version_seal import DamagedVersion, UnsignedVersion


@pytest.fixture
def version(tmp_path) -> Path:
    folder = tmp_path / "version"
    (folder / "code" / "pipelines").mkdir(parents=True)
    (folder / "model.pkl").write_bytes(b"model")
    (folder / "schema.json").write_text("{}")
    (folder / "code" / "pipelines" / "task.py").write_text("x = 1\n")
    version_seal.write(folder)
    return folder


@pytest.fixture
def key(monkeypatch):
    """Return a function that makes a key with OpenSSL and sets it."""

    def make(**set_as: bool) -> tuple[str, str]:
        command = ["openssl", "genpkey", "-algorithm", "ed25519"]
        private = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        command = ["openssl", "pkey", "-pubout"]
        public = subprocess.run(command, input=private, capture_output=True, text=True, check=True).stdout
        use(private, public)
        return private, public

    def use(private: str, public: str) -> None:
        for name, text in (("CAPSTAN_SIGNING_KEY", private), ("CAPSTAN_VERIFYING_KEY", public)):
            monkeypatch.setenv(name, text)
        settings.cache_clear()

    make.use = use
    yield make
    monkeypatch.undo()
    settings.cache_clear()


DAMAGES = {
    "a byte of the model": lambda folder: (folder / "model.pkl").write_bytes(b"modem"),
    "a file that is gone": lambda folder: (folder / "schema.json").unlink(),
    "a file more": lambda folder: (folder / "code" / "pipelines" / "another.py").write_text(""),
    "a file elsewhere": lambda folder: (folder / "schema.json").rename(folder / "code" / "schema.json"),
    "bytecode": lambda folder: (folder / "code" / "task.pyc").write_bytes(b"\0"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_changed_file_is_named(version, damage):
    tags = version_seal.tags("made", version)
    version_seal.check(version, "made", tags)
    damage(version)
    for registered in (tags, {}, None):  # without tags, its own sums show damage
        with pytest.raises(DamagedVersion, match="not as saved"):
            version_seal.check(version, "made", registered)


def test_change_with_new_sums_is_noticed_by_the_registrys_digest(version):
    tags = version_seal.tags("made", version)
    (version / "model.pkl").write_bytes(b"modem")
    version_seal.write(version)
    with pytest.raises(DamagedVersion, match="not the file that was registered"):
        version_seal.check(version, "made", tags)
    (version / version_seal.SUMS).unlink()
    with pytest.raises(DamagedVersion, match="has no file SHA256SUMS"):
        version_seal.check(version, "made", tags)


def test_sha256sum_reads_the_sums(version):
    command = ["sha256sum", "--check", "--strict", version_seal.SUMS]
    done = subprocess.run(command, cwd=version, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.count(": OK") == 3


def test_version_from_before_passes_until_versions_must_be_signed(version, key):
    (version / version_seal.SUMS).unlink()
    version_seal.check(version, "made", {})
    key()
    with pytest.raises(UnsignedVersion, match="not signed"):
        version_seal.check(version, "made", {})


def test_signature_is_of_this_capstone_these_files_and_this_key(version, key):
    plain = version_seal.tags("made", version)
    pair = key()
    signed = version_seal.tags("made", version)
    version_seal.check(version, "made", signed)
    for wrong in (plain, signed | {"signature": "no base64"}, signed | {"sha256": ""}):
        with pytest.raises(UnsignedVersion):
            version_seal.check(version, "made", wrong)
    with pytest.raises(UnsignedVersion, match="by another key"):
        version_seal.check(version, "other", signed)
    key()
    with pytest.raises(UnsignedVersion, match="by another key"):
        version_seal.check(version, "made", signed)
    key.use("", pair[1])  # who serves has the public key alone
    version_seal.check(version, "made", signed)
    key.use(pair[0], "")
    version_seal.check(version, "made", signed)


def test_other_text_than_a_key_is_refused(version, key):
    private, public = key()
    for pair in ((public, ""), ("text", "")):
        key.use(*pair)
        with pytest.raises(CapstanError, match="CAPSTAN_SIGNING_KEY is not an Ed25519 private key"):
            version_seal.tags("made", version)
    key.use("", private)
    with pytest.raises(CapstanError, match="CAPSTAN_VERIFYING_KEY is not an Ed25519 public key"):
        version_seal.check(version, "made", {})

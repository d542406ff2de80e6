"""Tokens in a volume of Kubernetes: the file is a link to a folder, which another folder replaces."""

from hashlib import sha256

from capstan.settings import Settings
from serving.guards.tokens import TokenFile


def test_new_files_of_a_volume_are_read(tmp_path):
    for token in ("old", "new"):
        (tmp_path / token).mkdir()
        (tmp_path / token / "tokens").write_text(f"{token} {sha256(token.encode()).hexdigest()}\n")
    (tmp_path / "..data").symlink_to("old")
    (tmp_path / "tokens").symlink_to("..data/tokens")
    tokens = TokenFile(Settings(tokens_file=tmp_path / "tokens").tokens_file)
    assert tokens.client("old") == "old"
    (tmp_path / "..data_tmp").symlink_to("new")
    (tmp_path / "..data_tmp").rename(tmp_path / "..data")
    assert (tokens.client("new"), tokens.client("old")) == ("new", "")

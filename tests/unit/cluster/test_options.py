"""Options of `capstan cluster up`, which the state folder keeps for later commands."""

import shlex

import pytest

from capstan.errors import CapstanError
from cluster import options
from cluster.options import Options, keep


def test_what_was_given_stays_until_something_else_is_given(home):
    assert options.options() == Options() and str(Options()) == ""
    keep(overlay="prod", image_command="docker push", image_digest=True, s3_iam_endpoint=None)
    assert keep(platform_command="true", overlay=None) == options.options()
    flags = "--overlay prod --platform-command true --image-command 'docker push' --image-digest"
    assert str(options.options()) == flags and len(shlex.split(flags)) == 7
    assert keep(overlay="", image_command="", image_digest=False, platform_command="") == Options()


def test_folder_of_an_overlay_is_found_from_another_folder(home, tmp_path, monkeypatch):
    (own := tmp_path / "mine").mkdir()
    (own / "kustomization.yaml").touch()
    monkeypatch.chdir(tmp_path)
    kept = keep(overlay="./mine/")
    monkeypatch.chdir("/")
    assert options.overlay_folder(kept.overlay) == own
    assert keep(overlay=str(options.OVERLAYS / "prod")).overlay == "prod"


def test_unknown_overlay_is_refused_and_not_kept(home):
    with pytest.raises(CapstanError, match=r"'nowhere' is not an overlay. Give `--overlay` a folder, or one of .*kind"):
        keep(overlay="nowhere")
    assert options.options() == Options()


def test_file_that_cannot_be_read_is_an_error_and_options_of_another_version_are_not(home):
    keep(overlay="prod")
    file = home / options.PLACE
    file.write_text('{"overlay": "prod", "of_later": 1}')
    assert options.options() == Options(overlay="prod")
    file.write_text("{")
    with pytest.raises(CapstanError, match=r"options\.json cannot be read .*Delete it"):
        options.options()


def test_another_state_folder_is_taken_over(home, tmp_path):
    options.copy(tmp_path)
    assert options.options() == Options()
    (file := tmp_path / options.PLACE).parent.mkdir()
    file.write_text('{"image_command": "docker push"}')
    options.copy(tmp_path)
    assert options.options() == Options(image_command="docker push")

"""A capstone that a test edits is not what the tests after it get."""

import shutil

from tests.support import capstones_of_tests as capstones


def test_edited_capstone_is_read_again_after_its_version_was_saved(tmp_path):
    shutil.copytree(capstones.FOLDER / "plain", tmp_path / "edited_plain")
    file = tmp_path / "edited_plain" / "task.py"
    before = file.read_text()
    with capstones.in_catalogue(tmp_path):
        assert capstones.task("edited_plain").Request.model_fields["x"].examples == [1.5]
        file.write_text(before.replace("examples=[1.5]", "examples=[12.25]"))
        capstones.save(tmp_path / "saved", "edited_plain", fresh=True)
        assert "12.25" in (tmp_path / "saved" / "version" / "schema.json").read_text()
        file.write_text(before)
        assert capstones.task("edited_plain").Request.model_fields["x"].examples == [1.5]
    capstones.forget("edited_plain")

from pathlib import Path

import pytest

from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.files.path_component import inside, path_component


@pytest.mark.parametrize("name", ["val", "best-val", "night 2", "straße", "x" * 200])
def test_plain_names_pass_as_they_are(name: str) -> None:
    assert path_component(name, "a split") == name


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "x/../..", "/etc", "a/b", "a\\b", ".hidden", "a\0b", "a\nb", "\x1b[1m", "x" * 201]
)
def test_names_that_could_leave_their_folder_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match=r"a split is one plain name"):
        path_component(name, "a split")


def test_paths_below_a_folder_are_found(tmp_path: Path) -> None:
    assert inside(tmp_path, "a/b.jpg") == tmp_path / "a" / "b.jpg"
    assert inside(tmp_path, "a/../b.jpg") == tmp_path / "b.jpg"


@pytest.mark.parametrize("name", ["..", "../x", "/etc/passwd", "a/../../x", ".", "", "a\0b"])
def test_paths_that_lead_out_are_not(tmp_path: Path, name: str) -> None:
    assert inside(tmp_path, name) is None


def test_links_below_the_folder_are_their_owners(tmp_path: Path) -> None:
    (tmp_path / "photos").symlink_to("/srv")
    assert inside(tmp_path, "photos/a.jpg") == tmp_path / "photos" / "a.jpg"


def test_the_link_behind_dots_is_not_asked(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "out").symlink_to("/srv/data")
    assert inside(tmp_path / "in", "out/../b.jpg") == tmp_path / "in" / "b.jpg"

"""Paths in little room, and files that are opened."""

from pathlib import Path

import pytest
from textual.app import App

from bddseg_tui.tui.shared import show_file
from bddseg_tui.tui.shared.path_lines import fold_at_slashes, path_end
from bddseg_tui.tui.shared.show_file import has_browser

PATH = "/data/runs/0003-strong/evaluation/best-val/report/report.html"


@pytest.mark.parametrize("width", [16, 20, 33, 60])
def test_a_path_breaks_behind_slashes_and_loses_nothing(width: int) -> None:
    lines = fold_at_slashes(f"written to {PATH}", width).split("\n")
    assert "".join(lines).removeprefix("written to").strip() == PATH
    names = set(PATH.split("/"))
    assert all(part in names for line in lines if line.startswith(("/", "0", "r")) for part in line.split("/"))
    assert all(len(line) <= width for line in lines)


def test_words_without_a_slash_stay_as_they_are() -> None:
    assert fold_at_slashes("a" * 40 + "\nshort text", 10) == "a" * 40 + "\nshort text"


def test_the_end_of_a_path_begins_at_a_slash() -> None:
    assert path_end(PATH, 25) == "…/report/report.html"
    assert path_end("/data", 25) == "/data"


@pytest.mark.parametrize(
    ("environ", "there"),
    [
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "10.0.0.1 5 10.0.0.2 22"}, False),
        ({}, False),
    ],
)
def test_a_browser_is_there_on_a_screen_of_ones_own_alone(
    environ: dict[str, str], there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    assert has_browser(environ) is there


async def test_without_a_browser_the_path_goes_to_the_clipboard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(show_file, "has_browser", lambda: False)
    app: App[None] = App()
    async with app.run_test():
        await show_file.show_file(app, tmp_path / "report.html")
        assert app.clipboard == str(tmp_path / "report.html")

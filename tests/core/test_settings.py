"""The settings file: kept whole or told, private, and never replaced by defaults."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.settings import Settings, check_settings, load_settings, save_images, save_settings
from bddseg_tui.core.workspace.workspace import Workspace

FULL = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
from bddseg_tui.tui.cli.root import run
sys.exit(run(["settings", "top=7", "--workspace", sys.argv[1]]))
"""


def test_on_a_full_disk_the_command_fails_in_one_line_and_the_old_settings_hold(workspace: Workspace) -> None:
    save_settings(workspace, theme="light")
    # What counts lines writes into files of its own, which the limit would hit too.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    words = [sys.executable, "-c", FULL, os.fspath(workspace.root)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {workspace.settings} cannot be written (these settings are not kept): ")
    assert done.stderr.count("\n") == 1
    assert load_settings(workspace).theme == "light"
    assert load_settings(workspace).retrieval.top == 9
    assert [p.name for p in workspace.root.iterdir()] == ["settings.toml"]


def test_settings_are_private_also_those_of_earlier_versions(workspace: Workspace) -> None:
    workspace.root.mkdir()
    workspace.settings.write_text('theme = "light"\n')
    workspace.settings.chmod(0o644)
    assert load_settings(workspace).theme == "light"
    assert workspace.settings.stat().st_mode & 0o777 == 0o600
    save_settings(workspace, theme="dark")
    assert workspace.settings.stat().st_mode & 0o777 == 0o600


def test_settings_that_cannot_be_read_are_not_replaced_by_defaults(workspace: Workspace, tmp_path: Path) -> None:
    workspace.root.mkdir()
    workspace.settings.mkdir()
    with pytest.raises(BddsegError, match=r"not kept.*it is a folder"):
        save_settings(workspace, theme="light")
    assert load_settings(workspace).theme == "dark"


def test_a_workspace_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BddsegError, match=r"cannot be written .*: something of that name is there already"):
        save_settings(Workspace(tmp_path / "file"), theme="light")


@pytest.mark.parametrize("text", ["theme = [" + "[" * 100_000, "\x00", "theme = 3", "a = {b = {"])
def test_a_damaged_file_counts_as_none(workspace: Workspace, text: str) -> None:
    workspace.root.mkdir()
    workspace.settings.write_text(text)
    assert load_settings(workspace).theme == "dark"
    save_settings(workspace, theme="light")
    assert load_settings(workspace).theme == "light"


def test_processes_that_change_settings_at_one_time_keep_each_others(workspace: Workspace) -> None:
    code = "import sys; from pathlib import Path; from bddseg_tui.core.workspace.workspace import Workspace\n"
    code += "from bddseg_tui.core.settings import *\n"
    code += "save_settings(Workspace(Path(sys.argv[1])), **{sys.argv[2]: sys.argv[3]})"
    changes = [("theme", "light"), ("images", "none"), ("dataset", "/data")]
    started = [subprocess.Popen([sys.executable, "-c", code, os.fspath(workspace.root), *c]) for c in changes]
    assert [process.wait() for process in started] == [0, 0, 0]
    found = load_settings(workspace)
    assert (found.theme, found.images, found.dataset) == ("light", "none", "/data")


def test_how_pictures_are_drawn_is_kept_by_terminal_and_those_of_others_stay(workspace: Workspace) -> None:
    save_settings(workspace, images="sixel")
    for terminal, way in (("foot(1.16)", "sixel"), ("VTE(7006)", "sextant"), ("VTE(7006)", "none")):
        save_images(workspace, terminal, way)
    assert load_settings(workspace).images == "auto"
    assert load_settings(workspace).seen == {"foot(1.16)": "sixel", "VTE(7006)": "none"}
    save_images(workspace, "foot(1.16)", None)
    assert load_settings(workspace).seen == {"VTE(7006)": "none"}


def test_a_setting_that_makes_no_sense_is_told_and_the_others_hold(workspace: Workspace) -> None:
    workspace.root.mkdir()
    workspace.settings.write_text(
        'theme = "light"\npicture_bytes = nan\nimages = 3\n[retrieval]\ntop = 7\nfusion = "x"\n'
    )
    settings, left_out = check_settings(workspace)
    assert (settings.theme, settings.picture_bytes, settings.retrieval.top) == ("light", 0, 7)
    assert left_out.count == 3 and left_out.first.startswith("fusion is one of")


@pytest.mark.parametrize("kind", ["fifo", "too large"])
def test_a_file_of_settings_that_is_none_blocks_nobody(workspace: Workspace, kind: str) -> None:
    workspace.root.mkdir()
    os.mkfifo(workspace.settings) if kind == "fifo" else workspace.settings.write_text("#" * 2_000_000)
    settings, left_out = check_settings(workspace)
    assert settings == Settings() and left_out.first.startswith("the whole file: it is ")


def test_a_damaged_file_is_put_aside_before_another_takes_its_place(workspace: Workspace) -> None:
    workspace.root.mkdir()
    workspace.settings.write_text('server = "http://mine"\ntheme = ')
    save_settings(workspace, theme="light")
    assert load_settings(workspace).theme == "light"
    assert "http://mine" in workspace.settings.with_name("settings.toml.damaged").read_text()

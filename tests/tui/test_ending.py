"""How commands end: with one line and the right code, whatever happens, and never with a traceback."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import LONGEST, BddsegError, UsageError
from bddseg_tui.core.files.error_log import explained, keep_traceback
from bddseg_tui.core.files.log_file import LARGEST, LOG_FILE
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.cli.front_options import split_front_options
from bddseg_tui.tui.cli.root import build_program, run
from bddseg_tui.tui.command_exit import end

PROGRAM = [sys.executable, "-m", "bddseg_tui.tui"]


def shell(command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Runs `$P ...` in a shell, with the status of the program itself."""
    script = f"P='{' '.join(PROGRAM)}'; {command}"
    env = {**os.environ, **environment}
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", script], capture_output=True, text=True, env=env, check=False
    )


@pytest.mark.parametrize(
    "command",
    [
        "$P encoders | head -1",
        "$P encoders --json | true",
        "$P encoders 2>&1 | true",
        "$P --help | true",
        "$P --version | true",
    ],
)
def test_a_reader_that_has_seen_enough_is_no_failure(workspace: Workspace, command: str) -> None:
    done = shell(command)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", ["$P runs >&-", "$P runs 2>&-", "$P encoders <&- >&- 2>&-", "$P --version >&-"])
def test_closed_streams_are_nobody_listening(workspace: Workspace, command: str) -> None:
    done = shell(command)
    assert done.returncode == 0 and "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["$P encoders", "$P --version"])
def test_output_that_cannot_be_written_is_one_line(workspace: Workspace, command: str) -> None:
    done = shell(f"{command} > /dev/full")
    assert done.returncode == 1
    assert done.stderr == "error: the output or a file cannot be written: the disk is full: make room\n"


@pytest.mark.parametrize(
    "environment",
    [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}],
    ids=["ascii", "C"],
)
def test_an_output_without_the_signs_gets_others(
    drawn: Path, workspace: Workspace, environment: dict[str, str]
) -> None:
    done = shell(f"$P data stats '{drawn}'", **environment)
    assert done.returncode == 0 and "road" in done.stdout and done.stdout.isascii()


def test_an_interrupt_while_modules_are_imported_leaves_no_traceback(tmp_path: Path) -> None:
    # The module tells when it is reached, and stays there.
    (tmp_path / "typer.py").write_text("import sys, time\nprint('importing', flush=True)\ntime.sleep(600)\n")
    env = {**os.environ, "PYTHONPATH": os.fspath(tmp_path)}
    child = subprocess.Popen([*PROGRAM, "runs"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, text=True)
    assert child.stdout is not None and child.stdout.readline() == "importing\n"
    child.send_signal(signal.SIGINT)
    _, told = child.communicate()
    assert (child.returncode, told) == (-signal.SIGINT, "")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--nosuch"], 2, "error: bddseg-tui: no such option: --nosuch"),
        (["runs", "--nosuch"], 2, "error: bddseg-tui runs: no such option: --nosuch"),
        (["data", "list", "--nosuch"], 2, "error: bddseg-tui data list: no such option: --nosuch"),
        (["trian"], 2, "error: bddseg-tui: no such command 'trian'. Did you mean 'train'?"),
        (["index", "serch"], 2, "error: bddseg-tui index: no such command 'serch'. Did you mean 'search'?"),
        (["train", "{drawn}", "--set"], 2, "error: bddseg-tui train: option '--set' requires an argument"),
        (["train", "{drawn}", "--epoch", "3"], 2, "--epoch (epochs is a setting: write --set epochs=VALUE) (see"),
        (
            ["train", "{drawn}", "--folow"],
            2,
            "train: no such option: --folow (did you mean --follow?)",
        ),
        (["-q", "runs", "show", "--nosuch", "1"], 2, "error: bddseg-tui runs show: no such option: --nosuch (see"),
        (
            ["open", "--images", "braille"],
            2,
            "open: invalid value for '--images': 'braille' is not one of",
        ),
        (["evaluate"], 2, "error: bddseg-tui evaluate: missing argument 'RUN'"),
        (["\x1b[31m"], 2, "error: bddseg-tui: no such command"),
        (["runs", "show", "1", "\x1b]0;x\x07"], 2, "error: bddseg-tui runs show: got unexpected extra argument"),
        (["encoders", "--height", "\x1b[2J"], 2, "error: bddseg-tui encoders: invalid value for '--height'"),
        (["encoders", "--height", "9" * 5000], 2, "error: bddseg-tui encoders: invalid value for '--height'"),
        (["encoders", "\u202e\x1b[2J"], 2, "error: no encoder's name holds"),
        (["data", "stats", "~nosuchuser/x"], 2, "error: ~nosuchuser/x: there is no user 'nosuchuser'"),
        (["runs", "--workspace", "~nosuchuser"], 2, "error: ~nosuchuser: there is no user"),
        (["train", "x", "--config", "~nosuchuser/x.toml"], 2, "error: ~nosuchuser/x.toml: there is no user"),
        (["data", "stats", "n" * 300], 1, "cannot be read: the name is too long"),
        (["data", "list", "{drawn}", "--filter", "\x1b[31mfoo>1"], 2, "error: compare what?"),
        (["data", "list", "{drawn}", "--filter", "tag:\udcff \u202e:x"], 2, "error: no filter is called '·'"),
        (["train", "{drawn}", "--set", "epochs=" + "[" * 100_000], 2, "error: epochs: "),
        (["train", "{drawn}", "--set", "epochs=" + "9" * 5000], 2, "error: epochs: "),
        (["train", "{drawn}", "--set", "epochs=0x" + "f" * 5000], 2, "error: epochs: "),
        (["train", "{drawn}", "--set", "epochs=1,000"], 2, "error: epochs: "),
        (["train", "{drawn}", "--set", "learning_rate=nan"], 2, "error: learning_rate: "),
        (["train", "{drawn}", "--set", "learning_rate=inf"], 2, "error: learning_rate: "),
        (["runs", "show", "9" * 5000], 2, "error: "),
        (["settings", "top=²"], 2, "error: top is a number from 1 to 100"),
    ],
)
def test_what_cannot_be_meant_is_one_line_and_blames_the_right_command(
    workspace: Workspace, drawn: Path, capfd: pytest.CaptureFixture[str], words: list[str], code: int, told: str
) -> None:
    assert run([w.replace("{drawn}", str(drawn)) for w in words]) == code
    (line,) = [text for text in capfd.readouterr().err.splitlines() if not text.startswith("scanning")]
    assert told in line and len(line) < 1000
    assert all(c.isprintable() for c in line)


PATHS = ("DIR", "FILE", "IMAGE", "ZIP", "SOURCE", "OLD", "NEW")


def paths_of(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """For every path that a command takes, words that name the home of nobody for it."""
    places = [p for p in command.params if p.param_type_name == "argument"]
    for p in command.params:
        if (p.metavar or "").strip("[].") in PATHS:
            before = ("x",) * places.index(p) if p in places else (p.opts[0],)
            yield (*path, *before, "~nosuchuser/x")
    for name, sub in getattr(command, "commands", {}).items():
        yield from paths_of(sub, (*path, name))


def test_every_path_of_every_command_is_read_as_typed(workspace: Workspace, capfd: pytest.CaptureFixture[str]) -> None:
    found = list(paths_of(build_program()))
    assert len(found) > 40
    for words in found:
        capfd.readouterr()
        assert run(list(words)) == 2, words
        assert "there is no user 'nosuchuser'" in capfd.readouterr().err, words


def test_options_of_the_program_may_stand_before_the_command(tmp_path: Path) -> None:
    done = shell(f"$P --workspace '{tmp_path}/w' runs; $P -v --workspace='{tmp_path}/v' runs")
    assert done.stderr.count("there are no runs yet") == 2 and f"workspace: {tmp_path}/v" in done.stderr
    assert (tmp_path / "w/runs").is_dir() and (tmp_path / "v/runs").is_dir()


@pytest.mark.parametrize(
    ("words", "means"),
    [
        ([], ((), None, ())),
        (["-q", "runs"], (("-q",), None, ("runs",))),
        (["--workspace", "w", "-v", "runs", "--json"], (("-v",), "w", ("runs", "--json"))),
        (["--workspace=runs", "stop", "1"], ((), "runs", ("stop", "1"))),
        (["--workspace", "w"], ((), None, ("--workspace=w",))),
        (["--workspace", "w", "-q", "folder"], (("-q",), None, ("--workspace=w", "folder"))),
        (["runs", "-q"], ((), None, ("runs", "-q"))),
        (["--workspace"], ((), None, ("--workspace",))),
    ],
)
def test_what_stands_before_a_command_is_told_from_it(words: list[str], means: tuple[object, ...]) -> None:
    front = split_front_options(words)
    assert (front.flags, front.workspace, front.rest) == means


@pytest.mark.parametrize("words", [["-q", "data", "list", "{drawn}"], ["data", "list", "{drawn}", "--quiet"]])
def test_quiet_says_results_alone(
    workspace: Workspace, drawn: Path, capfd: pytest.CaptureFixture[str], words: list[str]
) -> None:
    workspace.root.mkdir()
    workspace.settings.write_text("[")
    assert run([w.replace("{drawn}", str(drawn)) for w in words]) == 0
    done = capfd.readouterr()
    assert len(done.out.splitlines()) == 21 and done.err == ""
    assert run(["settings", "-q"]) == 0 and capfd.readouterr().err == ""
    assert run(["settings"]) == 0 and capfd.readouterr().err.startswith("warning: ")
    assert run(["runs", "show", "9", "-q"]) == 2 and capfd.readouterr().err.startswith("error: ")


def test_verbose_says_where_things_are_and_where_errors_come_from(
    workspace: Workspace, drawn: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["data", "list", str(drawn), "-v"]) == 0
    told = capfd.readouterr().err
    assert f"workspace: {workspace.root}\n" in told and f"dataset: {drawn}" in told and "\ntook " in told
    assert run(["runs", "show", "9", "-v"]) == 2
    told = capfd.readouterr().err
    assert "Traceback" in told and told.splitlines()[-1].startswith("error: ")
    assert run(["runs", "show", "9"]) == 2
    assert "Traceback" not in capfd.readouterr().err


def test_a_settings_file_that_is_nested_without_end_keeps_nobody_from_working(
    workspace: Workspace, capfd: pytest.CaptureFixture[str]
) -> None:
    workspace.root.mkdir()
    workspace.settings.write_text("a = " + "[" * 100_000)
    assert run(["settings", "--json"]) == 0
    told = capfd.readouterr().err
    assert told.startswith("warning: 1 setting of ") and "nested too deeply" in told and told.count("\n") == 1


def test_a_database_that_is_none_is_one_line(
    workspace: Workspace, engine: Engine, drawn: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = engine.data.open(drawn).catalog.path
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()
    path.write_bytes(b"no database" * 1000)
    assert run(["data", "stats", str(drawn)]) == 1
    told = capfd.readouterr().err
    assert told.startswith("error: ") and told.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (sqlite3.OperationalError("database is locked"), "a database cannot be used: database is locked"),
        (RecursionError("maximum"), "something in the input is nested too deeply"),
        (MemoryError(), "there is not enough memory"),
        (OverflowError("int too large"), "a number is too large: int too large"),
        (NotImplementedError("zip file version 9"), "this is not supported: zip file version 9"),
        (UnicodeEncodeError("utf-8", "\udcff", 0, 1, "no"), "a text or a name is no valid Unicode: "),
        (FileNotFoundError(2, "x", "/a\x1b"), "/a· cannot be used: it does not exist"),
        (BddsegError("\x1b[2J\u202e"), "·[2J·"),
    ],
)
def test_what_comes_from_outside_has_its_own_words(error: BaseException, told: str) -> None:
    assert (explained(error) or "").startswith(told)


def test_a_folder_that_is_gone_below_the_person_is_one_line(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    done = shell(f"cd '{tmp_path}/gone'; rmdir ../gone; $P data stats here")
    assert (done.returncode, done.stderr) == (1, "error: the current folder is gone: go to one that exists\n")


def test_a_mistake_of_ours_goes_into_a_log_for_its_owner_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        raise KeyError("\x1b[2J")
    except KeyError as error:
        assert end(error, tmp_path) == 70
    log = tmp_path / LOG_FILE
    (line,) = capsys.readouterr().err.splitlines()
    assert "a mistake of this program (KeyError: '" in line and str(log) in line and "\x1b" not in line
    assert "test_a_mistake_of_ours" in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_the_log_of_mistakes_stays_small_and_follows_no_link(tmp_path: Path) -> None:
    log = tmp_path / LOG_FILE
    log.write_bytes(b"old" + b"x" * LARGEST)
    assert keep_traceback(ValueError("new"), tmp_path) == log
    assert log.stat().st_size < LARGEST and b"old" not in log.read_bytes() and log.read_bytes().endswith(b"new\n")
    log.unlink()
    log.symlink_to(tmp_path / "elsewhere")
    assert keep_traceback(ValueError("new"), tmp_path) is None
    assert not (tmp_path / "elsewhere").exists()


def test_an_error_sanitizes_its_own_message() -> None:
    assert str(UsageError("a\x1b]0;x\x07\nb\u202e\ud800")) == "a·]0;x··b·\ufffd"


def test_a_home_is_meant_wherever_a_path_is_typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert typed_path("~/x") == tmp_path / "x"
    for text in ("", "a\0b"):
        with pytest.raises(UsageError, match="is no path"):
            typed_path(text)


def test_an_error_is_no_longer_than_a_screen_and_keeps_its_advice() -> None:
    told = str(UsageError("no class is called " + "x" * 100_000 + ": did you mean 'bus'?"))
    assert len(told) <= LONGEST and told.startswith("no class is") and told.endswith(": did you mean 'bus'?")

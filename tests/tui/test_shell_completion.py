"""What Tab does in real shells with the scripts that `--install-completion` has installed, and what it completes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.retrieval.chats import Turn
from bddseg_tui.core.runs.config import TrainConfig, preset_names
from bddseg_tui.core.runs.run import create_run
from bddseg_tui.core.settings import save_settings
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.cli import COMPLETION_VARIABLE
from bddseg_tui.tui.cli.shell_completion import complete
from tests.tui.terminal import Terminal

RC = {
    "bash": (".bashrc", "PS1='ready> '\n"),
    "zsh": (
        ".zshrc",
        # Ctrl+X * puts in all that fits, as bash's and fish's own commands do.
        "PS1='ready> '\nzle -C all complete-word _generic\nbindkey '^X*' all\n"
        "zstyle ':completion:all:*' completer _all_matches _complete\nzstyle ':completion:all:*' insert true\n",
    ),
}
ALL = {"bash": b"\x1b*", "zsh": b"\x18*"}
"""Keys that put in all that fits."""


@pytest.fixture
def home(tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the program on the path, and a workspace with two runs."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/bddseg-tui"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m bddseg_tui.tui "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("ZDOTDIR", raising=False)
    for preset in ("demo", "focal"):
        create_run(workspace, Path("/data"), TrainConfig(), preset)
    return tmp_path


def install(shell: str, home: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    # The shell is found by looking at who started the program, so it must not replace itself by it.
    told = subprocess.run([shell, "-c", "bddseg-tui --install-completion; true"], capture_output=True, text=True)
    assert f"{shell} completion installed" in told.stdout, told
    if shell in RC:
        name, text = RC[shell]
        with (home / name).open("a") as rc:
            rc.write(text)


def typed(shell: str, home: Path, keys: bytes) -> list[str]:
    """The words that stand on the command line after these keys were pressed in a new interactive shell."""
    out = home / "words"
    with Terminal([shell, "-i"], size=(200, 30)) as terminal:
        terminal.until(lambda text: b"ready> " in text)
        terminal.send(keys + b"\x01printf '%s\\n' \x05 > " + os.fsencode(out) + b"\nexit\n")
        terminal.wait()
    return out.read_text().splitlines()[1:]


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_tab_completes_commands_and_values(shell: str, home: Path) -> None:
    install(shell, home)
    assert typed(shell, home, b"bddseg-tui tra\t --prese\t fo\t --set ep\t9") == [
        *("train", "--preset", "focal", "--set", "epochs=9"),
    ]
    assert set(typed(shell, home, b"bddseg-tui runs show " + ALL[shell])) == {
        *("runs", "show", "last", "0001-demo", "0002-focal"),
    }


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_tab_completes_what_comes_after_signs_at_which_a_shell_breaks_words(shell: str, home: Path) -> None:
    install(shell, home)
    keys = b"bddseg-tui train --set encoder=resnet3\t --set=loss=fo\t"
    assert typed(shell, home, keys) == ["train", "--set", "encoder=resnet34", "--set=loss=focal"]
    close = b"" if shell == "bash" else b"'"
    keys = b"bddseg-tui data list --filter 'split:val class:rid\t" + close
    assert typed(shell, home, keys)[-1] == "split:val class:rider>"


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_tab_completes_files_where_nothing_else_can_stand(shell: str, home: Path) -> None:
    install(shell, home)
    (home / "pictures").mkdir()
    line = f"bddseg-tui data check {home}/pic\t".encode()
    assert typed(shell, home, line)[-1].rstrip("/") == f"{home}/pictures"


def test_fish_completes_commands_and_values_with_what_they_are(home: Path) -> None:
    install("fish", home)

    def completed(line: str) -> dict[str, str]:
        done = subprocess.run(
            ["fish", "-c", "complete -C $LINE"], capture_output=True, text=True, env=os.environ | {"LINE": line}
        )
        assert done.stderr == ""
        return dict((f"{row}\t").split("\t")[:2] for row in done.stdout.splitlines())

    assert completed("bddseg-tui tra") == {"train": ""}
    assert completed("bddseg-tui runs show ") == {"last": "the newest", "0001-demo": "/data", "0002-focal": "/data"}
    assert completed("bddseg-tui train --set=loss=")["--set=loss=focal"] == ""
    assert "smallest random zoom" in completed("bddseg-tui train --set sc")["scale_min="]
    (home / "pictures").mkdir()
    assert completed(f"bddseg-tui data check {home}/pic") == {f"{home}/pictures/": ""}


def found(words: str, text: str = "") -> list[str]:
    return [value for value, _ in complete(words.split(), text)]


def test_every_kind_of_value_is_completed(engine: Engine, workspace: Workspace, drawn: Path) -> None:
    run = create_run(workspace, drawn, TrainConfig(), "demo")
    (run.folder / "evaluation/best-val+flip").mkdir(parents=True)
    save_settings(workspace, dataset=str(drawn))
    engine.chats.keep(engine.chats.new(drawn), Turn(1, "where is the tram?", answer="Far away."))
    collection = engine.data.open(drawn)
    engine.data.scan(collection, lambda *_: None)
    assert found("", "eval") == ["evaluate", "evaluations"]
    assert found("runs") == found("-q runs") == found("-v --workspace /none runs") == ["samples", "show", "delete"]
    assert found("--workspace") == []
    assert found("--workspace /none", "eval") == found("-v", "eval") == ["evaluate", "evaluations"]
    assert found("runs show") == ["last", "0001-demo"] and found("--workspace /none runs show") == ["last"]
    assert found("compare last", "0") == found("report last --compare", "0") == ["0001-demo"]
    assert found("train --preset") == preset_names()
    assert {f"{name}=" for name in TrainConfig.model_fields} == set(found("train --set"))
    assert found("train --set", "unk") == ["unknown=", "unknown=class", "unknown=ignore"]
    assert found("train --set", "flip=") == ["flip=", "flip=true", "flip=false"]
    assert found("train --set", "encoder_w") == [f"encoder_weights={v}" for v in ("", "imagenet", "none")]
    assert found("encoders", "tu-tf_efficientnet_lite0") == ["tu-tf_efficientnet_lite0"]
    engine.data.change_tags(collection, [engine.data.find(collection, "")[0].id], "odd")
    assert found(f"data tag {drawn}") == ["odd"]
    assert found("slices last --tta") == ["none", "flip", "scales"]
    assert found("data stats x --split") == ["train", "val", "test", "all"]
    assert found("data list x --filter", "has:bu") == ["has:building", "has:bus"]
    assert found("data list x --filter", "spl") == [f"split:{v}" for v in ("", "train", "val", "test", "all")]
    assert found("data list x --evaluation") == found("evaluations delete") == ["0001-demo/best-val+flip"]
    assert found("evaluate last --tta") == found("slices last --tta") == ["none", "flip", "scales"]
    assert found("predict last --checkpoint", "b") == ["best"]
    assert found("export last --to", "o") == ["onnx"]
    assert found("chats", "where") == ["where is the tram?"]
    assert found("index search x --model") == ["demo"]
    assert found("settings", "fusion=j") == ["fusion=joint"]
    assert found("workspace free", "ca") == ["caches"]
    assert found("", "--im") == found("/some/folder", "--im") == ["--images"]
    assert found("/some/folder --images", "k") == ["kitty"]


def test_a_running_job_is_completed_for_stop(workspace: Workspace, drawn: Path) -> None:
    from bddseg_tui.core.jobs.job import Status, write_status
    from bddseg_tui.core.processes.process import this_process

    run = create_run(workspace, drawn, TrainConfig(), "demo")
    write_status(run.folder, Status("running", "train", process=this_process()))
    assert found("stop") == found("jobs stop") == ["0001-demo"]


def shell_asks(shell: str, line: str) -> "subprocess.CompletedProcess[str]":
    words = line.split(" ")
    env = {"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1), "_TYPER_COMPLETE_ARGS": line}
    env |= {COMPLETION_VARIABLE: f"complete_{shell}", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    return subprocess.run(
        [sys.executable, "-m", "bddseg_tui.tui"], env=os.environ | env, capture_output=True, text=True, check=True
    )


@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_a_workspace_that_cannot_be_read_completes_nothing_and_says_nothing(
    shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BDDSEG_WORKSPACE", str(tmp_path / "file"))
    done = shell_asks(shell, "bddseg-tui evaluations delete ")
    assert (done.stdout.strip(), done.stderr) == ("", "")
    (tmp_path / "damaged/runs").mkdir(parents=True)
    (tmp_path / "damaged/settings.toml").write_text("[")
    (tmp_path / "damaged/catalogs").write_text("")
    monkeypatch.setenv("BDDSEG_WORKSPACE", str(tmp_path / "damaged"))
    for line in ("bddseg-tui chats ", "bddseg-tui stop "):
        done = shell_asks(shell, line)
        assert (done.stdout.strip(), done.stderr) == ("", "")


def test_completing_makes_no_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BDDSEG_WORKSPACE", str(tmp_path / "none"))
    assert shell_asks("bash", "bddseg-tui runs show ").stdout == "last\n"
    assert not (tmp_path / "none").exists()


def test_bash_gets_nothing_that_it_would_take_for_a_command(workspace: Workspace) -> None:
    for name in ("0001-$(touch x)", "0002-a;b", "0003-*", "0004-fine"):
        run = workspace.runs / name
        run.mkdir()
        (run / "config.toml").write_text("")
    assert shell_asks("bash", "bddseg-tui runs show ").stdout.split() == ["last", "0004-fine"]

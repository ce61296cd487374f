"""What the help of each command says, and that its examples are true."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.cli import GROUPS
from bddseg_tui.tui.cli.examples import EXAMPLES
from bddseg_tui.tui.cli.root import build_program, run

PROGRAM = build_program()


def paths_of(command: Any, path: str = "") -> Iterator[str]:
    yield path
    for name, sub in getattr(command, "commands", {}).items():
        yield from paths_of(sub, f"{path} {name}".strip())


def test_every_command_has_an_example() -> None:
    assert set(paths_of(PROGRAM)) == set(EXAMPLES)


def check(line: str) -> None:
    """Lets the command parse the words that come after `bddseg-tui` in a line of a shell, and does not run it."""
    words = shlex.split(re.split(r" [|>;] ", line)[0], comments=True)
    command = PROGRAM if words[0] in PROGRAM.commands else PROGRAM.commands["open"]
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]
    command.make_context(line, words)


@pytest.mark.parametrize("path", [path for path in EXAMPLES if path])
def test_the_examples_of_a_command_are_words_that_it_takes(workspace: Workspace, path: str) -> None:
    for example in EXAMPLES[path]:
        assert example.startswith(path)
        check(example)


@pytest.mark.parametrize("name", ["README.md", "docs/guide.md", "docs/json.md", "docs/several-machines.md"])
def test_the_commands_in_the_documents_are_words_that_are_taken(workspace: Workspace, name: str) -> None:
    text = (Path(__file__).parents[2] / name).read_text()
    blocks = "\n".join(re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)).replace("\\\n", " ")
    lines = re.findall(r"^bddseg-tui (.+)$", blocks, re.MULTILINE)
    # In running text a command may be named without its words.
    named = re.findall(r"`bddseg-tui ([^`]* [^`]*)`", text)
    assert lines or named
    for line in lines + named:
        check(line)


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert run([*words, "--help"]) == 0
    return re.sub(r"[ │]*\n[ │]*", " ", capsys.readouterr().out)


def test_help_shows_the_examples_and_the_options_of_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    told = shown(capsys, "data", "list")
    assert "$ bddseg-tui data list ~/bdd100k --filter 'split:val class:bus>5% sort:-bus'" in told
    assert "--quiet" in told and "--verbose" in told


def test_help_shows_commands_in_groups(capsys: pytest.CaptureFixture[str]) -> None:
    told = shown(capsys)
    at = [told.index(f"─ {group} ─") for group in GROUPS]
    assert at == sorted(at)
    assert told.index("─ Training ─") < told.index("Go on with a run") < told.index("─ Evaluation ─")


def test_the_version_is_said_wherever_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == run(["-q", "--version"]) == 0
    assert capsys.readouterr().out.count("bddseg-tui 0.") == 2


@pytest.mark.parametrize("words", [("classify", "1"), ("slices", "1"), ("compare", "1", "2"), ("report", "1")])
def test_an_unknown_kind_of_augmentation_is_refused_where_an_evaluation_is_named(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert run([*words, "--tta", "flipped"]) == 2
    assert "flipped" in capsys.readouterr().err

"""Answers to a shell that completes a command line, as the scripts ask that `--install-completion` installs.

The scripts are Typer's, and Typer finds what fits. Three things are done here that it lacks: bash breaks words at `=`
and `:`, a word that is no command is a folder to open, and nothing is ever printed but values that a shell takes as
they are, since bash and zsh evaluate what they are given.
"""

import io
import os
import re
import shlex
from contextlib import redirect_stderr, redirect_stdout, suppress

from bddseg_tui.tui.cli import COMMANDS, COMPLETION_VARIABLE
from bddseg_tui.tui.cli.front_options import split_front_options
from bddseg_tui.tui.cli.root import build_program, run

_PLAIN = re.compile(r"[\w./+:=,%@-]+")
"""What bash takes as one word and without a meaning of its own."""
_QUOTABLE = re.compile(r"[\w./+:=,%@<> -]+")
"""What it takes so within quotes; it looks for files where there are `*`, `?` or `[` even then."""

Item = tuple[str, str]


def answer() -> int:
    """Prints what the words in the environment can be completed to; returns the exit code, which fish asks for.

    What goes wrong on the way is nothing that a person at a prompt wants to read: there are no values then.
    """
    instruction = os.environ[COMPLETION_VARIABLE]
    shell = instruction.removeprefix("complete_")
    if instruction not in ("complete_bash", "complete_zsh", "complete_fish"):
        # The scripts themselves, and PowerShell.
        return run([])
    action = os.environ.get("_TYPER_COMPLETE_FISH_ACTION")
    text, quoted, found = "", False, list[Item]()
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), suppress(BaseException):
        words, text, quoted = _bash_words() if shell == "bash" else _line_words()
        found = [item for item in complete(words, text, shell != "bash") if item[0].isprintable()]
    with suppress(OSError):
        if shell == "bash":
            print("\n".join(_for_bash(found, text, quoted)), flush=True)
        elif shell == "zsh":
            print(_for_zsh(found), flush=True)
        elif action == "get-args":
            print("\n".join(f"{value}\t{about}" for value, about in found), flush=True)
        else:
            return 0 if found else 1
    return 0


def complete(words: list[str], text: str, described: bool = True) -> list[Item]:
    """What the word that begins with `text` can be after these words, each with what it is if that shall be said."""
    if words[-1:] == ["--workspace"]:
        return []
    front = split_front_options([*words, "open"])
    words = [*front.rest[:-1]]
    if not words and not text.startswith("-"):
        return [(name, "") for name in COMMANDS if name.startswith(text)]
    options = [] if words else _ask([], text, described)
    if not words or words[0] not in COMMANDS:
        words = ["open", *words]
    option, equals, value = text.partition("=")
    if equals and option.startswith("--"):
        found = _ask([*words, option], value, described, front.workspace)
        return [(f"{option}={value}", about) for value, about in found]
    return [*options, *_ask(words, text, described, front.workspace)]


def _ask(words: list[str], text: str, described: bool, workspace: str | None = None) -> list[Item]:
    """What Typer finds: as it says it to fish, which is read most easily, or to bash, which needs no Rich."""
    line = shlex.join(["bddseg-tui", *words]) + " " + (shlex.quote(text) if text else "")
    question = {
        COMPLETION_VARIABLE: "complete_fish" if described else "complete_bash",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "_TYPER_COMPLETE_ARGS": line,
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) + 1),
        "COLUMNS": "10000",  # what values are is wrapped at it, and a line is a value
    }
    before = os.environ.copy()
    os.environ |= question if workspace is None else {**question, "BDDSEG_WORKSPACE": workspace}
    try:
        with redirect_stdout(io.StringIO()) as out, suppress(SystemExit):
            build_program(words[:1]).main(args=[], prog_name="bddseg-tui")
    finally:
        os.environ.clear()
        os.environ |= before
    lines = (line.partition("\t") for line in out.getvalue().splitlines())
    return [(value, about.strip()) for value, _, about in lines if value.startswith(text)]


def _bash_words() -> tuple[list[str], str, bool]:
    """The words before, the word at hand, and whether a quote is open in it."""
    parts = os.environ["COMP_WORDS"].split("\n")[: int(os.environ["COMP_CWORD"]) + 1]
    whole = list[str]()
    for part in parts:
        breaks = part.strip("=:@") == "" and part != ""
        if whole and (breaks or whole[-1][-1:] in ("=", ":", "@")) and part[:1] not in ("'", '"'):
            whole[-1] += part
        else:
            whole.append(part)
    plain = [_split(part) for part in whole]
    words = [" ".join(tokens) for tokens, _ in plain]
    return words[1:-1], words[-1], plain[-1][1]


def _line_words() -> tuple[list[str], str, bool]:
    """The same of a whole line, as zsh and fish give it."""
    line = os.environ.get("_TYPER_COMPLETE_ARGS", "")
    words, quoted = _split(line)
    if line.endswith(" ") and not quoted:
        words.append("")
    return words[1:-1], words[-1], quoted


def _split(text: str) -> tuple[list[str], bool]:
    """Words without their quotes, and whether a quote is still open."""
    lexer = shlex.shlex(text, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    words = list[str]()
    try:
        words.extend(lexer)
    except ValueError:
        return [*words, lexer.token or ""], True
    return words, False


def _for_bash(found: list[Item], text: str, quoted: bool) -> list[str]:
    """Values without the part of them that bash takes for words of their own."""
    done = 0 if quoted else max(map(text.rfind, "=:@")) + 1
    fitting = _QUOTABLE if quoted else _PLAIN
    return [value[done:] for value, _ in found if fitting.fullmatch(value)]


def _for_zsh(found: list[Item]) -> str:
    """Code that offers values; those that go on, such as `epochs=`, are followed by no space."""
    if not found:
        return "_files"
    code = ["local -a whole begun"]
    for name, group in (
        ("whole", [item for item in found if not item[0].endswith(("=", ":", ">"))]),
        ("begun", [item for item in found if item[0].endswith(("=", ":", ">"))]),
    ):
        entries = (_escaped(value) + (f":{_escaped(about)}" if about else "") for value, about in group)
        code.append(f"{name}=({' '.join(map(shlex.quote, entries))})")
    code += ["_describe -V value whole", "_describe -V value begun -S ''"]
    return "; ".join(code)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(":", "\\:")

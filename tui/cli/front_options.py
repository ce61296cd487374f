"""Options of the program itself, which stand before a command: `bddseg-tui -q --workspace DIR runs`.

They are read before Typer is imported: whether a folder shall be opened must be known by then.
"""

from dataclasses import dataclass

from bddseg_tui.tui.cli import COMMANDS

FLAGS = ("-q", "--quiet", "-v", "--verbose")
_WORKSPACE = "--workspace"


@dataclass(frozen=True)
class FrontOptions:
    """The flags before a command, the workspace that is named there (None for none), and the words from there on."""

    flags: tuple[str, ...]
    workspace: str | None
    rest: tuple[str, ...]


def split_front_options(words: list[str]) -> FrontOptions:
    """Takes apart what stands before a command. Without a command a workspace stays: it is an option of `open`."""
    flags, workspace, at = list[str](), None, 0
    while at < len(words):
        name, equals, value = words[at].partition("=")
        if words[at] in FLAGS:
            flags.append(words[at])
            at += 1
        elif name == _WORKSPACE and (equals or at + 1 < len(words)):
            workspace = value if equals else words[at + 1]
            at += 1 if equals else 2
        else:
            break
    rest = words[at:]
    if (workspace is not None and rest[:1] and rest[0] not in COMMANDS) or (workspace is not None and not rest):
        return FrontOptions(tuple(flags), None, (f"{_WORKSPACE}={workspace}", *rest))
    return FrontOptions(tuple(flags), workspace, tuple(rest))

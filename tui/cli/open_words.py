"""Words that open the app, with or without `open` before them. They are read before Typer is imported."""

import os
from pathlib import Path
from typing import NamedTuple

from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.tui.cli import COMMANDS

OPEN_OPTIONS = ("--workspace", "--images", "--colours", "--colors", "--picture-bytes", "--debug")
"""All that `open` takes but `--help`, which is the program's where nothing else is said."""


class OpenWords(NamedTuple):
    """What the words of a command line that opens the app say: folders are None where none is named."""

    dataset: Path | None = None
    workspace: Path | None = None
    images: str = "auto"
    debug: bool = False


def means_open(words: list[str]) -> bool:
    """Whether `open` was left out: there are no words, or the first is an option of it, or looks like a folder."""
    if not words:
        return True
    if words[0].startswith("-"):
        return words[0].partition("=")[0] in OPEN_OPTIONS
    return words[0] not in COMMANDS and (_is_folder(words[0]) or "/" in words[0] or words[0].startswith("~"))


def _is_folder(word: str) -> bool:
    return os.path.isdir(typed_path(word))  # noqa: PTH112 (Path.is_dir raises where a word is too long for a name)


def plain_open(words: list[str]) -> OpenWords | None:
    """What words say that only open the app; None for everything else, mistakes too.

    Typer would take them as well, but importing it takes a third of the time to the first content.
    """
    from bddseg_tui.core.settings import IMAGES

    if words and words[0] in COMMANDS and words[0] != "open":
        return None
    words = words[1:] if words[:1] == ["open"] else words
    options = {"--workspace": "", "--images": "auto"}
    folders = []
    debug = False
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if name in options:
            options[name] = value if equals else next(rest, "")
        elif word == "--debug":
            debug = True
        elif word.startswith("-"):
            return None
        else:
            folders.append(word)
    images = options["--images"]
    if len(folders) > 1 or images not in IMAGES:
        return None
    if folders and not _is_folder(folders[0]):
        return None
    return OpenWords(
        dataset=typed_path(folders[0]) if folders else None,
        workspace=typed_path(options["--workspace"]) if options["--workspace"] else None,
        images=images,
        debug=debug,
    )

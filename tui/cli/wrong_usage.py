"""What is wrong with the words of a command line, in one line that names the command whose help to read."""

from typing import Any

from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.suggest import nearest

PROGRAM = "bddseg-tui"


def wrong_usage(error: Any, command: Any, words: list[str]) -> str:
    """The line.

    Args:
        error: Click's exception; newer versions of Typer bring a Click of their own along.
        command: the whole program.
        words: what was typed, from the command on.
    """
    context = getattr(error, "ctx", None)
    # Click does not say whose option it is that lacks a value.
    path, blamed = (context.command_path, context.command) if context else _blamed(command, words)
    return f"{sanitize(path)}: {_reason(error, blamed)} (see `{sanitize(path)} --help`)"


def _blamed(command: Any, words: list[str]) -> tuple[str, Any]:
    path = PROGRAM
    for word in words:
        if word in getattr(command, "commands", {}):
            command, path = command.commands[word], f"{path} {word}"
    return path, command


def _reason(error: Any, command: Any) -> str:
    option = getattr(error, "option_name", "")
    if type(error).__name__ == "NoSuchOption":
        return f"no such option: {sanitize(option)}{_meant(option, command)}"
    text = sanitize(error.format_message().strip().rstrip(".")).replace("Value error, ", "")
    return f"{text[:1].lower()}{text[1:]}"


def _meant(option: str, command: Any) -> str:
    """What may have been meant by an option that is not there: another one, or a setting of a training run."""
    options = [name[2:] for parameter in command.params for name in parameter.opts if name.startswith("--")]
    settings = dict[str, str]()
    if "set" in options:
        from bddseg_tui.core.runs.config import TrainConfig

        settings = {name.replace("_", "-"): name for name in TrainConfig.model_fields}
    near = nearest(option.lstrip("-").replace("_", "-"), [*options, *settings])
    if near is None:
        return ""
    if near in settings:
        return f" ({settings[near]} is a setting: write --set {settings[near]}=VALUE)"
    return f" (did you mean --{near}?)"

"""What the script that Typer installs for zsh lacks."""

from contextlib import suppress
from pathlib import Path

_AT_FIRST_TAB = """

# zsh has loaded this file because Tab was pressed: that is to be answered, too.
if [[ "$funcstack[1]" = "_bddseg-tui" ]]; then
  _bddseg_tui_completion "$@"
fi
"""


def finish_installation() -> None:
    """Lets the script that Typer has installed for zsh answer a session's first Tab, not only define itself."""
    script = Path.home() / ".zfunc" / "_bddseg-tui"
    with suppress(FileNotFoundError):
        text = script.read_text("utf-8")
        if "funcstack" not in text:
            script.write_text(text.rstrip() + _AT_FIRST_TAB, "utf-8")

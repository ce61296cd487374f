"""What is known of the terminal in words, and what would give it more."""

from bddseg_tui.tui.terminal.capabilities import TerminalCapabilities


def described(terminal: TerminalCapabilities, cell: tuple[int, int]) -> list[tuple[str, str]]:
    """(what, how it is), one of each line; `cell` has (width, height) in pixels."""
    between = [terminal.multiplexer, "ssh" if terminal.over_ssh else ""]
    rows = [
        ("terminal", terminal.program or "does not say what it is"),
        ("TERM", terminal.term or "not set"),
        ("answers", "yes" if terminal.answers is not None else "no"),
        (
            "between",
            " and ".join(filter(None, between)) or "nothing",
        ),
        ("colours", f"{terminal.colors.value}: {terminal.colors.because}"),
        ("pictures", f"{terminal.images.value}: {terminal.images.because}"),
        ("curves", "braille" if terminal.braille else "half-blocks"),
        ("cell", f"{cell[0]} x {cell[1]} pixels"),
    ]
    if (tmux := terminal.tmux) is not None:
        passes = "passes control strings on" if tmux.passthrough else "passes no control strings on"
        rows.append(
            ("tmux", f"{tmux.version}, {passes}; around it {tmux.outer_term}: {', '.join(sorted(tmux.features))}")
        )
    return rows


def advice(terminal: TerminalCapabilities) -> list[str]:
    """What would give more colours, or pictures."""
    found = []
    tmux = terminal.tmux
    if terminal.multiplexer == "screen":
        found.append("GNU screen passes neither 24-bit colours nor pictures on; tmux passes both.")
    elif terminal.multiplexer == "tmux" and tmux is None:
        found.append("tmux is at this end of SSH: if the terminal has all colours, start with --colours truecolor.")
    elif tmux is not None:
        if "RGB" not in tmux.features and terminal.wanted_colors == "auto":
            found.append(
                "if the terminal around tmux has all colours, put this into ~/.tmux.conf and attach anew: "
                f'set -as terminal-features ",{tmux.outer_term}:RGB"'
            )
        if terminal.has_placeholders and not tmux.passthrough:
            found.append("for pictures put this into ~/.tmux.conf: set -g allow-passthrough on")
    elif terminal.answers is None and terminal.may_be_asked:
        found.append("the terminal does not answer; --colours and --images say what it can.")
    elif terminal.color_count != "truecolor" and terminal.wanted_colors == "auto" and not terminal.linux_console:
        found.append("if the terminal has more colours, start with --colours truecolor, or set COLORTERM=truecolor.")
    return found

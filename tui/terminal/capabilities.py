"""What is known of the terminal, and what follows from it: colours and the way pictures are drawn.

Nothing here asks or waits. The environment is known at once; what the terminal (`driver.py`) and tmux (`tmux.py`) say
arrives whenever it does, and gives a new value.

Over SSH there is TERM alone: COLORTERM and TERM_PROGRAM stay behind. The terminal's own answers are what is left.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal, cast

from bddseg_tui.tui.terminal.few_colors import Colors
from bddseg_tui.tui.terminal.protocol import PROTOCOLS, ImageProtocol
from bddseg_tui.tui.terminal.self_drawn_cells import finest_cells

Multiplexer = Literal["", "tmux", "screen"]
COLORS: tuple[Colors, ...] = ("truecolor", "256", "16")
_TRUECOLOR_TERMS = (
    *("alacritty", "contour", "foot", "ghostty", "iterm2", "kitty", "konsole", "mintty", "mlterm", "rio", "st-"),
    *("vte", "wezterm", "xterm-ghostty", "xterm-kitty", "yaft"),
)
"""TERMs of terminals that all have 24-bit colours; those that call themselves xterm have to be asked."""
_TRUECOLOR_PROGRAMS = (
    *("contour", "foot", "ghostty", "iterm.app", "iterm2", "kitty", "konsole", "mintty", "mlterm", "rio", "tabby"),
    *("vscode", "vte", "warpterminal", "wezterm", "xterm.js", "alacritty"),
)
"""By TERM_PROGRAM, or by what a terminal answers to XTVERSION."""
_SIXEL_PROGRAMS, _SIXEL_TERMS = ("rio",), ("foot", "mlterm", "contour", "yaft")
PLACEHOLDERS_SINCE = (0, 28)
"""The version of kitty from which on pictures are placed by characters; before it they would be boxes."""


@dataclass(frozen=True)
class TerminalAnswers:
    """What the terminal said of itself; None where it said nothing.

    Attributes:
        program: its name and version, as XTVERSION gives them.
        rgb: whether it has 24-bit colours.
        rgb_by: the query that told it.
        sixel: whether it draws Sixel (DA1).
        kitty: whether it takes Kitty's graphics commands.
    """

    program: str = ""
    rgb: bool | None = None
    rgb_by: str = ""
    sixel: bool | None = None
    kitty: bool | None = None


@dataclass(frozen=True)
class TmuxAnswers:
    """What tmux says of itself and of the terminal around it."""

    version: str = ""
    outer_term: str = ""
    outer_program: str = ""
    features: frozenset[str] = frozenset()
    sixel: bool = False
    passthrough: bool = False


@dataclass(frozen=True)
class Decision:
    """What is done, and the reason in a few words."""

    value: str
    because: str


@dataclass(frozen=True)
class TerminalCapabilities:
    """All that is known of the terminal.

    Attributes:
        wanted_colors: what a person asked for, or `auto`.
        wanted_images: likewise.
        wanted_charts: what curves are to be drawn in: `auto`, `braille` or `blocks`.
        seen: how pictures were chosen to be drawn (`I`, or `bddseg-tui doctor`), by the terminal's name.
        environ: the variables that say something of a terminal.
        answers: what it said; None before it did.
        tmux: what tmux said; None before it did, or outside of it.
    """

    wanted_colors: str = "auto"
    wanted_images: str = "auto"
    wanted_charts: str = "auto"
    seen: tuple[tuple[str, str], ...] = ()
    environ: tuple[tuple[str, str], ...] = ()
    answers: TerminalAnswers | None = None
    tmux: TmuxAnswers | None = None

    @property
    def term(self) -> str:
        """TERM."""
        return self._variable("TERM").lower()

    @property
    def program(self) -> str:
        """The terminal's name and version, as far as it is known; that around tmux, where tmux knows it."""
        if self.tmux is not None and self.tmux.outer_program:
            return self.tmux.outer_program
        if self.answers is not None and self.answers.program:
            return self.answers.program
        name, version = self._variable("TERM_PROGRAM"), self._variable("TERM_PROGRAM_VERSION")
        if name and not self.multiplexer:
            return f"{name} {version}".strip()
        for variable, known in (("KONSOLE_VERSION", "Konsole"), ("VTE_VERSION", "VTE"), ("XTERM_VERSION", "")):
            if value := self._variable(variable):
                return f"{known} {value}".strip()
        return "Windows Terminal" if self._variable("WT_SESSION") else ""

    @property
    def name(self) -> str:
        """What choices for this terminal are kept by: program and version, or TERM where nothing else is known."""
        inside = f"{self.multiplexer} in " if self.multiplexer else ""
        return inside + (self.program or self.term or "unknown")

    @property
    def multiplexer(self) -> Multiplexer:
        """What stands between the app and the terminal, here or at the other end of SSH."""
        said = self.answers.program.lower() if self.answers is not None else ""
        if self._variable("TMUX") or self.term.startswith("tmux") or said.startswith("tmux"):
            return "tmux"
        return "screen" if self._variable("STY") or self.term.startswith("screen") else ""

    @property
    def over_ssh(self) -> bool:
        """Whether sshd says that it is there."""
        return bool(self._variable("SSH_CONNECTION") or self._variable("SSH_TTY"))

    @property
    def linux_console(self) -> bool:
        """Whether its font has 256 characters, none of them braille."""
        return self.term == "linux"

    @property
    def braille(self) -> bool:
        """Whether charts may be drawn in dots of braille."""
        if self.wanted_charts != "auto":
            return self.wanted_charts == "braille"
        return not self.linux_console and self.colors.value != "16"

    @property
    def few_parameters(self) -> bool:
        """Whether a code of more than ten numbers, such as bold with two colours, is lost."""
        return (self.program.lower() or self.term).startswith("mlterm")

    def drawing(self, way: ImageProtocol) -> "TerminalCapabilities":
        """The same, with pictures drawn in this way here from now on."""
        return replace(self, wanted_images="auto", seen=tuple(sorted({**dict(self.seen), self.name: way}.items())))

    @property
    def may_be_asked(self) -> bool:
        """Whether queries are taken for what they are. Screen and the Linux console print what is in some of them."""
        return self.multiplexer != "screen" and not self.linux_console and self.term not in ("", "dumb")

    @property
    def colors(self) -> Decision:
        """How many colours it has."""
        if self.wanted_colors in COLORS:
            return Decision(self.wanted_colors, "asked for")
        if self.multiplexer == "screen":
            return Decision("256", "GNU screen misreads 24-bit codes")
        by_term = Decision("256" if "256" in self.term else "16", f"TERM is {self.term or 'not set'}")
        if self.multiplexer == "tmux":
            return self._colors_in_tmux()
        if self._variable("COLORTERM").lower() in ("truecolor", "24bit"):
            return Decision("truecolor", "COLORTERM says so")
        if self.term.startswith(_TRUECOLOR_TERMS) or self.term.endswith("-direct"):
            return Decision("truecolor", f"TERM is {self.term}")
        if self.program.lower().startswith(_TRUECOLOR_PROGRAMS) or self._variable("WT_SESSION"):
            return Decision("truecolor", f"the terminal is {self.program}")
        if self.answers is not None and self.answers.rgb:
            return Decision("truecolor", f"the terminal says so ({self.answers.rgb_by})")
        if self.answers is not None and self.answers.program and not self.linux_console:
            return Decision("256", f"{self.answers.program} does not say that it has more")
        return by_term

    @property
    def color_count(self) -> Colors:
        """How many colours it has, without the reason."""
        return cast(Colors, self.colors.value)

    @property
    def image_protocol(self) -> ImageProtocol:
        """How pictures are drawn, without the reason."""
        return cast(ImageProtocol, self.images.value)

    def _colors_in_tmux(self) -> Decision:
        if self.tmux is None:
            return Decision("256", "tmux is somewhere else, and takes 24-bit colours for fewer where it must")
        if "RGB" in self.tmux.features:
            return Decision("truecolor", "tmux passes RGB on")
        if "256" in self.tmux.features or "256" in self.tmux.outer_term:
            return Decision("256", "tmux knows of no RGB around it")
        return Decision("16", f"around tmux is {self.tmux.outer_term or 'nothing that it knows'}")

    @property
    def images(self) -> Decision:
        """How pictures are drawn."""
        if self.wanted_images in PROTOCOLS:
            return Decision(self.wanted_images, "asked for")
        if (seen := dict(self.seen).get(self.name)) in PROTOCOLS:
            return Decision(str(seen), "chosen for this terminal")
        # Multiplexers may not know how wide newer characters are.
        cells: ImageProtocol = "quadrant" if self.multiplexer else finest_cells(self.program)
        if self.linux_console:
            cells = "halfblock"
        if self.multiplexer == "screen":
            return Decision(cells, "GNU screen swallows pictures")
        if self.multiplexer == "tmux":
            return self._images_in_tmux(cells)
        if self.has_placeholders:
            return Decision("kitty", f"the terminal is {self.program or self.term}")
        program = self.program.lower()
        sixel = self.answers.sixel if self.answers is not None else None
        if program.startswith(("iterm", "wezterm")) or (program.startswith(("vscode", "xterm.js")) and sixel):
            return Decision("iterm2", f"the terminal is {self.program}")
        if sixel:
            return Decision("sixel", "the terminal says so (DA1)")
        if sixel is None and (program.startswith(_SIXEL_PROGRAMS) or self.term.startswith(_SIXEL_TERMS)):
            return Decision("sixel", f"the terminal is {self.program or self.term}")
        why = "the terminal says that it has no Sixel" if sixel is False else "the terminal has not answered"
        if self._is_kitty:
            why = f"{self.program or self.term} is not known to have placeholders (kitty 0.28)"
        return Decision(cells, why)

    def _images_in_tmux(self, cells: ImageProtocol) -> Decision:
        tmux = self.tmux
        if (tmux is not None and tmux.sixel) or (self.answers is not None and self.answers.sixel):
            return Decision("sixel", "tmux draws Sixel")
        if tmux is not None and tmux.passthrough and "RGB" in tmux.features and self.has_placeholders:
            return Decision("kitty", f"tmux passes it on to {self.program}")
        return Decision(cells, "tmux passes no pictures on")

    @property
    def has_placeholders(self) -> bool:
        """Whether Kitty's pictures are placed by characters. Others that answer to its query do not know how."""
        if self.multiplexer != "tmux" and self.answers is not None and self.answers.kitty is False:
            return False
        if self.program.lower().startswith("ghostty") or (self.term == "xterm-ghostty" and not self.multiplexer):
            return True
        version = re.match(r"kitty\D{0,2}(\d+)\.(\d+)", self.program, re.IGNORECASE)
        return version is not None and (int(version[1]), int(version[2])) >= PLACEHOLDERS_SINCE

    @property
    def _is_kitty(self) -> bool:
        return self.term == "xterm-kitty" or self.program.lower().startswith("kitty")

    def _variable(self, name: str) -> str:
        return next((value for known, value in self.environ if known == name), "")

    def with_answers(self, answers: TerminalAnswers) -> "TerminalCapabilities":
        """The same, after the terminal has answered."""
        return replace(self, answers=answers)

    def with_tmux(self, tmux: TmuxAnswers | None) -> "TerminalCapabilities":
        """The same, after tmux has answered."""
        return replace(self, tmux=tmux)


VARIABLES = (
    *("TERM", "COLORTERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "TMUX", "STY", "SSH_CONNECTION", "SSH_TTY"),
    *("KONSOLE_VERSION", "VTE_VERSION", "XTERM_VERSION", "WT_SESSION"),
)


def capabilities_at_start(
    images: str = "auto",
    colors: str = "auto",
    charts: str = "auto",
    seen: Mapping[str, str] = MappingProxyType({}),
    environ: Mapping[str, str] = os.environ,
) -> TerminalCapabilities:
    """What can be known without asking.

    Args:
        images: what a person asked for, one of `core.settings.IMAGES`.
        colors: likewise, `auto` or one of COLORS.
        charts: what curves are to be drawn in, one of `core.settings.CHARTS`.
        seen: how pictures were chosen to be drawn, by the terminal's name.
        environ: the variables.
    """
    known = tuple((name, environ[name]) for name in VARIABLES if environ.get(name))
    return TerminalCapabilities(colors, images, charts, tuple(sorted(seen.items())), known)

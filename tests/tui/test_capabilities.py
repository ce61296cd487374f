"""What is known of a terminal, from its variables, its answers and tmux."""

from dataclasses import replace

import pytest
from textual import events

from bddseg_tui.tui.terminal.capabilities import (
    TerminalAnswers,
    TerminalCapabilities,
    TmuxAnswers,
    capabilities_at_start,
)
from bddseg_tui.tui.terminal.driver import AnswerParser, OutputTaken, TerminalAnswered

SSH = {"SSH_CONNECTION": "10.0.0.1 5 10.0.0.2 22"}
XTERM = TerminalAnswers("XTerm(379)", rgb=True, rgb_by="DECRQSS", sixel=False)
KITTY = TerminalAnswers("kitty(0.32.2)", rgb=True, rgb_by="XTGETTCAP", sixel=False, kitty=True)


def known(
    environ: dict[str, str], answers: TerminalAnswers | None = None, tmux: TmuxAnswers | None = None
) -> TerminalCapabilities:
    return replace(capabilities_at_start(environ=environ), answers=answers, tmux=tmux)


@pytest.mark.parametrize(
    ("environ", "colors"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "truecolor"),
        ({"TERM": "xterm-256color", **SSH}, "256"),
        ({"TERM": "xterm", **SSH}, "16"),
        ({"TERM": "linux"}, "16"),
        *(({"TERM": term, **SSH}, "truecolor") for term in ("alacritty", "foot", "xterm-ghostty", "xterm-kitty")),
        *(({"TERM": term, **SSH}, "truecolor") for term in ("wezterm", "mlterm-256color", "st-256color", "foot-extra")),
        ({"TERM": "xterm-direct"}, "truecolor"),
        ({"TERM": "rxvt-unicode-256color"}, "256"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, "256"),
        ({"TERM": "screen", "COLORTERM": "truecolor"}, "256"),
        ({"TERM": "xterm-256color", "STY": "1.pts-0", "COLORTERM": "truecolor"}, "256"),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/tmux", "COLORTERM": "truecolor"}, "256"),
        ({}, "16"),
    ],
)
def test_the_colours_are_known_before_the_terminal_answers(environ: dict[str, str], colors: str) -> None:
    assert known(environ).color_count == colors


@pytest.mark.parametrize(
    ("answers", "colors"),
    [
        (XTERM, "truecolor"),
        (TerminalAnswers("XTerm(300)", rgb=False, sixel=False), "256"),
        (TerminalAnswers("WezTerm 20240203", sixel=True), "truecolor"),
        (TerminalAnswers("foot(1.16.2)", sixel=True), "truecolor"),
        (TerminalAnswers("xterm.js(5.6.0)", sixel=False), "truecolor"),
        (TerminalAnswers(rgb=True, rgb_by="XTGETTCAP", sixel=False), "truecolor"),
        (TerminalAnswers(sixel=False), "16"),
    ],
)
def test_over_ssh_the_terminals_answer_tells_its_colours(answers: TerminalAnswers, colors: str) -> None:
    assert known({"TERM": "xterm", **SSH}, answers).color_count == colors


@pytest.mark.parametrize("wanted", ["truecolor", "256", "16"])
def test_who_asks_for_colours_gets_them_in_any_terminal(wanted: str) -> None:
    for environ in ({"TERM": "screen"}, {"TERM": "xterm-kitty"}, {"TERM": "linux", "COLORTERM": "truecolor"}):
        assert capabilities_at_start(colors=wanted, environ=environ).with_answers(XTERM).color_count == wanted


@pytest.mark.parametrize(
    ("tmux", "colors"),
    [
        (TmuxAnswers("3.3a", "xterm-256color", features=frozenset({"256", "RGB", "title"})), "truecolor"),
        (TmuxAnswers("3.3a", "xterm-256color", features=frozenset({"256", "title"})), "256"),
        (TmuxAnswers("3.3a", "xterm-256color"), "256"),
        (TmuxAnswers("3.3a", "xterm"), "16"),
    ],
)
def test_in_tmux_the_colours_are_those_that_it_passes_on(tmux: TmuxAnswers, colors: str) -> None:
    inside = known({"TERM": "tmux-256color", "TMUX": "/tmp/tmux", "COLORTERM": "truecolor"}, tmux=tmux)
    assert inside.color_count == colors


@pytest.mark.parametrize(
    ("environ", "protocol"),
    [
        ({"TERM": "linux"}, "halfblock"),
        ({"TERM": "xterm-256color"}, "quadrant"),
        ({"TERM": "xterm-kitty"}, "quadrant"),
        ({"TERM": "xterm-ghostty"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"}, "kitty"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "iterm2"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app", "TERM_PROGRAM_VERSION": "3.5.0"}, "iterm2"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "vscode"}, "quadrant"),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/tmux"}, "quadrant"),
        ({"TERM": "screen-256color"}, "quadrant"),
    ],
)
def test_how_pictures_are_drawn_is_known_before_the_terminal_answers(environ: dict[str, str], protocol: str) -> None:
    assert known(environ).image_protocol == protocol
    assert capabilities_at_start("none", environ=environ).image_protocol == "none"


@pytest.mark.parametrize(
    ("answers", "protocol"),
    [
        (replace(XTERM, sixel=True), "sixel"),
        (XTERM, "quadrant"),
        (KITTY, "kitty"),
        (replace(KITTY, program="kitty(0.28.0)"), "kitty"),
        (replace(KITTY, program="kitty(0.26.5)"), "sextant"),
        (replace(KITTY, kitty=False), "sextant"),
        (replace(KITTY, program="kitty(0.41.1)", kitty=False), "octant"),
        *((replace(XTERM, program=f"VTE({v})"), cells) for v, cells in ((5802, "quadrant"), (6003, "sextant"))),
        (replace(XTERM, program="VTE(7800)"), "octant"),
        *((replace(XTERM, program=f"alacritty({v})"), c) for v, c in (("0.13.2", "quadrant"), ("0.15.0", "sextant"))),
        (replace(XTERM, program="Konsole 24.08.1"), "quadrant"),
        (TerminalAnswers("ghostty 1.1.3", kitty=True, sixel=False), "kitty"),
        (TerminalAnswers("Konsole 24.12.0", kitty=True, sixel=True), "sixel"),
        (TerminalAnswers("WezTerm 20240203", kitty=True, sixel=True), "iterm2"),
        (TerminalAnswers("iTerm2 3.5.10", sixel=True), "iterm2"),
        (TerminalAnswers("xterm.js(5.6.0)", sixel=True), "iterm2"),
    ],
)
def test_over_ssh_the_terminals_answer_tells_how_pictures_are_drawn(answers: TerminalAnswers, protocol: str) -> None:
    assert known({"TERM": "xterm-256color", **SSH}, answers).image_protocol == protocol


INSIDE = TmuxAnswers("3.5a", "xterm-kitty", "kitty(0.36.4)", frozenset({"256", "RGB"}), passthrough=True)


@pytest.mark.parametrize(
    ("tmux", "protocol"),
    [
        (INSIDE, "kitty"),
        (replace(INSIDE, passthrough=False), "quadrant"),
        (replace(INSIDE, features=frozenset({"256"})), "quadrant"),
        (replace(INSIDE, outer_program="kitty(0.26.5)"), "quadrant"),
        (replace(INSIDE, outer_program="XTerm(390)", sixel=True), "sixel"),
        (replace(INSIDE, outer_program="XTerm(390)"), "quadrant"),
    ],
)
def test_in_tmux_pictures_are_drawn_as_it_lets_them_through(tmux: TmuxAnswers, protocol: str) -> None:
    answers = TerminalAnswers("tmux 3.5a", sixel=False)
    assert known({"TERM": "tmux-256color", "TMUX": "/tmp/tmux"}, answers, tmux).image_protocol == protocol


def test_what_a_person_saw_to_work_is_used_but_what_is_asked_for_comes_first() -> None:
    start = capabilities_at_start(seen={"XTerm(379)": "octant"}, environ={"TERM": "xterm-256color"})
    assert start.image_protocol == "quadrant"
    seen = start.with_answers(XTERM)
    assert seen.image_protocol == "octant"
    assert start.with_answers(replace(XTERM, program="XTerm(380)")).image_protocol == "quadrant"
    assert replace(seen, wanted_images="sixel").image_protocol == "sixel"


def fed(*pieces: str) -> list[object]:
    parser = AnswerParser()
    return [message for piece in pieces for message in parser.feed(piece)]


def answered(*pieces: str) -> list[TerminalAnswers]:
    return [message.answers for message in fed(*pieces) if isinstance(message, TerminalAnswered)]


@pytest.mark.parametrize("pieces", [("\x1b[?62;4;22c",), ("\x1b[?6", "2;4c"), ("\x1b[?", "64;1;2;4;6c")])
def test_the_terminals_answer_is_understood_whole_or_in_pieces(pieces: tuple[str, ...]) -> None:
    assert [type(m) for m in fed(*pieces)] == [TerminalAnswered]
    assert answered(*pieces) == [TerminalAnswers(sixel=True)]


SAID = (
    "\x1bP>|foot(1.16.2)\x1b\\\x1bP1+r524742=382F382F38\x1b\\\x1bP1$r0;48:2::1:2:3m\x1b\\"
    "\x1b_Gi=31;ENOTSUP\x1b\\\x1b[?62;4c"
)


def test_several_answers_are_told_as_one_wherever_they_are_cut() -> None:
    expected = TerminalAnswers("foot(1.16.2)", rgb=True, rgb_by="XTGETTCAP", sixel=True, kitty=False)
    # Escape alone, or with one more character, is a key until more comes.
    keys = {i for i in range(len(SAID)) if SAID[:i].endswith(("\x1b", "\x1b[", "\x1bP", "\x1b_"))}
    for cut in set(range(1, len(SAID))) - keys:
        assert answered(SAID[:cut], SAID[cut:]) == [expected], cut


@pytest.mark.parametrize(
    ("answer", "rgb"),
    [
        ("\x1bP1$r0;48:2::1:2:3m\x1b\\", True),
        ("\x1bP1$r0;48;2;1;2;3m\x1b\\", True),
        ("\x1bP1$r0;48:2:1:2:3m\x1b\\", True),
        ("\x1bP1$r0;48;5;16m\x1b\\", False),
        ("\x1bP0$r\x1b\\", False),
        ("\x1bP0+r524742\x1b\\", False),
        ("", None),
    ],
)
def test_a_terminal_has_24_bit_colours_if_it_kept_one(answer: str, rgb: bool | None) -> None:
    assert [said.rgb for said in answered(f"{answer}\x1b[?1;2c")] == [rgb]


def test_a_terminal_without_sixel_says_so_and_keys_around_the_answers_arrive() -> None:
    found = fed("j\x1bP>|XTerm(379)\x1b\\k\x1b[?1;2cl")
    assert [m.key for m in found if isinstance(m, events.Key)] == ["j", "k", "l"]
    assert [m.answers.sixel for m in found if isinstance(m, TerminalAnswered)] == [False]


def test_a_device_of_level_four_is_not_mistaken_for_sixel() -> None:
    assert answered("\x1b[?4c") == [TerminalAnswers(sixel=False)]


def test_a_program_that_calls_itself_by_control_characters_loses_them() -> None:
    (said,) = answered("\x1bP>|evil\x07\u202e\x1b\\\x1b[?1c")
    assert "\x07" not in said.program and "\u202e" not in said.program


@pytest.mark.parametrize("pieces", [("j\x1b[0nk",), ("j\x1b", "[0nk"), ("j\x1b[", "0nk"), ("j\x1b[0", "nk")])
def test_a_fence_that_is_answered_is_no_key_wherever_the_answer_is_cut(pieces: tuple[str, ...]) -> None:
    found = fed(*pieces)
    assert [m.key for m in found if isinstance(m, events.Key)] == ["j", "k"]
    assert sum(isinstance(m, OutputTaken) for m in found) == 1


def test_keys_are_not_held_back_by_the_search_for_an_answer() -> None:
    assert [m.key for m in fed("\x1b[A", "q") if isinstance(m, events.Key)] == ["up", "q"]


def test_what_is_chosen_by_key_is_for_this_terminal_whatever_was_asked_for_at_the_start() -> None:
    here = replace(known({"TERM": "xterm-256color"}, XTERM), wanted_images="sixel").drawing("octant")
    assert here.image_protocol == "octant" and dict(here.seen) == {"XTerm(379)": "octant"}
    assert here.with_answers(replace(XTERM, program="VTE(7800)")).drawing("none").seen == (
        ("VTE(7800)", "none"),
        ("XTerm(379)", "octant"),
    )

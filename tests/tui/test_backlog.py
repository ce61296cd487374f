"""What is under way to a terminal, and that nothing is drawn on top of it."""

from pathlib import Path

from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.terminal.backlog import ASSUMED_RATE, FENCE_EVERY, PATIENCE_S, Backlog
from bddseg_tui.tui.terminal.line_speed import LineSpeed
from bddseg_tui.tui.terminal.picture_limit import LOCAL, SLOW_LINE
from tests.tui.terminal import STATUS_ANSWER, STATUS_QUERY, Terminal

PICTURE = b'"1;1;'


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_what_the_terminal_has_answered_is_no_longer_under_way() -> None:
    backlog = Backlog(Clock())
    assert backlog.wrote(FENCE_EVERY)
    assert backlog.wrote(3 * FENCE_EVERY)
    assert backlog.bytes == 4 * FENCE_EVERY
    backlog.answered()
    assert backlog.bytes == 3 * FENCE_EVERY
    backlog.answered()
    assert backlog.bytes == backlog.answers == 0


def test_small_things_are_not_asked_about_one_by_one() -> None:
    backlog = Backlog(Clock())
    assert [backlog.wrote(FENCE_EVERY // 4) for _ in range(8)] == [False, False, False, True] * 2


def test_a_terminal_that_never_answers_is_taken_for_a_slow_line() -> None:
    clock = Clock()
    backlog = Backlog(clock)
    backlog.wrote(ASSUMED_RATE)
    clock.now += 0.25
    assert backlog.bytes == ASSUMED_RATE * 3 // 4
    clock.now += 1
    assert backlog.bytes == backlog.answers == 0


def test_a_terminal_that_stops_to_answer_does_not_stop_the_app() -> None:
    clock = Clock()
    backlog = Backlog(clock)
    backlog.wrote(FENCE_EVERY)
    backlog.answered()
    backlog.wrote(10 * FENCE_EVERY)
    clock.now += PATIENCE_S / 2
    assert backlog.bytes == 10 * FENCE_EVERY
    clock.now += PATIENCE_S
    assert backlog.bytes == backlog.answers == 0


def test_over_a_fast_line_pictures_take_more_and_it_takes_two_slow_ones_to_go_back() -> None:
    clock, speed = Clock(), LineSpeed()
    backlog = Backlog(clock)

    def send(count: int, seconds: float) -> int:
        backlog.wrote(count)
        clock.now += seconds
        backlog.answered()
        for took in backlog.took():
            speed.took(*took)
        return speed.limit

    # 1 Mbit/s, then a little text, then 100 Mbit/s.
    assert send(100_000, 0.95) == send(9_000, 0.001) == SLOW_LINE
    assert send(100_000, 0.05) == LOCAL
    assert send(400_000, 0.3) == LOCAL
    assert send(400_000, 0.3) == LOCAL // 2


def test_while_a_picture_is_under_way_no_other_is_sent_and_then_the_newest_is(
    workspace: Workspace, drawn: Path
) -> None:
    with Terminal.app(drawn, "--images", "sixel", "--picture-bytes", "60000") as terminal:
        terminal.until(lambda seen: PICTURE in seen and b"1/21" in seen)
        terminal.until(lambda seen: not terminal.read(0.3))
        terminal.answering = False
        sent = terminal.output.count(PICTURE)
        terminal.send(b"j")
        terminal.until(lambda seen: PICTURE in seen)
        for _ in range(8):
            terminal.send(b"j")
            terminal.read(0.05)
        while terminal.read(0.3):
            pass
        assert terminal.output.count(PICTURE) == sent + 1
        late = terminal.output.count(STATUS_QUERY)
        terminal.answering = True
        terminal.send(STATUS_ANSWER * late)
        terminal.until(lambda seen: b"10/21" in seen and PICTURE in seen)
        terminal.send(b"q")
        assert terminal.wait() == 0


def test_no_answer_is_left_for_the_shell(workspace: Workspace, drawn: Path) -> None:
    with Terminal.app(drawn, "--images", "quadrant") as terminal:
        terminal.until(lambda seen: b"1/21" in seen)
        terminal.until(lambda seen: not terminal.read(0.3))
        terminal.send(b"o")
        terminal.until(lambda seen: STATUS_QUERY in seen)
        terminal.send(b"q")
        assert terminal.wait() == 0
        last = terminal.output.rindex(STATUS_QUERY)
        assert last < terminal.output.rindex(b"\x1b[?1049l")

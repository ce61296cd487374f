"""The app as a terminal sees it: real bytes through a real pty, a real hang-up, real kills."""

import random
import re
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest
from PIL import Image

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.jobs.events import read_events
from bddseg_tui.core.processes.process import kill
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.workspace.workspace import Workspace
from tests.tui.terminal import STATUS_ANSWER, STATUS_QUERY, Terminal

SIXEL = re.compile(rb"\x1bP[0-9;]*q")
"""How a picture begins; a query of the terminal's capabilities begins with the first two bytes alone."""
RASTER = b'"1;1;'
"""What a Sixel begins with."""
SMALL = ["encoder=mobilenet_v2", "height=32", "width=64", "batch_size=4", "epochs=500", "threads=1"]
EXPECTED = re.compile(
    rb"\x1b\[[0-9;:?<>=$ ]*[A-Za-z~]|\x1bP[^\x1b]*\x1b\\|\x1b_G[^\x1b]*\x1b\\|"
    rb"\x1b[=>78c]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)"
)
"""Control sequences that Textual and the picture protocols send."""


def steps(run: Run) -> int:
    return sum(e["kind"] == "step" for e in read_events(run.events))


def start(engine: Engine, dataset: Path) -> Run:
    """A run that has made its first step."""
    run = engine.runs.train(dataset, build_config("demo", SMALL), "demo")
    deadline = time.monotonic() + 120
    while steps(run) < 1:
        assert run.status.live and time.monotonic() < deadline
        time.sleep(0.05)
    return run


def test_the_app_opens_answers_a_key_and_gives_the_terminal_back(workspace: Workspace, drawn: Path) -> None:
    with Terminal.app(drawn) as terminal:
        terminal.until(lambda seen: b"road" in seen and "▀".encode() in seen)
        terminal.send(b"m")
        terminal.until(lambda seen: b"mask" in seen)
        terminal.send(b"q")
        assert terminal.wait() == 0
        assert b"\x1b[?1049h" in terminal.output
        assert b"\x1b[?1049l" in terminal.output and b"\x1b[?25h" in terminal.output
        assert b"Traceback" not in terminal.output


def test_a_dialog_and_what_is_typed_into_it_may_come_in_one_packet(workspace: Workspace, drawn: Path) -> None:
    with Terminal.app(drawn) as terminal:
        terminal.until(lambda seen: "▀".encode() in seen)
        terminal.send(b"tsnow\r")
        terminal.until(lambda seen: b"#snow" in seen)
        terminal.send(b"q")
        assert terminal.wait() == 0


def test_the_first_screen_draws_the_demo_and_check_uses_processes(workspace: Workspace) -> None:
    with Terminal([sys.executable, "-m", "bddseg_tui.tui", "open", "--images", "none"]) as terminal:
        terminal.until(lambda seen: b"draw the demo" in seen)
        terminal.send(b"d")
        terminal.until(lambda seen: b"1/340" in seen, deadline_s=120)
        terminal.send(b"C")
        terminal.until(lambda seen: b"no problems" in seen, deadline_s=120)
        terminal.send(b"q")
        terminal.until(lambda seen: seen)
        terminal.send(b"q")
        assert terminal.wait() == 0


def test_it_never_waits_for_the_terminal_but_takes_its_answer(workspace: Workspace, drawn: Path) -> None:
    with Terminal.app(drawn) as terminal:
        terminal.until(lambda seen: b"\x1b[c" in seen)
        terminal.until(lambda seen: "▀".encode() in seen)
        terminal.send(b"\x1b[?62;4;22c")
        terminal.until(SIXEL.search)
        terminal.send(b"q")
        assert terminal.wait() == 0


def test_an_answer_that_says_no_changes_nothing_and_types_nothing(workspace: Workspace, drawn: Path) -> None:
    with Terminal.app(drawn) as terminal:
        terminal.until(lambda seen: "▀".encode() in seen)
        terminal.send(b"\x1b[?1;2c")
        terminal.send(b"m")
        terminal.until(lambda seen: b"mask" in seen)
        terminal.send(b"q")
        assert terminal.wait() == 0
        assert not SIXEL.search(terminal.output)


@pytest.mark.parametrize("protocol", ["halfblock", "sixel", "kitty", "none"])
def test_no_byte_of_a_hostile_name_reaches_the_terminal_raw(workspace: Workspace, dataset: Path, protocol: str) -> None:
    names = [
        "\x1b]0;owned\x07",
        "\x1b[2Jcleared",
        "new\nline",
        "\u202egpj.fdp",
        "\x9b31mred",
        "n" * 251,
        "tab\tbell\x07",
        "del\x7f",
    ]
    for name in names:
        Image.new("RGB", (32, 18), (200, 10, 10)).save(dataset / f"images/10k/val/{name}.jpg", "JPEG")
    with Terminal.app(dataset, "--images", protocol) as terminal:
        terminal.send(b"")
        terminal.until(lambda seen: b"/29" in seen)
        terminal.send(b"/split:val\r")
        terminal.until(lambda seen: b"1/14" in seen)
        for key in (b"j", b"j", b"o", b"f", b"j", b"j", b"j", b"\x1b", b"t", b"\x1b", b"j", b"j", b"2", b"3", b"1"):
            terminal.send(key)
            quiet = time.monotonic() + 0.3
            while time.monotonic() < quiet:
                terminal.read()
        terminal.send(b"q")
        assert terminal.wait() == 0
        plain = EXPECTED.sub(b"", bytes(terminal.output))
        left = {b for b in plain if b < 0x20 or b == 0x7F} - {0x0A, 0x0D}
        assert left == set(), plain[-500:]
        text = plain.decode("utf-8", "replace")
        assert not any(c in text for c in "\x9b\u202e")
        assert b"\x1b]0;owned" not in terminal.output and b"\x1b[2Jcleared" not in terminal.output
        assert b"Traceback" not in terminal.output


def test_a_hang_up_and_a_kill_of_the_app_leave_the_run_alone(workspace: Workspace, engine: Engine, drawn: Path) -> None:
    run = start(engine, drawn)
    rng = random.SystemRandom()
    try:
        for end in ("hang up", "kill", "kill at once"):
            with Terminal.app(drawn) as terminal:
                if end != "kill at once":
                    terminal.until(lambda seen: b"0001-demo" in seen)
                time.sleep(rng.uniform(0, 0.5))
                if end == "hang up":
                    terminal.close()
                else:
                    terminal.kill()
            before = steps(run)
            deadline = time.monotonic() + 60
            while steps(run) <= before:
                assert run.status.state == "running", end
                assert time.monotonic() < deadline
                time.sleep(0.05)
        with Terminal.app(drawn) as terminal:
            terminal.until(lambda seen: b"0001-demo" in seen)
            terminal.send(b"q")
            assert terminal.wait() == 0
    finally:
        process = run.status.process
        assert process
        kill(process)


def test_app_and_run_killed_together_are_both_found_again(workspace: Workspace, engine: Engine, drawn: Path) -> None:
    run = start(engine, drawn)
    with Terminal.app(drawn) as terminal:
        terminal.until(lambda seen: b"0001-demo" in seen)
        process = run.status.process
        assert process
        kill(process)
        terminal.kill()
    with Terminal.app(drawn) as terminal:
        terminal.until(lambda seen: b"road" in seen)
        terminal.send(b"2")
        terminal.until(lambda seen: b"lost" in seen)
        terminal.send(b"r")
        terminal.until(lambda seen: b"running" in seen)
        terminal.send(b"q")
        assert terminal.wait() == 0
    assert run.status.live
    engine.runs.stop(run, now=True)


def test_a_read_only_dataset_and_a_damaged_catalog_are_no_traceback(workspace: Workspace, drawn: Path) -> None:
    path = workspace.catalog_path(drawn)
    path.write_bytes(b"this is not a database, it is a text file" * 100)
    with Terminal.app(drawn) as terminal:
        # However the line is broken.
        terminal.until(lambda seen: b"madeanew" in re.sub(rb"\s", b"", EXPECTED.sub(b"", seen)))
        terminal.send(b"q")
        assert terminal.wait() == 0
        assert b"Traceback" not in terminal.output


def test_leaving_does_not_wait_for_a_scan_that_says_nothing(workspace: Workspace, drawn: Path) -> None:
    with Terminal.app(drawn, "--images", "none") as terminal:
        app = psutil.Process(terminal.process.pid)
        terminal.until(lambda seen: any("bddseg_tui.core.data.scan" in " ".join(p.cmdline()) for p in app.children()))
        (scan,) = (p for p in app.children() if "bddseg_tui.core.data.scan" in " ".join(p.cmdline()))
        # As one is that waits for a disk: it neither ends nor prints.
        scan.suspend()
        terminal.until(lambda seen: b"listing" in terminal.output or b"1/21" in terminal.output)
        terminal.send(b"q")
        assert terminal.wait() == 0
        psutil.wait_procs([scan], timeout=20)
        assert not scan.is_running() or scan.status() == psutil.STATUS_ZOMBIE


def test_the_app_ends_when_its_terminal_vanishes_without_a_signal(workspace: Workspace, drawn: Path) -> None:
    # This pty does not control the process, so nothing sends it SIGHUP.
    with Terminal.app(drawn, "--images", "halfblock") as terminal:
        terminal.until(lambda seen: "▀".encode() in seen)
        terminal.close()
        assert terminal.process.wait(timeout=20) != 0


def test_ended_in_the_middle_of_a_picture_it_writes_the_end_of_it_and_leaves(workspace: Workspace, drawn: Path) -> None:
    with Terminal.app(drawn, "--images", "sixel", "--picture-bytes", "300000") as terminal:
        terminal.until(lambda seen: RASTER in seen)
        terminal.process.terminate()
        assert terminal.wait() == 128 + signal.SIGTERM, bytes(terminal.output[-600:])
        assert b"\x1bP" not in EXPECTED.sub(b"", bytes(terminal.output))
        assert terminal.output.rindex(b"\x1b\\") < terminal.output.rindex(b"\x1b[?1049l")


def test_mouse_reports_that_are_on_the_way_are_not_left_for_the_shell(workspace: Workspace, drawn: Path) -> None:
    with Terminal.app(drawn, "--images", "quadrant") as terminal:
        terminal.until(lambda seen: b"1/21" in seen)
        terminal.until(lambda seen: not terminal.read(0.3))
        terminal.answering = False
        terminal.send(b"q")
        terminal.until(lambda seen: b"\x1b[?1003l" in seen and STATUS_QUERY in seen)
        terminal.send(b"\x1b[<35;10;10M" * 20 + STATUS_ANSWER)
        assert terminal.wait() == 0
        assert not terminal.unread


def test_an_edge_that_is_dragged_while_pictures_are_encoded_gives_the_right_size(
    workspace: Workspace, drawn: Path
) -> None:
    with Terminal.app(drawn, "--images", "sixel", size=(140, 40)) as terminal:
        terminal.until(SIXEL.search)
        for rows in range(41, 49):
            terminal.send(b"j")
            for columns in range(141, 151):
                terminal.resize(columns, rows)
                terminal.read(0.01)
            # Its last line, which 24 rows do not have.
            terminal.until(lambda seen: b"\x1b[%d;1H" % rows in seen)  # noqa: B023 (it is over when `until` is)
        terminal.send(b"q")
        assert terminal.wait() == 0

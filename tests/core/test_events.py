import os
import time
from pathlib import Path

import pytest

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.skipped_records import LeftOut
from bddseg_tui.core.jobs.events import EventTail, EventWriter, read_event_file, read_events, rewind
from bddseg_tui.core.jobs.job import JobLock, read_status
from bddseg_tui.core.jobs.job_writer import FolderWriter
from bddseg_tui.core.jobs.run_events import Event
from bddseg_tui.core.runs.history_reader import HistoryReader


def test_events_are_numbered_and_read_back(tmp_path: Path) -> None:
    writer = EventWriter(tmp_path / "events.jsonl")
    writer.write("start")
    writer.write("step", step=1, epoch=1, loss=0.5)
    assert [(e["seq"], e["kind"]) for e in read_events(tmp_path / "events.jsonl")] == [(1, "start"), (2, "step")]


def test_a_torn_last_line_is_ignored_by_readers_and_cut_by_the_next_writer(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    EventWriter(path).write("start")
    with path.open("ab") as file:
        file.write(b'{"seq": 2, "kind": "st')
    assert len(read_events(path)) == 1
    EventWriter(path).write("resume", step=0)
    assert [(e["seq"], e["kind"]) for e in read_events(path)] == [(1, "start"), (2, "resume")]


def test_a_tail_reads_each_event_once_and_waits_for_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    tail = EventTail(path)
    assert tail.read() == []
    path.write_bytes(b'{"seq": 1, "kind": "start"}\n{"seq": 2, ')
    assert [e["kind"] for e in tail.read()] == ["start"]
    with path.open("ab") as file:
        file.write(b'"kind": "stop"}\n')
    assert [e["kind"] for e in tail.read()] == ["stop"]
    assert tail.read() == []


STEP = b'{"seq": 7, "kind": "step", "step": 3, "epoch": 1, "loss": 0.5}'
ODD = {
    "no JSON": (b"garbage", "it is no JSON"),
    "not UTF-8": (b"\xff\xfe", "it is no JSON"),
    "no object": (b"[1]", "should be an object"),
    "null": (b"null", "should be an object"),
    "without its kind": (b'{"step": 1}', "no known kind"),
    "of another kind": (b'{"kind": "\x1b[2J"}', "it is no JSON"),
    "of an unknown kind": (b'{"kind": "a\\u001b"}', "no known kind (a·)"),
    "without its keys": (b'{"kind": "epoch", "epoch": 1}', "step is missing"),
    "a step that is null": (STEP.replace(b"3,", b"null,"), "step should be a valid integer"),
    "a number that is null": (STEP.replace(b"7,", b"null,"), "seq should be a valid integer"),
    "a step below 0": (STEP.replace(b"3,", b"-3,"), "step should be"),
    "a step beyond bounds": (STEP.replace(b"3,", b"9" * 400 + b","), "step should be"),
    "digits without end": (STEP.replace(b"3,", b"9" * 5000 + b","), "it is no JSON"),
    "1e999": (STEP.replace(b"0.5", b"1e999"), "loss should be"),
    "a loss of 400 digits": (STEP.replace(b"0.5", b"9" * 400), "loss should be"),
    "NaN": (STEP.replace(b"0.5", b"NaN"), "loss should be"),
    "text for a number": (STEP.replace(b"0.5", b'"0.5"'), "loss should be"),
    "a lone surrogate": (b'{"kind": "warning", "message": "\\ud800"}', "it is no JSON"),
    "nested without end": (b"[" * 100_000, "it is no JSON: recursion limit"),
    "nested within": (STEP.replace(b"0.5", b"[" * 100_000), "it is no JSON: recursion limit"),
    "longer than any event": (b'{"kind": "warning", "message": "' + b"x" * 2_000_000 + b'"}', "longer than"),
    "longer than what is read at once": (b"x" * 9_000_000, "longer than"),
    "classes that are not all": (
        b'{"kind": "epoch", "epoch": 1, "step": 1, "classes": [{"id": 0, "name": "road", "iou": 1.0, '
        b'"precision": 1.0, "recall": 1.0, "percentage": 1.0}]}',
        "classes should be the classes 0 to 19",
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_a_line_that_makes_no_sense_is_left_out_counted_and_told(tmp_path: Path, name: str) -> None:
    line, why = ODD[name]
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"kind": "start", "step": 0}\n' + line + b"\n" + STEP + b"\n")
    found = read_event_file(path)
    assert [e["kind"] for e in found.events] == ["start", "step"]
    assert found.left_out.count == 1
    assert found.left_out.first.startswith("line 2: ") and why in found.left_out.first
    history = HistoryReader(path).read_all()
    assert list(history.loss.fine.xs) == [3.0] and history.left_out == found.left_out
    assert EventWriter(path).write("stop")["seq"] == 8


def test_what_was_left_out_is_said_in_one_line() -> None:
    assert LeftOut().tell("event", "0003-x") == ""
    one = LeftOut().add("line 17: step is missing")
    assert one.tell("event", "0003-x") == "1 event of 0003-x makes no sense (line 17: step is missing)"
    assert one.add("line 18: other").tell("event", "0003-x").startswith("2 events of 0003-x make no sense (line 17:")


def test_some_kinds_of_events_are_found_without_the_others(tmp_path: Path) -> None:
    writer = EventWriter(tmp_path / "e")
    writer.write("start", step=0)
    for number in range(1, 4):
        writer.write("step", step=number, epoch=1)
        writer.write("epoch", epoch=number, step=number, note='"kind": "start"')
    assert [e["kind"] for e in read_events(tmp_path / "e", ("start", "epoch"))] == ["start", *["epoch"] * 3]
    assert [e["kind"] for e in read_events(tmp_path / "e", ("stop",))] == []


@pytest.mark.parametrize("kind", ["folder", "fifo"])
def test_something_else_in_the_place_of_the_events_is_no_file_and_blocks_nobody(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "events.jsonl"
    path.mkdir() if kind == "folder" else os.mkfifo(path)
    assert read_events(path) == []
    with pytest.raises(BddsegError, match=r"events.jsonl cannot be written: it is (a folder|no regular file)"):
        EventWriter(path)


def test_the_last_number_is_found_behind_any_amount_of_garbage(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(STEP + b"\n" + (b"g" * 999 + b"\n") * 5_000 + b"torn")
    assert EventWriter(path).write("resume")["seq"] == 8
    assert path.read_bytes().count(b"torn") == 0


def test_text_that_is_no_unicode_is_written_so_that_it_can_be_read(tmp_path: Path) -> None:
    EventWriter(tmp_path / "e").write("warning", message="a\udcff", files=["b\ud800"])
    assert read_events(tmp_path / "e") == [
        {"seq": 1, "time": pytest.approx(time.time(), abs=60), "kind": "warning", "message": "a?", "files": ["b?"]}
    ]


def test_numbers_that_are_not_finite_become_gaps(tmp_path: Path) -> None:
    writer = EventWriter(tmp_path / "e")
    assert writer.write("step", step=1, epoch=1, loss=float("nan"), deep={"x": [float("inf")]})["loss"] is None
    assert dict(read_events(tmp_path / "e")[0])["deep"] == {"x": [None]}


def step(number: int, loss: float) -> Event:
    return {"kind": "step", "step": number, "epoch": 1, "loss": loss}


def test_what_a_resumed_run_did_again_stands_once() -> None:
    events: list[Event] = [step(1, 3.0), step(2, 2.0), step(3, 9.0), {"kind": "resume", "step": 2}, step(3, 1.0)]
    assert [e["loss"] for e in rewind(events) if e["kind"] == "step"] == [3.0, 2.0, 1.0]


@pytest.mark.parametrize("kind", ["folder", "fifo"])
def test_a_job_that_cannot_write_events_says_so_in_its_status_and_lets_go(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "events.jsonl"
    path.mkdir() if kind == "folder" else os.mkfifo(path)
    with pytest.raises(BddsegError, match=r"events.jsonl cannot be written"):
        FolderWriter(tmp_path)
    status = read_status(tmp_path)
    assert status.state == "failed" and "events.jsonl cannot be written: it is " in status.message
    JobLock(tmp_path).release()

from pathlib import Path

from core.events import EventTail, EventWriter, read_events, rewind
from core.history import History


def test_events_are_numbered_and_read_back(tmp_path: Path) -> None:
    writer = EventWriter(tmp_path / "events.jsonl")
    writer.write("start")
    writer.write("step", step=1, loss=0.5)
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
    path.write_bytes(b'{"seq": 1, "kind": "a"}\n{"seq": 2, ')
    assert [e["kind"] for e in tail.read()] == ["a"]
    with path.open("ab") as file:
        file.write(b'"kind": "b"}\n')
    assert [e["kind"] for e in tail.read()] == ["b"]
    assert tail.read() == []


def test_lines_that_are_no_events_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'garbage\n[1]\n{"kind": 3}\n\xff\xfe\n{"kind": "ok"}\n')
    assert [e["kind"] for e in read_events(path)] == ["ok"]


def test_numbers_that_are_not_finite_become_gaps(tmp_path: Path) -> None:
    writer = EventWriter(tmp_path / "e")
    assert writer.write("step", loss=float("nan"), deep={"x": [float("inf")]})["loss"] is None
    assert read_events(tmp_path / "e")[0]["deep"] == {"x": [None]}


def step(number: int, loss: float) -> dict[str, object]:
    return {"kind": "step", "step": number, "epoch": 1, "loss": loss}


def test_what_a_resumed_run_did_again_stands_once() -> None:
    events = [step(1, 3.0), step(2, 2.0), step(3, 9.0), {"kind": "resume", "step": 2}, step(3, 1.0)]
    assert [e["loss"] for e in rewind(events) if e["kind"] == "step"] == [3.0, 2.0, 1.0]
    history = History()
    history.feed(events[:3])
    history.feed(events[3:])
    assert [s.loss for s in history.steps] == [3.0, 2.0, 1.0]

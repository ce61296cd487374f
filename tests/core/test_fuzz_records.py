"""Whatever stands in the files of the workspace, reading it ends in a value or in one line that says why."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import example, given

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.jobs.events import EventWriter, read_event_file, rewind
from bddseg_tui.core.jobs.job import read_status
from bddseg_tui.core.retrieval.chats import Turn, append_turn, list_chats
from bddseg_tui.core.retrieval.manifest import manifest_problem, read_manifest
from bddseg_tui.core.runs.evaluation import load_evaluation
from bddseg_tui.core.runs.history_reader import HistoryReader
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.cli.follow_job import describe
from bddseg_tui.tui.evaluate.evaluation_text import confusions, overall_metrics
from tests.core.odd_json import DEEP, like
from tests.core.test_manifest import GOOD as MANIFEST
from tests.core.test_odd_records import result

STEP = {"seq": 7, "time": 5.0, "kind": "step", "step": 3, "epoch": 1, "loss": 0.5, "lr": 1e-3, "memory_mib": 9.0}
EPOCH = {"kind": "epoch", "step": 3, "epoch": 1, "val_loss": 0.5, "miou19": 0.5, "classes": result()["classes"]}
START = {"kind": "start", "step": 0, "epoch": 0, "parameters": 9, "device": "cpu", "train_images": 3}
WARNING = {"kind": "warning", "message": "two", "files": ["a"]}
FACTS = {"seconds_left": 5.0, "epochs": 3, "device": "cpu"}
PROCESS = {"host": "a", "boot": "b", "pid": 3, "start": "9"}
STATUS = {"state": "running", "phase": "train", "done": 1, "total": 9, "heartbeat": 1.0, "facts": FACTS}
TURN = {"number": 2, "question": "q", "candidates": [{"image": "a", "score": 0.1, "confidence": 0.2}], "image": "a"}
HEADER = {"chat": 1, "dataset": "/d", "created": 1.0}


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def is_told(text: str) -> bool:
    """Whether it is something that a person can be shown."""
    return bool(text) and sanitize(text) == text and len(text) < 600


def is_line(text: str) -> bool:
    return sanitize(text) == text


@given(like(STEP) | like(EPOCH) | like(START) | like(WARNING))
@example(DEEP.encode())
def test_events(line: bytes) -> None:
    with folder() as here:
        path = here / "events.jsonl"
        whole = b'{"seq": 4, "kind": "step", "step": 1, "epoch": 1}\n'
        path.write_bytes(whole + line.replace(b"\n", b" ") + b"\n" + whole)
        found = read_event_file(path)
        assert found.events[0]["kind"] == found.events[-1]["kind"] == "step"
        assert len(found.events) + found.left_out.count in (2, 3)
        assert found.left_out.count == 0 or is_told(found.left_out.first)
        rewind(found.events)
        HistoryReader(path).read_all()
        writer = EventWriter(path)
        assert writer.write("stop")["seq"] > 4
        writer.close()


@given(like(STATUS) | like({**STATUS, "process": PROCESS}) | like({**STATUS, "state": "failed", "message": "no"}))
def test_statuses(content: bytes) -> None:
    with folder() as here:
        (here / "status.json").write_bytes(content)
        status = read_status(here)
        assert status.state != "running" or (status.process and status.process.host == "a")
        assert is_line(describe(status))
        assert is_line(status.message)


@given(like(TURN) | like(HEADER))
def test_chats(line: bytes) -> None:
    with folder() as here:
        path = here / "1.jsonl"
        path.write_bytes(b'{"chat": 1, "dataset": "/d", "created": 1.0}\n' + line.replace(b"\n", b" ") + b"\n")
        (chat, *_) = [*list_chats(here), None]
        if chat is not None:
            assert is_line(chat.title) and (chat.left_out.count == 0 or is_told(chat.left_out.first))
            append_turn(chat, Turn(7, "and now?"))
            assert list_chats(here)[0].turns[-1].question in ("and now?", *(t.question for t in chat.turns))


@given(like(result()))
def test_results(content: bytes) -> None:
    with folder() as here:
        (here / "result.json").write_bytes(content)
        try:
            found = load_evaluation(here)
        except BddsegError as error:
            assert is_told(str(error))
        else:
            assert overall_metrics("data", found, found, 100).plain and confusions(found, 0).plain


@given(like(MANIFEST))
def test_manifests(content: bytes) -> None:
    with folder() as here:
        (here / "manifest.json").write_bytes(content)
        (here / "hnsw.json").write_bytes(content)
        assert (read_manifest(here) is None) == bool(manifest_problem(here))

"""Best epochs: from the status where the run says it, from a search that is made once where it does not."""

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bddseg_tui.core.jobs.events import EventTail
from bddseg_tui.core.jobs.job import Status, write_status
from bddseg_tui.core.jobs.run_events import Event
from bddseg_tui.core.runs.best_epoch import FILE, Best, best_epochs
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.run import Run, create_run
from bddseg_tui.core.runs.run_states import RunStates
from bddseg_tui.core.workspace.workspace import Workspace


def epoch(number: int, miou: float | None) -> dict[str, Any]:
    return {"kind": "epoch", "epoch": number, "step": 10 * number, "miou19": miou}


def make_run(workspace: Workspace, *events: dict[str, Any], **facts: Any) -> Run:
    run = create_run(workspace, Path("/data"), build_config("demo", []), "demo")
    run.events.write_text("".join(json.dumps(e) + "\n" for e in events))
    write_status(run.folder, Status("finished", facts=facts), durable=False)
    return run


def best_of(workspace: Workspace) -> dict[str, Best | None]:
    return best_epochs(workspace, RunStates(workspace).read())


def test_a_run_that_says_its_best_epoch_is_believed_without_a_look_at_its_events(workspace: Workspace) -> None:
    told = make_run(workspace, epoch(1, 0.9), best_epoch=7, best_miou19=0.5)
    none = make_run(workspace, epoch(1, 0.9), best_epoch=1, best_miou19=None)
    assert best_of(workspace) == {told.name: Best(7, 0.5), none.name: None}


def test_the_best_of_an_earlier_versions_run_is_the_best_that_stands(workspace: Workspace) -> None:
    again = {"kind": "resume", "step": 20}
    run = make_run(workspace, epoch(1, 0.3), epoch(2, None), epoch(3, 0.9), again, epoch(3, 0.4), epoch(4, 0.4))
    empty = make_run(workspace)
    assert best_of(workspace) == {run.name: Best(3, 0.4), empty.name: None}


def test_events_are_searched_once_and_again_when_they_change(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, searched = [make_run(workspace, epoch(1, 0.1 * n)) for n in (1, 2)], list[Path]()
    stream = EventTail.stream

    def counted(tail: EventTail) -> Iterator[Event]:
        searched.append(tail.path)
        return stream(tail)

    monkeypatch.setattr(EventTail, "stream", counted)
    first = best_of(workspace)
    assert len(searched) == 2 and best_of(workspace) == first and len(searched) == 2
    with runs[0].events.open("a") as file:
        file.write(json.dumps(epoch(2, 0.8)) + "\n")
    assert best_of(workspace)[runs[0].name] == Best(2, 0.8)
    assert searched[2:] == [runs[0].events]


@pytest.mark.parametrize("odd", ["", "[", "[]", '{"0001-demo": 3}', '{"0001-demo": {"size": 1e999}}'])
def test_an_index_that_makes_no_sense_is_made_anew(workspace: Workspace, odd: str) -> None:
    run = make_run(workspace, epoch(1, 0.5))
    (workspace.cache / FILE).write_text(odd)
    assert best_of(workspace) == {run.name: Best(1, 0.5)}


def test_a_status_file_that_is_as_it_was_is_not_read_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, states = [make_run(workspace) for _ in range(3)], RunStates(workspace)
    before = states.read()
    read = list[str]()
    status = inspect.getattr_static(Run, "status").fget

    def counted(run: Run) -> Status:
        read.append(run.name)
        return status(run)  # type: ignore[no-any-return]

    monkeypatch.setattr(Run, "status", property(counted))
    assert states.read() is before and read == []
    write_status(runs[1].folder, Status("failed", message="out of memory"), durable=False)
    assert [s.status.state for s in states.read()] == ["finished", "failed", "finished"]
    assert read == [runs[1].name]


def test_an_index_that_cannot_be_written_stops_nobody(workspace: Workspace) -> None:
    run = make_run(workspace, epoch(1, 0.5))
    (workspace.root / "cache").write_text("a file in its place")
    assert best_of(workspace) == {run.name: Best(1, 0.5)}

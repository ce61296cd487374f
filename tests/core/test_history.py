"""Histories: bounded, right after a resume, and the same whoever reads them at once."""

import json
import math
import random
import threading
from pathlib import Path

import pytest

from bddseg_tui.core.jobs.run_events import Event, RestartEvent, StepEvent
from bddseg_tui.core.runs.curve import CurveBuilder, Points
from bddseg_tui.core.runs.history import HistoryBuilder
from bddseg_tui.core.runs.history_reader import Histories, HistoryReader


def step(number: int, loss: float | None = 1.0) -> StepEvent:
    return {"kind": "step", "step": number, "epoch": 1, "loss": loss, "lr": 0.1, "images_per_s": 5.0}


def resume(number: int) -> RestartEvent:
    return {"kind": "resume", "step": number}


def write(path: Path, events: list[Event], mode: str = "a") -> None:
    with path.open(mode) as file:
        file.writelines(json.dumps(e) + "\n" for e in events)


def pairs(points: Points) -> list[tuple[float, float]]:
    return list(zip(points.xs, points.ys, strict=True))


def test_two_reads_at_once_of_a_file_that_grows_give_one_history(tmp_path: Path) -> None:
    path, steps = tmp_path / "events.jsonl", 12_000
    write(path, [step(n) for n in range(1, steps // 2)])
    reader, wrong = HistoryReader(path), list[str]()
    grown = threading.Event()

    def read() -> None:
        while not (grown.is_set() and reader.read(300)[0].loss.fine.xs[-1:] == memoryview(last).cast("d")):
            history, _ = reader.read(300)
            xs = list(history.loss.fine.xs)
            if xs != [float(n) for n in range(1, len(xs) + 1)]:
                wrong.append(f"{len(xs)} steps are not in order")
                return

    import struct

    last = struct.pack("d", steps)
    threads = [threading.Thread(target=read, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    write(path, [step(n) for n in range(steps // 2, steps + 1)])
    grown.set()
    for thread in threads:
        thread.join(60)
    assert not wrong and not any(t.is_alive() for t in threads)


def test_a_history_that_was_handed_over_never_changes(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    write(path, [step(n) for n in range(1, 100)])
    reader = HistoryReader(path)
    before = reader.read_all()
    seen = pairs(before.loss.fine)
    write(path, [step(100, 9.0), resume(50), step(51, 7.0)])
    after = reader.read_all()
    assert pairs(before.loss.fine) == seen
    assert pairs(after.loss.fine) == [*seen[:50], (51.0, 7.0)]
    with pytest.raises(TypeError):
        before.loss.fine.ys[0] = 3.0


def test_where_nothing_is_new_the_history_is_the_same_value(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    reader = HistoryReader(path)
    assert reader.read_all() is reader.read_all()
    write(path, [step(1)])
    assert reader.read_all() is reader.read_all()


def test_another_file_in_the_place_of_the_events_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    write(path, [step(n) for n in range(1, 9)])
    reader = HistoryReader(path)
    assert len(reader.read_all().loss) == 8
    write(path.with_name("other"), [step(1, 5.0)])
    path.with_name("other").replace(path)
    assert pairs(reader.read_all().loss.fine) == [(1.0, 5.0)]


@pytest.mark.parametrize("part", [7, 5_000])
def test_steps_that_a_resumed_run_did_again_leave_no_trace(tmp_path: Path, part: int) -> None:
    """In a curve that has long been made small too: the spike was at a step in the middle of a bucket."""
    path, steps = tmp_path / "events.jsonl", 20_000 if part > 7 else 60
    cut = steps // 2 + 1
    write(path, [step(n, 99.0 if n > cut else 1.0) for n in range(1, steps)])
    reader = HistoryReader(path)
    if part > 7:
        assert max(reader.read_all().loss.fine.ys) == 99.0
    write(path, [resume(cut), *(step(n, 2.0) for n in range(cut + 1, steps))])
    more = True
    while more:
        history, more = reader.read(part)
    assert set(history.loss.fine.ys) == {1.0, 2.0}
    assert history.last and (history.last.step, history.last.loss) == (steps - 1, 2.0)
    assert max(history.smoothed_loss.fine.ys) <= 2.0


def naive(events: list[Event]) -> list[tuple[float, float]]:
    kept: list[tuple[float, float]] = []
    for e in events:
        if e["kind"] == "resume":
            kept = [p for p in kept if p[0] <= e["step"]]
        elif e["kind"] == "step":
            kept.append((e["step"], math.nan if e["loss"] is None else e["loss"]))
    return kept


@pytest.mark.parametrize("seed", range(30))
def test_any_order_of_resumes_leaves_what_stands(tmp_path: Path, seed: int) -> None:
    chance, path = random.Random(seed), tmp_path / "events.jsonl"
    events, at = list[Event](), 0
    reader = HistoryReader(path)
    for _ in range(chance.randint(1, 9)):
        for _ in range(chance.randint(0, 30)):
            at += 1
            events.append(step(at, round(chance.random(), 3)))
        at = chance.randint(0, at)
        events.append(resume(at))
    half = chance.randint(0, len(events))
    write(path, events[:half])
    reader.read_all()
    write(path, events[half:])
    assert pairs(reader.read_all().loss.fine) == naive(events)
    assert pairs(HistoryReader(path).read_all().loss.fine) == naive(events)


def test_restarts_that_are_written_in_another_way_count_too(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    escaped = '{"kind" : "resu\\u006de", "step": 1}'
    lines = [
        json.dumps(step(1)),
        json.dumps(step(2, 9.0)),
        escaped,
        json.dumps(resume(1)),
        json.dumps(step(2, 4.0)),
        escaped,
        "",
    ]
    path.write_text("\n".join(lines))
    assert pairs(HistoryReader(path).read_all().loss.fine) == [(1.0, 1.0)]


@pytest.mark.parametrize("steps", [1, 10, 63, 64, 65, 1_000, 30_000])
def test_a_curve_is_bounded_and_keeps_its_ends_its_lowest_and_its_highest_point(steps: int) -> None:
    chance = random.Random(steps)
    values = [chance.random() for _ in range(steps)]
    builder = CurveBuilder(most=64, coarse=16)
    for number, value in enumerate(values, start=1):
        builder.add(number, value)
    curve = builder.curve()
    for points, most in ((curve.fine, 64), (curve.coarse, 16)):
        assert len(points) <= 2 * most + 6
        assert list(points.xs) == sorted(set(points.xs))
        assert all(values[int(x) - 1] == y for x, y in pairs(points))
        assert (min(points.ys), max(points.ys)) == (min(values), max(values))
        assert points.xs[-1] == steps
    if steps < 64:
        assert [y for _, y in pairs(curve.fine)] == values


def test_gaps_stay_gaps_as_long_as_a_bucket_is_a_step() -> None:
    builder = CurveBuilder()
    for number, value in enumerate([1.0, None, 3.0, None], start=1):
        builder.add(number, value)
    assert [y == y for _, y in pairs(builder.curve().fine)] == [True, False, True, False]


def test_a_value_takes_the_place_of_a_gap_in_its_bucket() -> None:
    builder = CurveBuilder(most=4)
    for number in range(1, 65):
        builder.add(number, 5.0 if number % 16 == 8 else None)
    assert sum(y == 5.0 for _, y in pairs(builder.curve().fine)) >= 2


def test_what_is_zoomed_into_has_finer_points() -> None:
    builder = CurveBuilder()
    for number in range(1, 40_001):
        builder.add(number, float(number % 7))
    curve = builder.curve()
    assert len(curve.within(1, 40_000)) <= 5_000
    near = curve.within(39_000, 40_000)
    assert len(near) >= 500 and near.xs[1] >= 39_000 > near.xs[0]


def test_a_step_that_comes_twice_without_a_resume_stands_once() -> None:
    builder = HistoryBuilder()
    for event in (step(1), step(2), step(2, 8.0), step(1, 9.0), step(3)):
        builder.add(event)
    assert pairs(builder.history().loss.fine) == [(1.0, 1.0), (2.0, 1.0), (3.0, 1.0)]


def test_histories_that_are_no_longer_looked_at_are_forgotten(tmp_path: Path) -> None:
    paths = tuple(tmp_path / f"{n}.jsonl" for n in range(6))
    for path in paths:
        write(path, [step(1)])
    histories = Histories(kept=2)
    for path in paths:
        found, behind = histories.read((path,))
        assert not behind and len(found[path].loss) == 1
    assert set(found) == set(paths[-2:])
    found, _ = histories.read(paths)
    assert set(found) == set(paths), "what is shown at once is kept, however many"

"""Building an index: killed, resumed, with changed and hostile images; in real processes where that matters."""

import hashlib
import os
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import time
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bddseg_tui.core.data.dataset import list_samples, open_dataset
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.jobs.events import read_events
from bddseg_tui.core.jobs.job import read_status
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.index.build import build_index
from bddseg_tui.index.clip import Clip
from bddseg_tui.index.device_encoders import index_devices
from bddseg_tui.index.vector_table import VectorTable


def build(root: Path, clip: Clip, folder: Path, batch: int = 8) -> dict[str, object]:
    return build_index(open_dataset(root), clip, folder, lambda *_: None, batch)


def test_every_image_is_embedded_as_it_is_alone(dataset: Path, clip: Clip, tmp_path: Path) -> None:
    from bddseg_tui.core.data.image_file import read_image

    manifest = build(dataset, clip, tmp_path / "index")
    images, matrix = VectorTable(tmp_path / "index", clip.identity, clip.dimension).load()
    assert manifest["count"] == len(images) == 21
    alone = clip.encode_images([read_image(dataset / os.fsdecode(images[4]))])
    assert float(alone[0] @ matrix[4]) > 0.9999


def test_building_again_encodes_nothing(dataset: Path, clip: Clip, tmp_path: Path) -> None:
    build(dataset, clip, tmp_path / "index")
    assert build(dataset, clip, tmp_path / "index")["encoded"] == 0


def test_only_what_changed_is_encoded_again(dataset: Path, clip: Clip, tmp_path: Path) -> None:
    build(dataset, clip, tmp_path / "index")
    samples = [s.image for s in list_samples(open_dataset(dataset))]
    Image.new("RGB", (64, 36), (200, 30, 30)).save(samples[0])
    samples[1].unlink()
    manifest = build(dataset, clip, tmp_path / "index")
    assert manifest["encoded"] == 1 and manifest["count"] == 20


def test_of_images_read_by_an_earlier_reader_only_those_that_lie_on_their_side_are_encoded_again(
    dataset: Path, clip: Clip, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[0x112] = 6
    turned = dataset / "images/10k/train/turned.jpg"
    Image.effect_noise((64, 36), 80).convert("RGB").save(turned, exif=exif)
    first = build(dataset, clip, tmp_path / "index")
    with sqlite3.connect(tmp_path / "index/rows.sqlite") as db:
        db.execute("UPDATE images SET stamp = substr(stamp, 1, length(stamp) - 2)")
        digest = hashlib.blake2b(turned.read_bytes()).digest()[:16]
        changed = (digest, os.fsencode(turned.relative_to(dataset)))
        assert db.execute("UPDATE images SET digest = ? WHERE image = ?", changed).rowcount == 1
    again = build(dataset, clip, tmp_path / "index")
    assert (first["rows_used"], again["rows_used"], again["count"]) == (22, 23, 22)


def test_an_index_of_other_weights_is_made_anew(dataset: Path, clip: Clip, tmp_path: Path) -> None:
    build(dataset, replace(clip, identity="demo@old"), tmp_path / "index")
    manifest = build(dataset, clip, tmp_path / "index")
    assert manifest["encoded"] == 21 and manifest["identity"] == clip.identity


def test_a_renamed_image_is_not_encoded_again(dataset: Path, clip: Clip, tmp_path: Path) -> None:
    build(dataset, clip, tmp_path / "index")
    before = VectorTable(tmp_path / "index", clip.identity, clip.dimension).used()
    image = next(list_samples(open_dataset(dataset))).image
    image.rename(image.with_name("renamed.jpg"))
    build(dataset, clip, tmp_path / "index")
    table = VectorTable(tmp_path / "index", clip.identity, clip.dimension)
    assert table.used() == before and any(b"renamed" in i for i in table.load()[0])


class StopError(Exception):
    """Stands for a signal between two batches."""


def test_stopped_between_batches_it_goes_on_where_it_stopped(dataset: Path, clip: Clip, tmp_path: Path) -> None:
    def stop(phase: str, done: int, total: int) -> None:
        if done >= 8:
            raise StopError

    with pytest.raises(StopError):
        build_index(open_dataset(dataset), clip, tmp_path / "index", stop, 4)
    again = build(dataset, clip, tmp_path / "index")
    assert again["encoded"] == 13 and again["count"] == 21


def test_a_killed_job_goes_on_and_ends_with_the_vectors_of_an_unbroken_one(
    dataset: Path, clip: Clip, workspace: Workspace, tmp_path: Path
) -> None:
    build(dataset, clip, tmp_path / "unbroken")
    service = Engine(workspace).retrieval
    folder = service.build(dataset, batch=1)
    deadline = time.monotonic() + 120
    # The status is written twice a second, which is too seldom for 21 images; what is committed is seen at once.
    table = VectorTable(folder, clip.identity, clip.dimension)
    while table.used() < 2:
        assert time.monotonic() < deadline, read_status(folder)
    status = read_status(folder)
    assert status.process is not None
    os.kill(status.process.pid, signal.SIGKILL)
    while read_status(folder).live:
        time.sleep(0.01)
    assert read_status(folder).state == "lost" and service.info(dataset) is None
    service.build(dataset)
    ended = Engine(workspace).runs.wait(folder)
    assert ended.state == "finished", ended
    tables = [VectorTable(f, clip.identity, clip.dimension).load() for f in (tmp_path / "unbroken", folder)]
    both = [dict(zip(images, matrix, strict=True)) for images, matrix in tables]
    assert both[0].keys() == both[1].keys()
    assert all(float(both[0][name] @ both[1][name]) > 0.9999 for name in both[0])


def test_a_build_that_is_stopped_says_that_it_can_go_on(dataset: Path, workspace: Workspace) -> None:
    engine = Engine(workspace)
    folder = engine.retrieval.build(dataset, batch=1)
    engine.retrieval.stop_build(dataset)
    status = engine.runs.wait(folder)
    assert (status.state, status.message) == ("stopped", "stopped; building again goes on from here")
    assert read_events(folder / "events.jsonl")[-1]["kind"] == "stop"


def test_hostile_images_are_listed_and_left_out(dataset: Path, clip: Clip, tmp_path: Path) -> None:
    folder = open_dataset(dataset).splits[0].images
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 this is no picture")
    (folder / "empty.png").write_bytes(b"")
    (folder / "huge.png").write_bytes(huge_png(20_000, 20_000))
    Image.new("RGB", (1, 1), (9, 9, 9)).save(folder / "dot.png")
    frames = [Image.new("RGB", (40, 30), (c, 0, 0)) for c in (10, 200)]
    frames[0].save(folder / "animated.webp", save_all=True, append_images=frames[1:], duration=50)
    cut = next(folder.glob("*.jpg"))
    cut.write_bytes(cut.read_bytes()[:300])
    manifest = build(dataset, clip, tmp_path / "index")
    table = VectorTable(tmp_path / "index", clip.identity, clip.dimension)
    bad = {Path(os.fsdecode(image)).name for image, _ in table.failures()}
    assert bad == {"broken.jpg", "empty.png", "huge.png", cut.name}
    assert manifest["count"] == 22 and np.isfinite(table.load()[1]).all()


def test_a_dataset_of_nothing_but_broken_images_fails_in_one_line(clip: Clip, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for number in range(3):
        (tmp_path / "data" / f"{number}.jpg").write_bytes(b"nothing")
    with pytest.raises(BddsegError, match="not one of 3 images"):
        build(tmp_path / "data", clip, tmp_path / "index")


def test_a_build_that_fails_says_so_in_status_events_log_and_exit_code(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/0.jpg").write_bytes(b"nothing")
    words = [sys.executable, "-P", "-m", "bddseg_tui.index", "build", str(tmp_path / "data"), str(tmp_path / "index")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    status = read_status(tmp_path / "index")
    assert (done.returncode, status.state) == (1, "failed")
    assert status.message.startswith("not one of 1 images could be read; the first: ")
    assert done.stdout.splitlines()[-1] == f"failed: {status.message}"
    assert [e["kind"] for e in read_events(tmp_path / "index/events.jsonl")] == ["start", "fail"]


def test_names_that_are_not_utf8_are_indexed_too(dataset: Path, clip: Clip, tmp_path: Path) -> None:
    image = next(list_samples(open_dataset(dataset))).image
    strange = os.fsencode(image.parent) + b"/\xff\xfe\x1b[2J.jpg"
    shutil.copy(image, os.fsdecode(strange))
    build(dataset, clip, tmp_path / "index")
    assert any(b"\xff\xfe" in i for i in VectorTable(tmp_path / "index", clip.identity, clip.dimension).load()[0])


def huge_png(width: int, height: int) -> bytes:
    """A few hundred bytes that claim to be a very large picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    )


def test_several_devices_give_the_vectors_that_one_gives(dataset: Path, clip: Clip, tmp_path: Path) -> None:
    samples = [s.image for s in list_samples(open_dataset(dataset))]
    samples[3].write_bytes(b"no picture")
    shutil.copy(samples[5], samples[5].with_name("copy.jpg"))
    build(dataset, clip, tmp_path / "one")
    told: list[int] = []
    manifest = build_index(
        open_dataset(dataset), clip, tmp_path / "two", lambda _, done, __: told.append(done), 4, devices=("cpu", "cpu")
    )
    assert manifest["device"] == "cpu,cpu" and manifest["failures"] == 1 and told[:3] == [0, 4, 8]
    (names, vectors), (others, same) = (
        VectorTable(tmp_path / name, clip.identity, clip.dimension).load() for name in ("one", "two")
    )
    order = [others.index(name) for name in names]
    assert len(names) == len(others) == 21 and np.allclose(vectors, same[order], atol=1e-5)


def test_a_process_that_encodes_and_dies_ends_the_build_in_a_line(dataset: Path, clip: Clip, tmp_path: Path) -> None:
    lost = replace(clip, name=str(tmp_path / "gone"))
    with pytest.raises(BddsegError, match="a process that encodes on cpu, cpu died"):
        build_index(open_dataset(dataset), lost, tmp_path / "index", lambda *_: None, 4, devices=("cpu", "cpu"))


def test_an_index_is_built_on_every_gpu_unless_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert index_devices("cpu") == ("cpu",)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    assert index_devices("") == index_devices("cuda") == ("cuda:0", "cuda:1") and index_devices("cuda:1") == ("cuda:1",)

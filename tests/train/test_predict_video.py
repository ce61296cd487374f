"""Predicting videos."""

import json
from pathlib import Path

import av
import pytest
from PIL import Image

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.owned_folder import own
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.workspace.workspace import Workspace
from tests.train.in_process import predict
from tests.train.predicted import masks


def held_upright(path: Path, frames: list[Image.Image], degrees: int) -> None:
    """A video whose frames lie on their side, with the display matrix that telephones write."""
    with av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = *frames[0].size, "yuv420p"
        for frame in frames:
            target.mux(stream.encode(av.VideoFrame.from_image(frame)))
        target.mux(stream.encode(None))
    data = path.read_bytes()
    one, zero, last = (n.to_bytes(4, "big") for n in (1 << 16, 0, 1 << 30))
    minus = (-(1 << 16)).to_bytes(4, "big", signed=True)
    plain = one + zero * 3 + one + zero * 3 + last
    turned = {90: zero + one + zero + minus + zero * 4, 180: minus + zero * 3 + minus + zero * 3}[degrees] + last
    at = data.index(plain, data.index(b"tkhd"))
    path.write_bytes(data[:at] + turned + data[at + len(turned) :])


@pytest.mark.parametrize("degrees", [90, 180])
def test_a_telephones_video_is_seen_upright(tmp_path: Path, degrees: int) -> None:
    from bddseg_tui.train.video import load_frames

    upright = Image.new("RGB", (64, 96), (200, 30, 30))
    upright.paste((20, 20, 200), (0, 48, 64, 96))
    held_upright(tmp_path / "v.mp4", [upright.rotate(degrees, expand=True)] * 2, degrees)
    (first, _) = load_frames(tmp_path / "v.mp4", (96, 64), ())
    assert first.size == (96, 64) and first.image is not None
    assert first.image[0, :40].mean() > 150 > 60 > first.image[0, 56:].mean()


def test_a_video_goes_on_and_leaves_the_users_masks(run: Run, photos: Path, out: Path, tmp_path: Path) -> None:
    frames = []
    for path in sorted(photos.iterdir()):
        with Image.open(path) as image:
            frames.append(image.convert("RGB").crop((0, 0, 96, 64)))
    held_upright(tmp_path / "v.mp4", frames, 90)
    (out / "masks").mkdir(parents=True)
    Image.new("L", (8, 8), 3).save(out / "masks/truth.png")
    predict(run, tmp_path / "v.mp4", out)
    assert sorted(masks(out)) == ["000000.png", "000001.png", "000002.png", "truth.png"]
    with Image.open(out / "masks/000000.png") as mask:
        assert mask.size == (64, 96)
    summary = json.loads((out / "summary.json").read_text())
    assert summary["frames"] == 3 and max(c["images"] for c in summary["classes"]) <= 3
    (out / "masks/000001.png").unlink()
    before = masks(out)
    predict(run, tmp_path / "v.mp4", out)
    after = masks(out)
    assert all(after[n] == t for n, t in before.items()) and len(after) == 4
    assert not own(out, "predict").owns("masks/000003.png")
    Image.new("L", (64, 96), 3).save(out / "masks/000003.png")
    with pytest.raises(BddsegError, match=r"refuses to replace masks/000003\.png"):
        Engine(Workspace(run.folder.parent.parent)).runs.predict(run, out, tmp_path / "v.mp4")

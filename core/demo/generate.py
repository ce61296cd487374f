"""Drawing the demo dataset: the official folder layout, and `scenes.jsonl` with what each scene holds."""

import contextlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bddseg_tui.core.classes import CLASSES, RAW_UNKNOWN
from bddseg_tui.core.demo.atmosphere import apply_atmosphere
from bddseg_tui.core.demo.canvas import SCALE, Canvas
from bddseg_tui.core.demo.objects import paint_object
from bddseg_tui.core.demo.scene import Scene, SceneObject, sample_scene
from bddseg_tui.core.demo.scenery import paint_hood, paint_scenery
from bddseg_tui.core.errors import BddsegError, RecordError
from bddseg_tui.core.files.atomic import write_bytes, write_text
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.json_text import decode
from bddseg_tui.core.files.owned_folder import MARKER, own
from bddseg_tui.core.files.regular_file import read_regular
from bddseg_tui.core.processes.parallel import map_unordered
from bddseg_tui.core.sanitize import sanitize_path

DEFAULT_COUNTS = {"train": 240, "val": 60, "test": 40}
RECIPE = ".demo.json"
NOTES = ".notes"
"""Folder of the descriptions of scenes that are drawn, until scenes.jsonl has them all."""
_SEEN_AT_LEAST = 24
"""Pixels (at 640x360) below which an object counts as hidden."""
_UNCALLED = ("lamp", "gantry", "cone", "barrier board")
"""Kinds that a caption leaves out: too many, or told by a phrase of their own."""


@dataclass(frozen=True)
class Drawn:
    """A drawn scene: picture uint8 [h, w, 3], raw mask uint8 [h, w] (0..18 and 255), and its description.

    `objects` is int32 [h, w]: which of `Scene.objects` a pixel shows, or -1.
    """

    picture: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    objects: NDArray[np.int32]
    description: dict[str, object]


@dataclass(frozen=True)
class _Task:
    index: int
    split: str
    seed: int
    size: tuple[int, int]
    root: Path

    @property
    def image(self) -> Path:
        return self.root / "images" / "10k" / self.split / f"{scene_name(self.seed, self.index)}.jpg"

    @property
    def mask(self) -> Path:
        return self.root / "labels" / "sem_seg" / "masks" / self.split / f"{scene_name(self.seed, self.index)}.png"

    @property
    def paths(self) -> list[Path]:
        """What is written of it; scenes of the test split have no mask."""
        return [self.image, self.note] + ([self.mask] if self.split != "test" else [])

    @property
    def note(self) -> Path:
        return self.root / NOTES / f"{scene_name(self.seed, self.index)}.json"


def scene_name(seed: int, index: int) -> str:
    """A file stem in BDD100K's style; the same for the same scene."""
    first, second = np.random.default_rng([seed, index, 7]).integers(0, 2**32, 2)
    return f"{first:08x}-{second:08x}"


def draw_scene(scene: Scene, width: int = 640, height: int = 360) -> Drawn:
    """Draws a scene at any size of at least 64x36."""
    rng = np.random.default_rng([scene.seed, scene.index, 1])
    canvas = Canvas(scene, width, height)
    paint_scenery(canvas, rng)
    for label, thing in enumerate(scene.objects):
        if thing.z > 2.5:
            paint_object(canvas, thing, label, rng)
    paint_hood(canvas, scene, rng)
    picture, mask, instances = canvas.finish()
    photo = apply_atmosphere(canvas, picture, mask, instances, rng)
    objects = np.asarray(canvas.labels, np.int32)[instances]
    return Drawn(photo.clip(0, 255).astype(np.uint8), mask, objects, _describe(scene, canvas, mask, instances))


def generate(
    root: Path,
    counts: dict[str, int] | None = None,
    size: tuple[int, int] = (640, 360),
    seed: int = 2020,
    report: Callable[[int, int], None] | None = None,
    workers: int | None = None,
) -> int:
    """Draws a whole dataset into `root`; returns how many scenes were drawn.

    A scene whose image and mask are there already is kept, so an interrupted run goes on. `scenes.jsonl` comes
    last. The same seed, counts and size give the same bytes.

    Raises:
        BddsegError: the folder cannot be written, or holds a demo dataset of another seed or size.
    """
    counts = counts or DEFAULT_COUNTS
    recipe = json.dumps({"seed": seed, "size": list(size), "counts": counts}, sort_keys=True)
    tasks, index = [], 0
    for split, count in counts.items():
        tasks += [_Task(index + i, split, seed, size, root) for i in range(count)]
        index += count
    try:
        if _holds(root, recipe) and is_complete(root):
            return len(tasks)
        _own(root, recipe, tasks)
        for folder in sorted({path.parent for task in tasks for path in task.paths}):
            folder.mkdir(parents=True, exist_ok=True)
        lines: dict[int, str] = {}
        for done, (number, line) in enumerate(map_unordered(_draw_task, tasks, workers, chunk=4), start=1):
            lines[number] = line
            if report:
                report(done, len(tasks))
        write_text(root / "scenes.jsonl", "".join(lines[i] + "\n" for i in sorted(lines)))
        for task in tasks:
            task.note.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # somebody keeps something in it
            (root / NOTES).rmdir()
    except OSError as error:
        raise disk_error(error, root) from error
    return len(tasks)


def draw_if_missing(root: Path, report: Callable[[int, int], None] | None = None) -> None:
    """Draws the demo dataset as `generate` does by default, if it is not there as a whole."""
    if not is_complete(root):
        generate(root, report=report)


def is_complete(root: Path) -> bool:
    """Whether a demo dataset was drawn here to its end."""
    return (root / "scenes.jsonl").is_file()


def _holds(root: Path, recipe: str) -> bool:
    """Whether a demo dataset of this recipe was begun here.

    Raises:
        BddsegError: one of another recipe was, or the folder holds something else.
    """
    if (root / RECIPE).is_file():
        if (root / RECIPE).read_bytes() == recipe.encode():
            return True
        raise BddsegError(
            f"{sanitize_path(root)} holds a demo dataset of another seed, size or count: name another with --dir"
        )
    if root.is_dir() and any(p.name != MARKER for p in root.iterdir()):
        raise BddsegError(f"{sanitize_path(root)} is not empty: name an empty or new folder with --dir")
    return False


def _own(root: Path, recipe: str, tasks: list[_Task]) -> None:
    folder = own(root, "demo")
    names = [path.relative_to(root).as_posix() for task in tasks for path in task.paths]
    if (root / RECIPE).exists() and not folder.owns(RECIPE):
        # A version without markers began it.
        folder.adopt([RECIPE, *(name for name in names if (root / name).exists())])
    folder.claim([RECIPE, "scenes.jsonl", *names])
    write_text(root / RECIPE, recipe)


def _noted(note: Path, name: str) -> str | None:
    """The description of a scene that was drawn before; None where there is none or it makes no sense."""
    try:
        line = read_regular(note, 1 << 20).decode()
        scene = decode(line)
    except (OSError, UnicodeError, RecordError):
        return None
    return line if isinstance(scene, dict) and scene.get("name") == name and "\n" not in line else None


def _draw_task(task: _Task) -> tuple[int, str]:
    scene = sample_scene(task.seed, task.index)
    name = scene_name(task.seed, task.index)
    image, mask, note = task.image, task.mask, task.note
    if (known := _noted(note, name)) is not None:
        return task.index, known
    drawn = draw_scene(scene, *task.size)
    write_bytes(image, _encode(drawn.picture, "JPEG"), durable=False)
    if task.split != "test":
        write_bytes(mask, _encode(drawn.mask, "PNG"), durable=False)
    line = json.dumps({"name": name, "split": task.split, **drawn.description}, ensure_ascii=False)
    write_bytes(note, line.encode(), durable=False)
    return task.index, line


def _encode(pixels: NDArray[np.uint8], kind: str) -> bytes:
    from io import BytesIO

    sink = BytesIO()
    options = {"JPEG": {"quality": 88}, "PNG": {"compress_level": 6}}[kind]
    Image.fromarray(pixels).save(sink, kind, **options)
    return sink.getvalue()


def _describe(scene: Scene, canvas: Canvas, mask: NDArray[np.uint8], instances: NDArray[np.int32]) -> dict[str, object]:
    """What can be seen: objects with kind, colour, place in the picture, and a caption."""
    height, width = mask.shape
    visible = np.bincount(instances.ravel(), minlength=len(canvas.labels))
    least = _SEEN_AT_LEAST * (height * width) / (640 * 360)
    objects: list[dict[str, object]] = []
    for number, label in enumerate(canvas.labels):
        if label < 0 or visible[number] < least:
            continue
        thing = scene.objects[label]
        ys, xs = np.nonzero(instances == number)
        box = [int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1]
        middle = (box[0] + box[2]) / 2 / width
        objects.append(
            {
                "kind": thing.kind,
                "color": thing.color or None,
                "box": box,
                "pixels": int(visible[number]),
                "side": "left" if middle < 0.4 else "right" if middle > 0.6 else "ahead",
                "distance_m": round(thing.z, 1),
                "x_m": round(thing.x, 1),
                "towards": thing.towards,
            }
            | _plate(canvas, thing, number, instances)
        )
    counts = Counter(str(o["kind"]) for o in objects)
    shares = np.bincount(np.where(mask == RAW_UNKNOWN, 19, mask).ravel(), minlength=20) / mask.size
    return {
        "place": scene.place,
        "time": scene.time,
        "weather": scene.weather,
        "heavy": scene.heavy,
        "jam": scene.jam,
        "works": scene.works or None,
        "lanes": scene.lanes,
        "roadside": {"left": scene.left_side, "right": scene.right_side},
        "caption": _caption(scene, objects),
        "counts": dict(sorted(counts.items())),
        "objects": objects,
        "classes": {c.name: round(100 * float(shares[c.id]), 3) for c in CLASSES if shares[c.id] > 0},
    }


def _plate(canvas: Canvas, thing: SceneObject, number: int, instances: NDArray[np.int32]) -> dict[str, object]:
    """For a car whose licence plate is not hidden: the plate's width in the picture, in pixels."""
    if thing.kind != "car":
        return {}
    height, width = instances.shape
    x, y = canvas.project(thing.x, 0.46, thing.z)
    column, row = int(x / SCALE), int(y / SCALE)
    if not (0 <= column < width and 0 <= row < height) or instances[row, column] != number:
        return {}
    return {"plate_px": round(0.55 * canvas.focal / SCALE / thing.z, 1)}


def _caption(scene: Scene, objects: list[dict[str, object]]) -> str:
    place = {
        "city": "a city street",
        "highway": "a highway",
        "forest": "a forest road",
        "desert": "a desert road",
        "residential": "a residential street",
    }[scene.place]
    weather = {"clear": "in clear weather", "rain": "in the rain", "snow": "in the snow", "fog": "in fog"}[
        scene.weather
    ]
    if scene.heavy:
        weather = f"in heavy {scene.weather}"
    time = {"day": "by day", "dusk": "at dusk", "night": "at night"}[scene.time]
    seen = Counter((o["color"], str(o["kind"]), o["side"]) for o in objects if o["kind"] not in _UNCALLED)
    parts = ["a traffic jam"] if scene.jam else []
    parts += [f"a construction site on the {scene.works}"] if scene.works else []
    for (color, kind, side), count in seen.most_common(6):
        where = "ahead" if side == "ahead" else f"on the {side}"
        noun = (
            f"{color} {kind}" if color and kind not in ("person", "rider") else f"{kind} in {color}" if color else kind
        )
        parts.append(f"{count} x {noun} {where}" if count > 1 else f"a {noun} {where}")
    return f"{place} {time} {weather}" + (": " + ", ".join(parts) if parts else "")

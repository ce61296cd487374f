"""What the screen of the measures says: classes and where they are, how the splits differ, and which images are odd."""

from dataclasses import dataclass, field

from rich.text import Text

from bddseg_tui.core.classes import CLASSES, NUM_CLASSES
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.quality.class_places import ClassPlaces
from bddseg_tui.core.quality.odd_images import OddImage
from bddseg_tui.core.quality.split_difference import SIGNIFICANT, Difference
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.services.quality import QualityService
from bddseg_tui.tui.dataset.worklist_text import swatch
from bddseg_tui.tui.shared.format import share

ALL = "all"
UNMEASURED = "{left:,} images are not measured yet.\nm measures them, about {minutes}; leaving ends it, and m goes on."
_MS_AN_IMAGE = 12
"""Of one core, at 1280 x 720."""
_TOGETHER = 3


@dataclass(frozen=True)
class PlacesRead:
    """What was measured: by split where classes are, how val differs from train, odd images, and what is left."""

    places: dict[str, ClassPlaces] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    odd: tuple[OddImage, ...] = ()
    left: int = 0

    @property
    def measured(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.places and self.places[ALL].masks) or bool(self.odd)


def read(quality: QualityService, collection: Collection) -> PlacesRead:
    """Reads it, in a thread.

    Raises:
        BddsegError: the catalog cannot be read.
    """
    splits = [f.split for f in collection.dataset.splits if f.masks is not None]
    places = {ALL: quality.class_places(collection)}
    if len(splits) > 1:
        places |= {split: quality.class_places(collection, split) for split in splits}
    odd = tuple(quality.odd_images(collection))
    return PlacesRead(places, tuple(quality.split_differences(collection)), odd, places[ALL].left)


def unmeasured(left: int) -> str:
    """Nothing, or not all, is measured yet."""
    seconds = left * _MS_AN_IMAGE / 1000
    return UNMEASURED.format(left=left, minutes=f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min")


def class_rows(places: ClassPlaces) -> list[tuple[str, Text]]:
    """A row for each class that occurs: its name, in how many masks it is, and how large its objects are."""
    rows = []
    for class_id in range(NUM_CLASSES):
        images = int(places.together[class_id, class_id])
        if images:
            size = places.median_size(class_id)
            text = Text(no_wrap=True).append(*swatch(class_id)).append(f" {CLASSES[class_id].name:<14}")
            part = f"{100 * images / places.masks:.0f} %"
            text.append(f"{part:>6}").append(f"{share(None if size is None else 100 * size):>7}", "dim")
            rows.append((str(class_id), text))
    return rows


def class_facts(places: ClassPlaces, class_id: int) -> str:
    """What there is of a class, in two lines."""
    images, objects = int(places.together[class_id, class_id]), int(places.objects[class_id].sum())
    most = 100 * float(places.heat[class_id].max())
    name = CLASSES[class_id].name
    lifts = [(i, places.likelier(class_id, i)) for i in range(NUM_CLASSES - 1) if i != class_id]
    with_it = sorted(((i, lift) for i, lift in lifts if lift is not None), key=lambda pair: -pair[1])
    words = [f"{CLASSES[i].name} ×{lift:.1f}" for i, lift in with_it[:_TOGETHER] if lift > 1.1]
    together = f"more often with: {', '.join(words)}" if words else "with no class more often than by chance"
    return (
        f"{name}: {images:,} of {places.masks:,} masks, {objects / max(1, images):.1f} areas in each; "
        f"brightest: in {most:.1f} %\n{together}"
    )


HEADS = {
    "classes": f"   {'':<14}{'masks':>6}{'area %':>7}",
    "odd": "",
    "splits": f"   {'':<14}{'train':>8}{'val':>8}{'delta':>7}  {'effect':<11}{'p':>5}{'place':>8}{'size':>7}",
}
"""Of the columns, by page."""


def difference_rows(found: tuple[Difference, ...]) -> list[tuple[str, Text]]:
    """A row for each class and measure; what is no more than chance is dim."""
    rows = []
    for d in found:
        class_id = next((c.id for c in CLASSES if c.name == d.name), None)
        text = Text(no_wrap=True)
        text.append(*(swatch(class_id) if class_id is not None else ("  ", ""))).append(f" {d.name:<14}")
        for mean in d.means:
            text.append(f"{share(100 * mean) + ' %':>8}")
        text.append(f"{d.delta:>+7.2f}  {d.size:<11}").append("<.001" if d.p < 0.001 else f"{d.p:.3f}".rjust(5))
        text.append(f"{d.place:>8.2f}" if d.place is not None else " " * 8)
        text.append(f"{d.objects:>+7.2f}" if d.objects is not None else "")
        if d.p > SIGNIFICANT:
            text.stylize("dim")
        rows.append((d.name, text))
    return rows


def difference_facts() -> str:
    """What the columns are."""
    return (
        "delta: Cliff's, of the shares by image, above 0 where val has more. p: Mann-Whitney's U, corrected (Holm); "
        "dim: no more than chance. place: 0 the same part of the frame, 1 another. size: delta of the areas' sizes"
    )


def odd_rows(found: tuple[OddImage, ...]) -> list[tuple[str, Text]]:
    """A row for each odd image, by kind."""
    lines = (f"{odd.kind.measure:<12} {share(100 * odd.value):>5} %  {sanitize(odd.row.name)}" for odd in found)
    return [(str(number), Text(line, no_wrap=True)) for number, line in enumerate(lines)]

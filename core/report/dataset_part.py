"""What a report says of the dataset itself, where it was measured: places, differences between splits, odd images."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bddseg_tui.core.classes import CLASSES, NUM_CLASSES
from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.quality.class_places import ClassPlaces, class_places
from bddseg_tui.core.quality.odd_images import OddImage, odd_images
from bddseg_tui.core.quality.split_difference import Difference, split_differences
from bddseg_tui.core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Table = tuple[list[str], list[list[str]]]
_MOST_ODD = 40
_ACROSS = 5


@dataclass(frozen=True)
class DatasetPart:
    """What was measured of a dataset: of all its masks, of val against train, and the odd images."""

    places: ClassPlaces
    differences: tuple[Difference, ...]
    odd: tuple[OddImage, ...]

    @property
    def classes(self) -> list[int]:
        """The classes that occur."""
        return [i for i in range(NUM_CLASSES) if self.places.together[i, i]]


def read_dataset_part(workspace: Workspace, root: Path) -> DatasetPart | None:
    """Reads it; None where nothing was measured.

    Raises:
        BddsegError: the catalog cannot be read.
    """
    path = workspace.catalog_path(root)
    if not path.exists():
        return None
    catalog = Catalog(path, root)
    places = class_places(catalog)
    if not places.masks:
        return None
    of_splits = class_places(catalog, "train"), class_places(catalog, "val")
    return DatasetPart(places, tuple(split_differences(catalog, of_splits)), tuple(odd_images(catalog)))


def place_table(part: DatasetPart | None) -> Table:
    """A row a class: in how many masks it is, its areas, and their usual size."""
    head = ["class", "masks", "% of masks", "areas in each", "usual area, % of the image"]
    rows = []
    for i in part.classes if part else ():
        assert part is not None
        images, areas = int(part.places.together[i, i]), int(part.places.objects[i].sum())
        size = part.places.median_size(i)
        share = f"{100 * images / part.places.masks:.1f}"
        usual = "" if size is None else f"{100 * size:.3g}"
        rows.append([CLASSES[i].name, str(images), share, f"{areas / images:.1f}", usual])
    return head, rows


def difference_table(part: DatasetPart | None) -> Table:
    """A row a class or measure, what differs most first."""
    head = ["class or measure", "train %", "val %", "Cliff's delta", "effect", "KS", "p (Holm)", "place", "area size"]
    rows = [
        [
            d.name,
            *(f"{100 * mean:.3g}" for mean in d.means),
            f"{d.delta:+.3f}",
            d.size,
            f"{d.ks:.3f}",
            "<0.001" if d.p < 0.001 else f"{d.p:.3f}",
            "" if d.place is None else f"{d.place:.2f}",
            "" if d.objects is None else f"{d.objects:+.2f}",
        ]
        for d in (part.differences if part else ())
    ]
    return head, rows


def odd_table(part: DatasetPart | None) -> Table:
    """A row an odd image, some of each kind."""
    odd = part.odd[:_MOST_ODD] if part else ()
    return (
        ["image", "split", "odd by", "value, %", "spreads from the median"],
        [[o.row.name, o.row.split, o.kind.measure, f"{100 * o.value:.1f}", f"{o.spreads:+.1f}"] for o in odd],
    )


def draw_places(part: DatasetPart, figure: "Figure") -> None:
    """A heat map for each class, each by its own scale."""
    down = -(-len(part.classes) // _ACROSS)
    for number, i in enumerate(part.classes):
        axes = figure.add_subplot(down, _ACROSS, number + 1)
        heat = part.places.heat[i]
        axes.imshow(heat, cmap="magma", vmin=0, interpolation="bilinear", aspect="equal")
        axes.set_title(f"{CLASSES[i].name}, ≤ {100 * float(heat.max()):.2g} %", fontsize=7)
        axes.set(xticks=[], yticks=[])
        axes.grid(False)

"""Of datasets."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from bddseg_tui.core.data.layouts import Layout
from bddseg_tui.core.data.pictures import View
from bddseg_tui.core.files.records import Count, Fraction, Line, Percentage, Real
from bddseg_tui.core.quality.duplicates import Kind as DuplicateKind
from bddseg_tui.tui.cli.json_output.closed import closed

Pixels = Annotated[list[Count], Field(min_length=20, max_length=20)]
"""Pixels by class, in the order of the class ids."""


@closed
class SplitCounts(TypedDict):
    """How many images and masks a split has."""

    images: Count
    masks: Count


@closed
class ProblemRow(TypedDict):
    """Something that is wrong with a file."""

    path: Line
    kind: Line
    detail: Line


@closed
class Checked(TypedDict):
    """`data check`."""

    root: Line
    layout: Layout
    splits: dict[str, SplitCounts]
    problems: list[ProblemRow]


@closed
class SplitFolders(TypedDict):
    """Where a split keeps its images, and its masks if it has any."""

    images: Line
    masks: Line | None


@closed
class DatasetFolders(TypedDict):
    """A dataset and the folders of its splits."""

    root: Line
    layout: Layout
    splits: dict[str, SplitFolders]


@closed
class Unpacked(TypedDict):
    """`data unpack`."""

    to: Line
    written: Count
    kept: Count
    """Files that were there already, and whole."""
    refused: list[Line]
    replaced: Count
    """Files among those written that had changed since they were unpacked; as they were they are kept."""
    dataset: DatasetFolders | None
    unrecognised: Line
    """Why the folder holds no dataset; empty where it does."""


@closed
class ClassPixels(TypedDict):
    """One class in the masks."""

    id: Count
    name: Line
    pixels: Count
    percentage: Percentage
    images: Count
    """Images that hold it."""


@closed
class Stats(TypedDict):
    """`data stats`: all twenty classes."""

    classes: list[ClassPixels]
    excluded: Count
    """Images with the tag `exclude`, which training leaves out unless a run says otherwise."""


@closed
class SampleRow(TypedDict):
    """An item of `data list`."""

    split: Line
    name: Line
    image: Line
    width: Count | None
    height: Count | None
    problem: Line | None
    tags: list[Line]
    miou19: Fraction | None
    """Of the evaluation that was named."""
    figures: dict[str, Fraction | None]
    """What that evaluation says of the image, by the names that filters have for it."""
    measures: dict[str, Real]
    """What was measured of it apart from any evaluation, by the names that filters have."""
    pixels: Pixels | None
    """Of the mask; null where there is none."""


@closed
class ListWritten(TypedDict):
    """`data list --to`."""

    to: Line
    samples: Count


@closed
class Tagged(TypedDict):
    """`data tag`."""

    tag: Line
    samples: Count
    removed: bool


@closed
class TagsWritten(TypedDict):
    """`data tags export`."""

    to: Line
    tags: Count
    samples: Count


@closed
class TagsRead(TypedDict):
    """`data tags import`."""

    given: Count
    """Tags that images did not have before."""
    had: Count
    samples: Count
    unmatched: list[Line]
    """Images of the file that are none of the dataset's, or might be several."""
    refused: Count
    """Tags that are no word."""


@closed
class ViewRow(TypedDict):
    """An item of `data views`."""

    name: Line
    filter: Line
    view: View
    evaluation: Line | None


@closed
class DuplicateImage(TypedDict):
    """An image of a group."""

    image: Line
    """Relative to the dataset."""
    split: Line
    likeness: Fraction
    """To the first image of the group."""
    kind: DuplicateKind


@closed
class DuplicateGroup(TypedDict):
    """Images that are like the first of them."""

    kind: DuplicateKind
    across_splits: bool
    images: list[DuplicateImage]


@closed
class FoundDuplicates(TypedDict):
    """`data duplicates`."""

    about: Line
    """How they were found, and by which threshold."""
    images: Count
    """How many were looked at."""
    groups: list[DuplicateGroup]
    tagged: Count
    """Images that were given the tag of `--tag`."""


@closed
class LabelNextRow(TypedDict):
    """An item of `data label-next`, the first to label first."""

    split: Line
    name: Line
    image: Line
    novelty: Fraction
    """How unlike the nearest labelled image it is."""
    uncertainty: Fraction | None
    """1 less the mean confidence of the prediction; null where none is known."""


@closed
class MovedRow(TypedDict):
    """An item of `data move`."""

    old: Line
    new: Line
    samples: Count
    missing: Count
    tags: Count
    runs: Count


@closed
class Repaired(TypedDict):
    """`data repair`."""

    tags: Count
    samples: Count
    verdicts: Count
    kept: Line
    """Where the damaged catalog is."""


@closed
class DemoDrawn(TypedDict):
    """`demo`: how many scenes each split has."""

    dataset: Line
    train: Count
    val: Count
    test: Count
    seed: Count

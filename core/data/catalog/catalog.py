"""One dataset's catalog, as the rest of the program has it."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from bddseg_tui.core.data.catalog import listing, measures, places, samples, scanned, scores, tags, verdicts
from bddseg_tui.core.data.catalog.database import Database
from bddseg_tui.core.data.catalog.records import ImageScore, Row, ScanResult
from bddseg_tui.core.data.catalog.verdicts import TakenBack, Verdict, Word
from bddseg_tui.core.data.dataset import Dataset, Sample
from bddseg_tui.core.data.filter_language import Query
from bddseg_tui.core.data.measure_kinds import MEASURES
from bddseg_tui.core.errors import UsageError


class Catalog:
    """What is known of a dataset's samples. Any thread may call any method.

    Reading needs neither room on the disk nor permission to write. Nothing that is written makes others wait for more
    than a tenth of a second, and what a method has returned from survives a kill.

    Raises:
        BddsegError: in one line, wherever the file cannot be read or written; says of a damaged one what to do.
    """

    def __init__(self, path: Path, root: Path) -> None:
        self.path = path
        self.root = root
        self._database = Database(path, root)

    def interrupt(self) -> None:
        """Ends what is being read in every thread: the dataset is being left."""
        self._database.interrupt()

    def kept_open(self) -> AbstractContextManager[None]:
        """For a time in which much is written: the last connection that closes moves all that into its place."""
        return self._database.kept_open()

    # -- writing ---------------------------------------------------------------------------------------------

    def refresh(self, found: Iterable[Sample], report: Callable[[int, int], None] | None = None) -> tuple[int, int]:
        """Makes the catalog show just these samples; returns (samples in all, samples yet to be scanned).

        One whose image or mask changed is scanned again. One that is not there any more keeps its tags and scores and
        is not shown until it is back. `report` hears of the same two numbers on the way.

        Raises:
            BddsegError: there are none, though some are known.
        """
        return listing.refresh(self._database, self.root, found, report)

    def remember_folders(self, times: dict[str, int], began: float) -> None:
        """Notes that the folders were listed, which had these times (`folder_times`) when that began."""
        listing.remember_folders(self._database, self.root, times, began)

    def record(self, results: Sequence[ScanResult]) -> None:
        """Stores what a scan found out, all in one transaction."""
        scanned.record(self._database, results)

    def add_tag(self, ids: Iterable[int], tag: str) -> "array[int]":
        """Gives these samples a tag, which is one word; returns those that did not have it."""
        return tags.add_tag(self._database, ids, tag)

    def remove_tag(self, ids: Iterable[int], tag: str) -> "array[int]":
        """Takes a tag from these samples; returns those that had it."""
        return tags.remove_tag(self._database, ids, tag)

    def add_verdicts(self, found: Sequence[Verdict]) -> int:
        """Appends verdicts on areas; returns how many, as images that are unknown have none."""
        return verdicts.add_verdicts(self._database, found)

    def take_back_verdicts(self, number: int = 1) -> list[TakenBack]:
        """Takes back the verdicts that were given last; returns them, the last one first."""
        return verdicts.take_back_last(self._database, number)

    def record_scores(self, evaluation: str, found: Iterable[ImageScore]) -> None:
        """Replaces what an evaluation says of each image; until all is there, the catalog says what it said before."""
        scores.record_scores(self._database, self.root, evaluation, found)

    def forget_scores(self, evaluation: str) -> None:
        """Takes away what an evaluation says, and gives its room back to the disk."""
        scores.forget_scores(self._database, evaluation)

    def record_measures(self, found: Iterable[tuple[Path, Mapping[str, float]]]) -> None:
        """Keeps what was measured of images, 0..1 by the measure's name; other measures of theirs stay."""
        measures.record_measures(self._database, self.root, found)

    def forget_measures(self, names: Iterable[str]) -> None:
        """Takes away what was measured under these names, of every image."""
        measures.forget_measures(self._database, names)

    def record_places(self, found: Iterable[tuple[int, bytes, bytes]]) -> None:
        """Keeps where classes are, (id, grid, objects) as packed bytes, empty ones of a sample without a mask."""
        places.record(self._database, found)

    def clear_left_over(self) -> None:
        """Takes away what killed writers left."""
        scores.clear_left_over(self._database)

    # -- reading ---------------------------------------------------------------------------------------------

    def progress(self) -> tuple[int, int]:
        """(samples in all, samples yet to be scanned)."""
        return listing.progress(self._database)

    def absent(self) -> int:
        """How many samples are known that were not there at the last scan."""
        return listing.absent(self._database)

    def listed_at(self, dataset: Dataset) -> float | None:
        """When (seconds since the epoch) files were last listed, if none was added or taken away since; else None."""
        return listing.listed_at(self._database, listing.folder_times(dataset))

    def pending(self) -> Iterator[tuple[int, Path, Path | None]]:
        """(id, image, mask) of every sample that is yet to be scanned, read a page at a time."""
        return scanned.unscanned(self._database, self.root)

    def find(
        self,
        query: Query,
        evaluation: str | None = None,
        limit: int | None = None,
        unwanted: Callable[[], bool] | None = None,
    ) -> list[int]:
        """Ids of the samples that match, in the query's order, at most `limit`.

        An evaluation that the query names is meant rather than `evaluation`, here and wherever there are both. Where
        the query asks for predicted classes or measures that are not known, this is a UsageError that says why.

        `unwanted` is asked now and then, from this thread; once it says so, this ends with a BddsegError.
        """
        self._require_known(query, evaluation)
        return samples.find(self._database, query, evaluation, limit, unwanted)

    def stream(self, query: Query, evaluation: str | None = None, limit: int | None = None) -> Iterator[list[Row]]:
        """Pages of the samples that match, in the query's order: the first is there at once, none is kept."""
        self._require_known(query, evaluation)
        return samples.stream(self._database, self.root, query, evaluation, limit)

    def images(self, query: Query, evaluation: str | None = None) -> list[Path]:
        """Image paths of the samples that match, in no order: for searching among them."""
        self._require_known(query, evaluation)
        return samples.images(self._database, self.root, query, evaluation)

    def image_ids(self) -> list[tuple[bytes, int]]:
        """(image relative to the dataset, id) of every sample, also of those that are absent."""
        return samples.image_ids(self._database)

    def split_of_images(self) -> dict[str, str]:
        """The split of each image that is there, by its path relative to the dataset."""
        return samples.split_of_images(self._database)

    def find_images(self, images: Sequence[Path], evaluation: str | None = None) -> list[Row]:
        """The samples with these image paths, in this order; those that are unknown are left out."""
        return samples.find_images(self._database, self.root, images, evaluation)

    def rows(self, ids: Sequence[int], evaluation: str | None = None) -> list[Row]:
        """The samples with these ids, in this order; ids that are gone are left out."""
        return samples.rows(self._database, self.root, ids, evaluation)

    def stream_rows(self, ids: Sequence[int], evaluation: str | None = None) -> Iterator[Row]:
        """The same one after another: they are read by the page, and none is kept."""
        return samples.stream_rows(self._database, self.root, ids, evaluation)

    def splits(self) -> dict[str, int]:
        """How many samples each split holds."""
        return samples.splits(self._database)

    def class_totals(self, split: str | None = None) -> list[tuple[int, int]]:
        """By class (pixels, images that hold it), over all scanned masks or those of one split."""
        return samples.class_totals(self._database, split)

    def count_tagged(self, ids: Iterable[int], tag: str) -> int:
        """How many of these samples have a tag."""
        return tags.count_tagged(self._database, ids, tag)

    def tags(self) -> list[str]:
        """Every tag in use."""
        return tags.tags(self._database)

    def tagged(self) -> Iterator[tuple[bytes, tuple[str, ...]]]:
        """(image relative to the dataset, its tags) of every sample that has some, also of those that are absent."""
        return tags.tagged(self._database)

    def verdicts(self, word: Word | None = None) -> list[Verdict]:
        """The verdict that holds of each area, of images that are there, in their order; of one word, or all."""
        return verdicts.verdicts(self._database, word)

    def evaluations(self) -> list[str]:
        """Names of the evaluations that have per-image scores."""
        return scores.evaluations(self._database)

    def without_predicted(self) -> list[str]:
        """Names of the evaluations of which the predicted classes are not known: those of earlier versions."""
        return scores.without_predicted(self._database)

    def lacks_predicted(self, evaluation: str | None) -> str:
        """Why nothing is known of the classes that an evaluation predicted, in words; '' where they are known."""
        return scores.lacks_predicted(self._database, evaluation)

    def measured(self) -> dict[str, int]:
        """How many images each measure is known of."""
        return measures.measured(self._database)

    def unmeasured(self) -> Iterator[tuple[int, Path, Path | None]]:
        """(id, image, mask) of every sample of which nothing was measured yet, read a page at a time."""
        return places.unmeasured(self._database, self.root)

    def unmeasured_count(self) -> tuple[int, int]:
        """(samples in all, samples of which nothing was measured yet)."""
        return places.progress(self._database)

    def places(self, split: str | None = None) -> Iterator[tuple[str, bytes, bytes]]:
        """(split, grid, objects) of every sample of which is known where its classes are, of a split or of all."""
        return places.stream(self._database, split)

    def usual_shape(self) -> float:
        """Width by height of most images."""
        return places.usual_shape(self._database)

    def measure(self, name: str) -> dict[int, float]:
        """A measure of each sample that it was taken of, by the sample's id; as it is kept."""
        return measures.measure(self._database, name)

    def values(self, query: Query, evaluation: str | None = None) -> dict[int, float]:
        """What a query sorts by, of each sample that matches and has it, in percent or as a person reads it."""
        self._require_known(query, evaluation)
        return samples.values(self._database, query, evaluation)

    def splits_by_id(self) -> dict[int, str]:
        """The split of each sample."""
        return samples.splits_by_id(self._database)

    def first_tags(self) -> dict[int, str]:
        """Of each sample that has tags, the one that most samples have."""
        return tags.first_tags(self._database)

    def _require_known(self, query: Query, evaluation: str | None) -> None:
        for name in query.measures:
            if not measures.is_measured(self._database, name):
                raise UsageError(f"{name}: {MEASURES[name].lacking}")
        if query.by_prediction and (why := self.lacks_predicted(query.evaluation or evaluation)):
            raise UsageError(f"pred: {why}")

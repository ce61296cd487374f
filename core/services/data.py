"""Datasets and their catalogs: what the app and the commands ask for."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from bddseg_tui.core.data.catalog import Catalog, Row, is_of_earlier_version
from bddseg_tui.core.data.catalog_lookup import Found, look_up, vocabulary
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.dataset import open_dataset
from bddseg_tui.core.data.filter_completion import Vocabulary
from bddseg_tui.core.data.filter_language import EXCLUDE, Query, parse_query
from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.workspace.workspace import Workspace

if TYPE_CHECKING:
    import subprocess

    from bddseg_tui.core.data.catalog.salvage import Repair
    from bddseg_tui.core.data.class_stats import ClassStats
    from bddseg_tui.core.data.saved_views import SavedView
    from bddseg_tui.core.data.tag_file import TagsImported
    from bddseg_tui.core.data.tagging import TagChange
    from bddseg_tui.core.data.unpack import UnpackReport
    from bddseg_tui.core.data.validate_dataset import CheckReport
    from bddseg_tui.core.maintenance.move_dataset import Moved

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class DataService:
    """All methods block. Heavy parts are imported when first used."""

    workspace: Workspace

    def open(self, root: Path, notify: Callable[[str], None] | None = None) -> Collection:
        """Opens a dataset and its catalog; scans nothing. `notify` is called with what may take a while."""
        try:
            dataset = open_dataset(root)
        except BddsegError as error:
            from bddseg_tui.core.workspace.moved_datasets import where_to

            raise BddsegError(f"{error}{where_to(self.workspace.root, root)}") from error
        path = self.workspace.catalog_path(dataset.root)
        if notify and path.exists() and is_of_earlier_version(path):
            notify("the catalog is being brought to this version: a large one takes a minute, and keeps everything")
        return Collection(dataset, Catalog(path, dataset.root))

    def last_opened(self) -> Path | None:
        """The dataset that the app was last opened on, or else the demo; None where there is neither."""
        from bddseg_tui.core.settings import load_settings

        demo = self.workspace.demo
        return load_settings(self.workspace).dataset_path or (demo if demo.is_dir() else None)

    def scan(self, collection: Collection, report: Progress) -> None:
        """Brings the catalog up to date, in this process; waits while another one does so."""
        from bddseg_tui.core.data.scan import scan_or_wait

        scan_or_wait(collection.catalog, collection.dataset, report)

    def as_of(self, collection: Collection, even_if_old: bool = False) -> str | None:
        """Since when no file was added or taken away, in words, if all of many samples are scanned; None: scan.

        With `even_if_old` only in words; raises UsageError if nothing has been scanned yet.
        """
        from bddseg_tui.core.data.scan import as_of

        return as_of(collection.catalog, collection.dataset, even_if_old)

    def bring_up_to_date(self, collection: Collection, report: Progress) -> str:
        """Scans. Where the catalog cannot be written, but holds a scan, says so in words instead of an error."""
        from bddseg_tui.core.data.scan import bring_up_to_date

        return bring_up_to_date(collection.catalog, collection.dataset, report)

    def start_scan(self, collection: Collection) -> "subprocess.Popen[bytes]":
        """Starts a scan as a process that ends with this one; it prints JSON lines."""
        from bddseg_tui.core.data.scan_process import start

        return start(collection.dataset, collection.catalog)

    def end_scan(self, process: "subprocess.Popen[bytes]") -> None:
        """Ends a scan that was started, at once."""
        from bddseg_tui.core.data.scan_process import end

        end(process)

    def check(self, root: Path, report: Progress | None = None) -> "CheckReport":
        """Opens every file of a dataset and lists what is wrong."""
        from bddseg_tui.core.data.validate_dataset import check_dataset

        return check_dataset(open_dataset(root), report)

    def end_helpers(self) -> None:
        """Ends the processes that a check uses, at once; whoever waits for them gets an error."""
        from bddseg_tui.core.processes.parallel import end_workers

        end_workers()

    def shares(self, mask: Path) -> tuple[float, ...]:
        """Percentage (0..100) of the pixels of a mask or prediction by class, 20 of them; raises BddsegError."""
        from bddseg_tui.core.data.image_file import mask_shares

        return mask_shares(mask)

    def absent(self, collection: Collection) -> int:
        """How many samples are known that were not there at the last scan; their tags and scores are kept."""
        return collection.catalog.absent()

    def stats(self, collection: Collection, split: str | None = None) -> "list[ClassStats]":
        """Class shares of a scanned dataset, of one split or all."""
        from bddseg_tui.core.data.class_stats import class_stats

        known = [f.split for f in collection.dataset.splits]
        if split is not None and split not in known:
            raise UsageError(f"this dataset has no split {sanitize(split)!r}: it has {', '.join(known)}")
        return class_stats(collection.catalog, split)

    def excluded(self, collection: Collection, split: str | None = None) -> int:
        """How many images have the tag `exclude`, which training leaves out unless a run says otherwise."""
        return len(self.find_ids(collection, f"tag:{EXCLUDE} {f'split:{split}' if split else ''}"))

    def find(self, collection: Collection, text: str, evaluation: str | None = None) -> list[Row]:
        """The samples that a filter matches, in its order."""
        return list(self.iterate(collection, text, evaluation))

    def iterate(
        self, collection: Collection, text: str, evaluation: str | None = None, limit: int | None = None
    ) -> Iterator[Row]:
        """The same one after another, at most `limit`: the first is there at once, and none is kept.

        Raises:
            UsageError: it asks for predicted classes, and whose these are is not said, or they are not known.
        """
        return chain.from_iterable(collection.catalog.stream(parse_query(text), evaluation, limit))

    def find_ids(
        self, collection: Collection, text: str, evaluation: str | None = None, limit: int | None = None
    ) -> list[int]:
        """Catalog ids of the samples that a filter matches, in its order; raises as `iterate` does."""
        return collection.catalog.find(parse_query(text), evaluation, limit)

    def look_up(
        self,
        collection: Collection,
        query: Query,
        evaluation: str | None = None,
        splits: dict[str, int] | None = None,
        unwanted: Callable[[], bool] = lambda: False,
    ) -> Found:
        """What a list shows of a filter; `splits` are those that are known, which a large catalog need not count again.

        Raises:
            InterruptedReadError: `unwanted` said so.
        """
        return look_up(collection.catalog, query, evaluation, splits, unwanted)

    def rows(self, collection: Collection, ids: Sequence[int], evaluation: str | None = None) -> list[Row]:
        """The samples with these ids, in this order, with an evaluation's scores; ids that are gone are left out."""
        return collection.catalog.rows(ids, evaluation)

    def samples_of(self, collection: Collection, images: Sequence[Path]) -> list[Row]:
        """The samples with these images, in this order; those that are unknown are left out."""
        return collection.catalog.find_images(images)

    def count(self, collection: Collection) -> int:
        """How many samples are known, whatever a scan that is under way will find."""
        return sum(collection.catalog.splits().values())

    def vocabulary(self, collection: Collection) -> Vocabulary:
        """The words that filters of this dataset are completed with."""
        return vocabulary(collection.catalog)

    def tags(self, collection: Collection) -> list[str]:
        """Every tag that some sample of the dataset has."""
        return collection.catalog.tags()

    def evaluations(self, collection: Collection) -> list[str]:
        """Names of the evaluations of this dataset that have scores by image."""
        return collection.catalog.evaluations()

    def interrupt(self, collection: Collection) -> None:
        """Ends what is being read of a dataset in every thread: it is being left."""
        collection.catalog.interrupt()

    def change_tags(
        self, collection: Collection, ids: Sequence[int], tag: str, remove: bool | None = False
    ) -> "TagChange":
        """Gives these samples a tag (one word), or takes it away; with None it is taken away where all of them have it.

        What is returned says which samples are changed by it, and can be taken back.
        """
        from bddseg_tui.core.data.tagging import tag_samples

        return tag_samples(collection.catalog, ids, tag, remove)

    def take_back(self, collection: Collection, change: "TagChange") -> "TagChange":
        """Makes the tags that were changed what they were before."""
        from bddseg_tui.core.data.tagging import take_back

        return take_back(collection.catalog, change)

    def tag(
        self, collection: Collection, text: str, tag: str, remove: bool = False, evaluation: str | None = None
    ) -> int:
        """Gives the samples that a filter matches a tag, or takes it away; returns how many these are."""
        return self.change_tags(collection, self.find_ids(collection, text, evaluation), tag, remove).samples

    def write_list(self, collection: Collection, to: Path, ids: Sequence[int], evaluation: str | None = None) -> int:
        """Writes these samples, in this order, into a .txt, .csv or .json file that is not there yet; returns how many.

        Raises:
            UsageError: the name's ending is none of these, or there is such a file.
        """
        from bddseg_tui.core.data.sample_list_file import write_sample_list

        return write_sample_list(to, collection.catalog.stream_rows(ids, evaluation))

    def export_tags(self, collection: Collection, to: Path) -> tuple[int, int]:
        """Writes all tags into a new .csv or .json file; returns how many tags of how many samples these are."""
        from bddseg_tui.core.data.tag_file import export_tags

        return export_tags(collection.catalog, to)

    def import_tags(self, collection: Collection, source: Path) -> "TagsImported":
        """Gives samples the tags that a .csv or .json file has for them; none is taken away."""
        from bddseg_tui.core.data.tag_file import import_tags

        return import_tags(collection.catalog, source)

    def views(self, collection: Collection) -> "tuple[SavedView, ...]":
        """The views of the dataset that were saved, by their names."""
        from bddseg_tui.core.data.saved_views import load_views

        return load_views(self.workspace.views_path(collection.dataset.root))

    def view(self, collection: Collection, name: str) -> "SavedView":
        """The view of this name; raises UsageError where there is none."""
        from bddseg_tui.core.data.saved_views import find_view

        return find_view(self.views(collection), name)

    def save_view(self, collection: Collection, view: "SavedView") -> None:
        """Keeps a view under its name; one of the same name is replaced."""
        from bddseg_tui.core.data.saved_views import save_view

        parse_query(view.filter)
        save_view(self.workspace.views_path(collection.dataset.root), view)

    def delete_view(self, collection: Collection, name: str) -> None:
        """Forgets a view; raises UsageError where there is none."""
        from bddseg_tui.core.data.saved_views import delete_view

        delete_view(self.workspace.views_path(collection.dataset.root), name)

    def filter_history(self) -> tuple[str, ...]:
        """The filters that were used in the app, the newest last."""
        from bddseg_tui.core.data.filter_history import load_history

        return load_history(self.workspace.filter_history)

    def remember_filter(self, text: str) -> None:
        """Adds a filter to those that were used."""
        from bddseg_tui.core.data.filter_history import remember_filter

        remember_filter(self.workspace.filter_history, text)

    def move(self, old: Path, new: Path, force: bool = False) -> "list[Moved]":
        """Lets what is known of a dataset go on where it has moved to."""
        from bddseg_tui.core.maintenance.move_dataset import move_dataset

        return move_dataset(self.workspace, old, new, force)

    def repair(self, root: Path) -> "Repair":
        """Makes a damaged catalog anew with the tags that can be read."""
        from bddseg_tui.core.data.scan import repair_catalog

        root = open_dataset(root).root
        return repair_catalog(self.workspace.catalog_path(root), root)

    def unpack(self, archives: list[Path], to: Path, report: Progress | None = None) -> "UnpackReport":
        """Unpacks the official zips into the layout."""
        from bddseg_tui.core.data.unpack import unpack

        return unpack(archives, to, report)

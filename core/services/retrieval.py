"""What a person can do with retrieval: build an index, search, ask. The app and the commands call this."""

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.skipped_records import LeftOut
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.retrieval.channel import Channel, start_process
from bddseg_tui.core.retrieval.client import Answering, RetrieverClient
from bddseg_tui.core.retrieval.events import AnsweredEvent, FoundEvent, LoadedEvent
from bddseg_tui.core.retrieval.manifest import Manifest, manifest_problem, read_manifest
from bddseg_tui.core.retrieval.options import Retrieval
from bddseg_tui.core.retrieval.requests import AskRequest, LoadRequest, Mode, SearchRequest, Setup
from bddseg_tui.core.retrieval.shared_retriever import connect_shared, end_shared, minutes_kept
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.core.settings import check_settings, load_settings, save_settings
from bddseg_tui.core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from bddseg_tui.core.data.collection import Collection
    from bddseg_tui.core.jobs.job import Status
    from bddseg_tui.core.retrieval.compare import ComparedClass


@dataclass(frozen=True)
class RetrievalService:
    """Index, search and questions over one workspace. `search`, `ask` and `warm` return at once; all others block."""

    workspace: Workspace
    client: RetrieverClient

    @property
    def options(self) -> Retrieval:
        """The settings, read anew."""
        return load_settings(self.workspace).retrieval

    @property
    def skipped_settings(self) -> LeftOut:
        """What makes no sense in the file of settings, and counts as not set."""
        return check_settings(self.workspace)[1]

    def configure(self, **changes: Any) -> Retrieval:
        """Changes settings and keeps them.

        Raises:
            BddsegError: they cannot be written; the old ones hold.
        """
        options = replace(self.options, **changes)
        save_settings(self.workspace, retrieval=options)
        return options

    # -- the index -------------------------------------------------------------------------------------------

    def index_folder(self, root: Path, model: str | None = None) -> Path:
        """Where the index of a dataset by a model (the one that is set) is or would be."""
        return self.workspace.index_path(root, model or self.options.clip)

    def info(self, root: Path, model: str | None = None) -> Manifest | None:
        """What an index says of itself; None where there is none."""
        return read_manifest(self.index_folder(root, model))

    def info_problem(self, root: Path, model: str | None = None) -> str:
        """Why the manifest of an index that is there cannot be read; '' for nothing."""
        return manifest_problem(self.index_folder(root, model))

    def compare(self, root: Path, first: str, second: str) -> "tuple[Manifest, Manifest, list[ComparedClass]]":
        """Two CLIPs by how well each finds the classes of the masks; what gains most by the second comes first.

        Raises:
            BddsegError: one has no index of this dataset, or was not measured on its masks.
        """
        from bddseg_tui.core.retrieval.compare import compare_indexes

        found = []
        for model in (first, second):
            manifest = self.info(root, model)
            if manifest is None:
                advice = f"`bddseg-tui index build {sanitize_path(root)} --model {sanitize(model)}`"
                raise BddsegError(f"there is no finished index by {sanitize(model)}: {advice} makes it")
            found.append(manifest)
        return found[0], found[1], compare_indexes(found[0], found[1])

    def indexed_models(self) -> list[str]:
        """The CLIP that is set, then those that some index was built with."""
        folders = (self.workspace.root / "index").glob("*/*")
        found = [manifest.model for folder in sorted(folders) if (manifest := read_manifest(folder))]
        return list(dict.fromkeys([self.options.clip, *found]))

    def build_status(self, root: Path, model: str | None = None) -> "Status | None":
        """The state of the job that builds or last built an index; None if none ever did."""
        from bddseg_tui.core.jobs.job import read_status

        folder = self.index_folder(root, model)
        return read_status(folder) if (folder / "status.json").exists() else None

    def build(
        self,
        root: Path,
        model: str | None = None,
        *,
        fresh: bool = False,
        download: bool = False,
        batch: int = 0,
    ) -> Path:
        """Starts building (or bringing up to date) an index as a job; returns its folder at once.

        Raises:
            BddsegError: it is being built already.
        """
        from bddseg_tui.core.data.dataset import open_dataset
        from bddseg_tui.core.jobs.launch import launch, taken_up
        from bddseg_tui.core.runs.job_list import index_job_name

        dataset = open_dataset(root)
        model = model or self.options.clip
        folder = self.index_folder(dataset.root, model)
        arguments = ["build", os.fspath(dataset.root), os.fspath(folder), "--model", model]
        arguments += ["--device", self.options.device] if self.options.device else []
        arguments += ["--batch", str(batch)] if batch else []
        arguments += ["--download"] if download else []
        arguments += ["--fresh"] if fresh else []
        busy = f"this index is being built already: `bddseg-tui stop {index_job_name(folder)}` ends that"
        with taken_up(folder, busy) as locks:
            launch(folder, "bddseg_tui.index", arguments, locks)
        return folder

    def stop_build(self, root: Path, model: str | None = None) -> None:
        """Asks the job that builds an index to end; what it has committed stays."""
        from bddseg_tui.core.runs.job_list import Job, index_job_name, stop_job

        status, folder = self.build_status(root, model), self.index_folder(root, model)
        if status is None or not status.live:
            raise BddsegError("no index of this dataset is being built")
        stop_job(Job(index_job_name(folder), "index", folder, "", status))

    # -- search and questions --------------------------------------------------------------------------------

    def warm(self, collection: "Collection") -> Answering[LoadedEvent]:
        """Loads index and models, so that the first question need not wait for them."""
        return self.client.request(LoadRequest(setup=self._setup(collection, {})), LoadedEvent)

    def search(
        self,
        collection: "Collection",
        text: str = "",
        *,
        like: str = "",
        filter_text: str = "",
        evaluation: str | None = None,
        top: int | None = None,
        download: bool = False,
        **changes: Any,
    ) -> Answering[FoundEvent]:
        """Searches by phrases, for images like one (a path; relative to the dataset for one of its own), or by both.

        `changes` are settings for this search alone, by the names of `Retrieval`.
        """
        setup = self._setup(collection, changes, download)
        self._need_index(collection, setup)
        request = SearchRequest(
            setup=setup,
            text=text,
            like=_like(like, collection.dataset.root),
            filter=filter_text,
            evaluation=evaluation,
            top=top or setup.options.top,
        )
        return self.client.request(request, FoundEvent)

    def ask(
        self,
        collection: "Collection",
        question: str,
        *,
        image: str | None = None,
        anchors: Sequence[str] = (),
        history: Sequence[tuple[str, str]] = (),
        mode: Mode = "auto",
        filter_text: str = "",
        evaluation: str | None = None,
        top: int | None = None,
        download: bool = False,
        **changes: Any,
    ) -> Answering[AnsweredEvent]:
        """Asks a question; `core.retrieval.events` has what comes of it. `changes` as of `search`."""
        setup = self._setup(collection, changes, download)
        if mode not in ("stay", "blind"):
            self._need_index(collection, setup)
        request = AskRequest(
            setup=setup,
            question=question,
            image=image,
            anchors=tuple(anchors),
            history=tuple(history),
            mode=mode,
            filter=filter_text,
            evaluation=evaluation,
            top=top or setup.options.top,
        )
        return self.client.request(request, AnsweredEvent)

    def close(self) -> None:
        """Ends the retriever, or leaves the shared one, which waits for others for a while."""
        self.client.close()

    def unload(self) -> int:
        """Ends the retrievers that wait for the next request of whoever asks; returns how many there were."""
        self.client.close()
        return end_shared(shared_retrievers(self.workspace))

    def _need_index(self, collection: "Collection", setup: Setup) -> None:
        if read_manifest(Path(setup.index)) is None:
            raise BddsegError(
                "there is no finished index of this dataset yet: build it with "
                f"`bddseg-tui index build {sanitize_path(collection.dataset.root)}`, or with b in the app's Ask pane"
            )

    def _setup(self, collection: "Collection", changes: dict[str, Any], download: bool = False) -> Setup:
        options = replace(self.options, **changes)
        root = collection.dataset.root
        index = self.index_folder(root, options.clip)
        # A shared retriever stands in another folder than who asks it.
        options = replace(options, clip=_from_here(options.clip), llava=_from_here(options.llava))
        return Setup(
            options=options,
            root=os.fspath(root),
            catalog=os.fspath(collection.catalog.path),
            index=os.fspath(index),
            download=download,
        )


def _from_here(name: str) -> str:
    """A model's name; a folder's as seen from anywhere."""
    if name in ("", "demo") or not (folder := typed_path(name)).is_dir():
        return name
    return os.fspath(folder.absolute())


def _like(image: str, root: Path) -> str:
    """An image of the dataset relative to its root, any other as seen from anywhere."""
    if not image or (root / image).is_file() or not (path := typed_path(image)).is_file():
        return image
    return os.fspath(path.absolute())


@lru_cache(maxsize=8)
def service_of(workspace: Workspace) -> RetrievalService:
    """The service of a workspace; one retriever serves everyone in this process who asks."""
    log = workspace.root / "logs" / "retriever.txt"

    def channel() -> Channel:
        minutes = minutes_kept(load_settings(workspace).retrieval.keep_minutes)
        if minutes:
            # Some network file systems have no sockets.
            with contextlib.suppress(OSError):
                return connect_shared(shared_retrievers(workspace), log, minutes)
        return start_process(log)

    return RetrievalService(workspace, RetrieverClient(log, channel))


def shared_retrievers(workspace: Workspace) -> Path:
    """Where the sockets of a workspace's retrievers lie."""
    return workspace.root / "retriever"

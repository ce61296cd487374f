"""What a person can do with the map of a dataset's embeddings: have it made, and look at it."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.retrieval.manifest import read_manifest
from bddseg_tui.core.retrieval.map_record import MapRecord, read_map_record
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.core.settings import load_settings
from bddseg_tui.core.workspace.workspace import MAP_FOLDER, Workspace

if TYPE_CHECKING:
    from bddseg_tui.core.data.collection import Collection
    from bddseg_tui.core.data.map_points import MapColors, MapPoints
    from bddseg_tui.core.jobs.job import Status


@dataclass(frozen=True)
class MapService:
    """Where the images of a dataset lie by their embeddings. All methods block, but for `build`, which starts a job."""

    workspace: Workspace

    def folder(self, root: Path, model: str | None = None) -> Path:
        """The folder of the job that makes the map by a CLIP (the one that is set)."""
        return self.workspace.index_path(root, self._model(model)) / MAP_FOLDER

    def build(self, root: Path, model: str | None = None, *, fresh: bool = False) -> Path:
        """Starts laying out the images of an index as a job; returns its folder at once.

        Those that a map has already stay where they are, unless many are new or it is to be `fresh`.

        Raises:
            BddsegError: there is no index, or this is being done already.
        """
        from bddseg_tui.core.jobs.launch import launch, taken_up
        from bddseg_tui.core.runs.job_list import index_job_name

        model, folder = self._model(model), self.folder(root, model)
        if read_manifest(folder.parent) is None:
            raise BddsegError(
                f"there is no finished index by {sanitize(model)}: "
                f"`bddseg-tui index build {sanitize_path(root)}` (b in the app's Ask pane) makes it"
            )
        catalog = self.workspace.catalog_path(root)
        arguments = ["map", os.fspath(root), os.fspath(folder.parent), os.fspath(catalog), "--model", model]
        arguments += ["--fresh"] if fresh else []
        busy = f"this map is being made already: `bddseg-tui stop {index_job_name(folder)}` ends that"
        with taken_up(folder, busy) as locks:
            launch(folder, "bddseg_tui.index", arguments, locks)
        return folder

    def status(self, root: Path, model: str | None = None) -> "Status | None":
        """The state of the job that makes or last made the map; None if none ever did."""
        from bddseg_tui.core.jobs.job import read_status

        folder = self.folder(root, model)
        return read_status(folder) if (folder / "status.json").exists() else None

    def info(self, root: Path, model: str | None = None) -> MapRecord | None:
        """What a map says of itself; None where there is none."""
        folder = self.folder(root, model)
        manifest = read_manifest(folder.parent)
        return read_map_record(folder, manifest.sha256 if manifest else "")

    def points(self, collection: "Collection") -> "MapPoints":
        """Where each image lies that is on the map, by its place in the catalog."""
        from bddseg_tui.core.data.map_points import map_points

        return map_points(collection.catalog)

    def colors(self, collection: "Collection", points: "MapPoints", by: str, evaluation: str | None) -> "MapColors":
        """What the images of a map are told apart by: `split`, `tag`, a class, or a figure or measure of filters.

        Raises:
            BddsegError: there is no such thing, or it is not known of any image.
        """
        from bddseg_tui.core.data.map_points import map_colors

        return map_colors(collection.catalog, points, by, evaluation)

    def _model(self, model: str | None) -> str:
        return model or load_settings(self.workspace).retrieval.clip

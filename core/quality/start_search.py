"""Starting the jobs that look through a dataset, and where they work: beside the indexes of the dataset."""

import os
from pathlib import Path

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.filter_language import parse_query
from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.jobs.launch import launch, taken_up
from bddseg_tui.core.quality.proposed_tags import phrases_of
from bddseg_tui.core.retrieval.manifest import read_manifest
from bddseg_tui.core.runs.job_list import index_job_name
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.core.suggest import suggestion
from bddseg_tui.core.workspace.workspace import Workspace


def duplicates_folder(workspace: Workspace, root: Path) -> Path:
    """The folder of the job that looks for duplicates in the dataset at this (resolved) folder; it may not exist."""
    return workspace.index_path(root, "demo").parent / "duplicates"


def start_duplicates(workspace: Workspace, collection: Collection, clip: str, device: str) -> Path:
    """Starts looking for duplicates, by the index of this CLIP too where there is one; returns the job's folder.

    Raises:
        BddsegError: somebody is looking for them already, or the folder cannot be written.
    """
    root = collection.dataset.root
    folder, index = duplicates_folder(workspace, root), workspace.index_path(root, clip)
    arguments = ["duplicates", *map(os.fspath, (root, folder, collection.catalog.path, index)), "--model", clip]
    arguments += ["--device", device] if device else []
    busy = f"duplicates are being looked for already: `bddseg-tui stop {index_job_name(folder)}` ends that"
    with taken_up(folder, busy) as locks:
        launch(folder, "bddseg_tui.index", arguments, locks)
    return folder


def label_next_folder(workspace: Workspace, root: Path) -> Path:
    """The folder of the job that chooses what to label next in the dataset at this folder; it may not exist."""
    return workspace.index_path(root, "demo").parent / "label-next"


def tags_folder(workspace: Workspace, root: Path) -> Path:
    """The folder of the job that proposes tags for the dataset at this folder; it may not exist."""
    return workspace.index_path(root, "demo").parent / "tags"


def start_tags(workspace: Workspace, collection: Collection, clip: str, device: str, text: str, least: float) -> Path:
    """Starts proposing tags by the index of this CLIP; returns the job's folder.

    Raises:
        UsageError: the text has no phrases.
        BddsegError: there is no index, or tags are being proposed already.
    """
    root = collection.dataset.root
    phrases_of(text)
    folder, index = tags_folder(workspace, root), _index(workspace, root, clip)
    arguments = ["tag", *map(os.fspath, (root, folder, collection.catalog.path, index)), "--model", clip]
    arguments += [f"--text={text}", "--least", str(least)] + (["--device", device] if device else [])
    busy = f"tags are being proposed already: `bddseg-tui stop {index_job_name(folder)}` ends that"
    with taken_up(folder, busy) as locks:
        launch(folder, "bddseg_tui.index", arguments, locks)
    return folder


def start_label_next(
    workspace: Workspace, collection: Collection, clip: str, count: int, evaluation: str | None, filter_text: str
) -> Path:
    """Starts choosing what to label next by the index of this CLIP; returns the job's folder.

    Raises:
        UsageError: the filter makes no sense, or the evaluation is not known.
        BddsegError: there is no index, or somebody is choosing already.
    """
    root = collection.dataset.root
    # What is wrong with the filter is told at once.
    parse_query(filter_text)
    if evaluation is not None and evaluation not in (known := collection.catalog.evaluations()):
        raise UsageError(f"no evaluation is called {sanitize(evaluation)!r}{suggestion(evaluation, known)}")
    folder, index = label_next_folder(workspace, root), _index(workspace, root, clip)
    arguments = ["label-next", *map(os.fspath, (root, folder, collection.catalog.path, index)), "--count", str(count)]
    arguments += [f"--evaluation={evaluation or ''}", f"--filter={filter_text}"]
    busy = f"what to label is being chosen already: `bddseg-tui stop {index_job_name(folder)}` ends that"
    with taken_up(folder, busy) as locks:
        launch(folder, "bddseg_tui.index", arguments, locks)
    return folder


def _index(workspace: Workspace, root: Path, clip: str) -> Path:
    """The folder of a finished index.

    Raises:
        BddsegError: there is none.
    """
    index = workspace.index_path(root, clip)
    if read_manifest(index) is None:
        advice = f"`bddseg-tui index build {sanitize_path(root)}` makes it"
        raise BddsegError(f"there is no finished index of this dataset by {sanitize(clip)}: {advice}")
    return index

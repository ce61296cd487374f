"""Starting the jobs that look through a dataset, and where they work: beside the indexes of the dataset."""

import os
from pathlib import Path

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.jobs.launch import launch, taken_up
from bddseg_tui.core.runs.job_list import index_job_name
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

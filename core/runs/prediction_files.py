"""What a prediction reads and what it writes: the images of a split or a folder, each by the name of its files."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from bddseg_tui.core.data.dataset import Sample, list_samples, open_dataset, sample_names
from bddseg_tui.core.data.image_file import IMAGE_SUFFIXES
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.owned_folder import OwnedFolder, own
from bddseg_tui.core.runs.prediction_journal import JOURNAL, Entry, adopt_earlier, read_journal, stamp_of
from bddseg_tui.core.sanitize import sanitize, sanitize_path

VIDEO_SUFFIXES = (".mp4", ".mov", ".mkv", ".avi", ".webm", ".m4v")
SUMMARY = "summary.json"
OVERLAY_VIDEO = "overlay.mp4"
_NAMED = 3


def is_video(source: str | Path) -> bool:
    """Whether a source is a video, by the end of its name."""
    path = Path(source)
    return path.suffix.lower() in VIDEO_SUFFIXES and not path.is_dir()


def frame_name(number: int) -> str:
    """What the mask of a video's frame is called; frames count from 0."""
    return f"{number:06d}"


def mask_of(name: str) -> str:
    """The mask's file, relative to the folder that is predicted into. `name` may have folders in it."""
    return f"masks/{name}.png"


def files_of(name: str) -> tuple[str, str, str]:
    """An image's mask, colour preview and overlay."""
    return mask_of(name), f"colour/{name}.png", f"overlay/{name}.jpg"


def source_images(dataset: Path, source: str, folder: OwnedFolder) -> list[tuple[str, Sample]]:
    """(name, sample) of every image of a split, or of a folder and those below it, where `source` is absolute.

    No two have the same name. Masks are left out: a broken one must not keep an image from its prediction; and what
    predictions into `folder` have made is no image of the source.

    Raises:
        BddsegError: there are none.
    """
    if Path(source).is_absolute():
        files = sorted(os.path.relpath(p, source) for p in _images_below(Path(source), folder))
        names = sample_names(files)
        samples = [Sample("", Path(source, f), None, names.get(f)) for f in files]
        found = [(names.get(f, os.fspath(Path(f).with_suffix(""))), s) for f, s in zip(files, samples, strict=True)]
    else:
        samples = [s for s in list_samples(open_dataset(dataset)) if s.split == source]
        found = [(s.name, replace(s, mask=None)) for s in samples]
    if not found:
        raise BddsegError(f"there are no images in {sanitize(source)}")
    return found


def check_folder(to: Path, dataset: Path, source: str) -> None:
    """Looks whether predictions of a source can go into a folder; makes it if it is not there.

    Raises:
        BddsegError: there are no images, the folder cannot be made, or files there that predictions would replace
            are the person's own: they were there before, or have been changed since they were predicted.
    """
    folder = own(to, "predict")
    adopt_earlier(folder)
    _, entries = read_journal(to)
    refuse_own_files(
        folder, entries, None if is_video(source) else [n for n, _ in source_images(dataset, source, folder)]
    )


def refuse_own_files(folder: OwnedFolder, entries: dict[str, Entry], names: Iterable[str] | None) -> None:
    """Refuses to predict `names` (None: the frames of a video) into a folder where that would touch a person's files.

    Raises:
        BddsegError: as `check_folder`.
    """
    changed = [n for n, e in entries.items() if (now := stamp_of(folder.folder / mask_of(n))) and now != e.mask]
    if changed:
        more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
        named = ", ".join(sanitize(mask_of(n)) for n in changed[:_NAMED])
        raise BddsegError(
            f"{named}{more} in {sanitize_path(folder.folder)} changed after they were predicted and may be your own "
            "work: name another folder, or move them away"
        )
    if names is None:
        frames = [mask_of(p.stem) for p in (folder.folder / "masks").glob("*.png") if p.stem.isdecimal()]
        folder.check([*frames, JOURNAL, SUMMARY, OVERLAY_VIDEO])
    else:
        folder.check([*(f for n in names for f in files_of(n)), JOURNAL, SUMMARY])


def _images_below(source: Path, folder: OwnedFolder) -> Iterator[Path]:
    """Image files by their names; hidden ones, and what is below hidden folders or links to folders, are left out."""

    def fail(error: OSError) -> None:
        raise disk_error(error, error.filename or source, "read") from error

    made = {os.path.join(folder.folder, n) for n in folder.made()}  # noqa: PTH118 (100,000 names)
    for base, folders, files in os.walk(source, onerror=fail):
        folders[:] = [f for f in folders if not f.startswith(".")]
        for name in files:
            path = os.path.join(base, name)  # noqa: PTH118 (ten times as fast, and there may be 100,000)
            is_image = name.lower().endswith(IMAGE_SUFFIXES) and not name.startswith(".")
            # No pipe and no device, which could be waited for.
            if is_image and path not in made and Path(path).is_file():
                yield Path(path)

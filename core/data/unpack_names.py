"""Where the entries of zips go. Each part of a path is checked by itself, so whatever is left out, none leads outside.

The folders that a packer put around a layout are left out (`bdd100k/`, `my_copy/bdd100k/seg/` ...), so that images and
masks of two zips come together. Where a folder of the layout would come from two places, all of them stay, for else
two datasets would become one.
"""

import stat
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from bddseg_tui.core.data.image_file import IMAGE_SUFFIXES
from bddseg_tui.core.data.layouts import is_junk, layout_part
from bddseg_tui.core.data.zip_reading import is_folder
from bddseg_tui.core.files.owned_folder import MARKER
from bddseg_tui.core.sanitize import sanitize

_TOPS = ("bdd100k", "bdd100k_images_10k", "bdd100k_sem_seg_labels_trainval")
_LONGEST = 255
"""Bytes of one part of a path, on nearly every file system."""
_LONGEST_PATH = 1000
_MS_DOS = 0
_DEEPEST = 40
_SHOWN = 160


@dataclass(frozen=True)
class Place:
    """An entry of a zip and the relative path, with `/`, that it goes to."""

    archive: zipfile.ZipFile
    entry: zipfile.ZipInfo
    path: str


@dataclass
class Places:
    """Which entry goes where; what may not be unpacked, and why."""

    found: list[Place] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    _files: dict[str, tuple[int, int]] = field(default_factory=dict)
    _folders: set[str] = field(default_factory=set)

    def refuse(self, entry: zipfile.ZipInfo, why: str) -> None:
        """Notes that an entry is not unpacked."""
        self.refused.append(f"{sanitize(entry.orig_filename)[:_SHOWN]}: {why}")

    def add(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: str) -> None:
        """Takes in an entry unless its path is taken by another."""
        # As a file system that knows no case would compare them.
        key = unicodedata.normalize("NFC", path).casefold()
        above = [key[:at] for at, c in enumerate(key) if c == "/"]
        content = (entry.file_size, entry.CRC)
        if key in self._files:
            if self._files[key] != content:
                self.refuse(entry, "another file of this name, but perhaps for upper and lower case, came before it")
        elif key in self._folders or any(a in self._files for a in above):
            self.refuse(entry, "the same name is a file and a folder")
        else:
            self._files[key] = content
            self._folders.update(above)
            self.found.append(Place(archive, entry, path))


def find_places(archives: Iterable[zipfile.ZipFile]) -> Places:
    """Decides for every file in these zips where it goes; what systems leave behind (`__MACOSX`) is left out."""
    places, wanted = Places(), []
    for archive in archives:
        for entry in archive.infolist():
            if is_folder(entry):
                continue
            name = entry.orig_filename
            if entry.create_system == _MS_DOS:
                # Some packers on Windows write these, where no name can have one.
                name = name.replace("\\", "/")
            parts = tuple(p for p in name.split("/") if p != ".")
            if why := _why_not(entry, name, parts):
                places.refuse(entry, why)
            elif not any(map(is_junk, parts)):
                wanted.append((archive, entry, parts))
    around = _wrappers(parts for _, _, parts in wanted)
    for archive, entry, parts in wanted:
        places.add(archive, entry, "/".join(_without_tops(parts, around)))
    return places


def _why_not(entry: zipfile.ZipInfo, name: str, parts: tuple[str, ...]) -> str | None:
    mode = entry.external_attr >> 16
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "is a link or a device, not a file"
    if name.startswith("/") or ".." in parts or (len(name) > 1 and name[1] == ":"):
        return "would be written outside the folder"
    if "\\" in name:
        return "has a backslash in its name"
    if not parts or "" in parts:
        return "has a part without a name in its path"
    if sanitize(name) != name:
        return "has characters in its name that a terminal would obey or hide"
    if any(p.endswith((".", " ")) for p in parts):
        return "has a name that ends with a dot or a blank, which is another name elsewhere"
    if any(len(p.encode()) > _LONGEST for p in parts) or len(name.encode()) > _LONGEST_PATH:
        return "has a name that is too long"
    if len(parts) > _DEEPEST:
        return "lies below too many folders"
    if any(p.lower() == MARKER for p in parts):
        return f"would replace the note {MARKER} of what is unpacked"
    return None


def _wrappers(names: Iterable[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """The folders around the layouts that pictures lie in; none if that would lay two datasets into one."""
    sources: defaultdict[tuple[str, ...], set[tuple[str, ...]]] = defaultdict(set)
    for parts in names:
        if parts[-1].lower().endswith(IMAGE_SUFFIXES) and (part := layout_part(parts)) is not None:
            sources[part.target].add(part.around)
    if any(len(around) > 1 for around in sources.values()):
        return set()
    return {around for some in sources.values() for around in some}


def _without_tops(parts: tuple[str, ...], wrappers: set[tuple[str, ...]]) -> tuple[str, ...]:
    part = layout_part(parts)
    if part is not None and part.around in wrappers:
        return (*part.target, *parts[part.end :])
    for around in sorted(wrappers, key=len, reverse=True):
        if around and parts[: len(around)] == around:
            return parts[len(around) :]
    if part is None:
        while len(parts) > 1 and parts[0] in _TOPS:
            parts = parts[1:]
    return parts

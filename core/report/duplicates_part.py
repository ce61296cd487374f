"""What a report says of duplicates, where they were looked for: above all what of val was learned in train."""

from pathlib import Path

from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.quality.duplicates import DUPLICATES_FILE, KINDS, MEANING, Group, group_pairs, read_duplicates
from bddseg_tui.core.quality.start_search import duplicates_folder
from bddseg_tui.core.workspace.workspace import Workspace

Table = tuple[list[str], list[list[str]]]
_MOST = 40


def read_duplicate_groups(workspace: Workspace, root: Path) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
    """(all groups, those across splits) of a dataset; none where nobody has looked.

    Raises:
        BddsegError: what was found, or the catalog, cannot be read.
    """
    path = workspace.catalog_path(root)
    found = read_duplicates(duplicates_folder(workspace, root) / DUPLICATES_FILE)
    if found is None or not path.exists():
        return (), ()
    splits = Catalog(path, root).split_of_images()
    return group_pairs(found.pairs, splits), group_pairs(found.pairs, splits, across=True)


def duplicate_table(groups: tuple[Group, ...], across: tuple[Group, ...]) -> Table:
    """A row a kind: groups and images, and of these what lies across splits."""
    head = ["images that are", "groups", "images", "groups across splits", "images across splits"]
    rows = []
    for kind in KINDS if groups else ():
        counts = []
        for some in (groups, across):
            mine = [g for g in some if g.kind == kind]
            counts += [str(len(mine)), str(sum(len(g.members) for g in mine))]
        rows.append([MEANING[kind], *counts])
    return head, rows


def leakage_table(across: tuple[Group, ...]) -> Table:
    """A row a group across splits, the surest first: its first image, and the likest one of another split."""
    rows = []
    for group in across[:_MOST]:
        first = group.members[0]
        other = next(m for m in group.members if m.split != first.split)
        likeness = f"{100 * other.likeness:.1f}"
        rows.append([MEANING[group.kind], likeness, first.split, first.image, other.split, other.image])
    return ["how", "likeness, %", "split", "image", "other split", "other image"], rows

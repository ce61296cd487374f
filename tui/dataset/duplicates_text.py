"""What the screen of duplicates says."""

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from bddseg_tui.core.jobs.job import Status
from bddseg_tui.core.quality.duplicates import KINDS, MEANING, Group, Kind, Member
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.shared.format import percent

READING = "reading …"
NOT_LOOKED = "nobody has looked for duplicates here yet: b does it, by the index too where there is one"
_WIDE = 26
"""Cells of a row from which on it has a decimal place."""
MARKS: dict[Kind, str] = {"file": "=", "picture": "≈", "alike": "~"}


def title(
    groups: tuple[Group, ...], across: bool, kind: Kind | None, marked: int, status: Status | None, width: int
) -> str:
    """The counts, what is listed and, where there is room, what the signs of the kinds mean."""
    if status is not None and status.live:
        done = f" {status.done:,}/{status.total:,}" if status.total else ""
        return f"looking for duplicates: {status.phase or status.state}{done}"
    images = sum(len(group.members) for group in groups)
    words = [f"{len(groups):,} groups of {images:,} images"]
    words += ["across splits"] if across else [f"{sum(g.leaks for g in groups):,} across splits"]
    words += [f"only {MEANING[kind]}"] if kind else []
    words += [f"{marked:,} marked"] if marked else []
    line, signs = "   ".join(words), "   ".join(f"{MARKS[k]} {MEANING[k]}" for k in KINDS)
    shown = kind is None and bool(groups) and cell_len(line) + 3 + cell_len(signs) <= width
    return f"{line}   {signs}" if shown else line


def nothing(across: bool, kind: Kind | None, status: Status | None) -> str:
    """What stands where no group does."""
    if status is not None and status.state in ("failed", "lost"):
        return f"the search {status.state}: {status.message}"
    which = f" (only {MEANING[kind]}; c lists other kinds)" if kind else ""
    return f"nothing is in two splits{which}: Tab lists all" if across else f"no duplicates were found{which}"


def group_row(group: Group, width: int) -> Text:
    """A group in the list: how sure, how many, how like, which splits."""
    likeness = percent(group.likeness, 0 if width < _WIDE else 1)
    line = f"{MARKS[group.kind]} {len(group.members):>3} {likeness:>3} % "
    splits = "+".join(map(sanitize, group.splits))
    text = Text(line, no_wrap=True, overflow="ellipsis")
    room = max(3, width - cell_len(line))
    text.append(splits if cell_len(splits) <= room else set_cell_size(splits, room), "bold" if group.leaks else "dim")
    return text


def member_line(member: Member, first: bool, marked: bool, tags: tuple[str, ...]) -> str:
    """The line below a picture."""
    name = sanitize(member.image.rpartition("/")[2])
    how = "first" if first else f"{percent(member.likeness)} %"
    said = f" [{' '.join(map(sanitize, tags))}]" if tags else ""
    return f"{'●' if marked else ' '}{sanitize(member.split)} {how}{said} {name}"

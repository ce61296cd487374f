"""What the screen of duplicates says."""

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from bddseg_tui.core.jobs.job import Status
from bddseg_tui.core.quality.duplicates import KINDS, MEANING, Group, Kind, Member
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.shared.format import percent

READING = "reading …"
NOT_LOOKED = "nobody has looked for duplicates here yet: b does it, by the index too where there is one"
MARKS: dict[Kind, str] = {"file": "=", "picture": "≈", "alike": "~"}


def title(groups: tuple[Group, ...], across: bool, kind: Kind | None, marked: int, status: Status | None) -> str:
    """The counts, and what is listed."""
    if status is not None and status.live:
        done = f" {status.done:,}/{status.total:,}" if status.total else ""
        return f"looking for duplicates: {status.phase or status.state}{done}"
    images = sum(len(group.members) for group in groups)
    words = [f"{len(groups):,} groups of {images:,} images"]
    words += ["across splits"] if across else [f"{sum(g.leaks for g in groups):,} across splits"]
    words += [f"only {MEANING[kind]}"] if kind else []
    words += [f"{marked:,} marked"] if marked else []
    words += ["   ".join(f"{MARKS[k]} {MEANING[k]}" for k in KINDS)] if kind is None and groups else []
    return "   ".join(words)


def nothing(across: bool, kind: Kind | None, status: Status | None) -> str:
    """What stands where no group does."""
    if status is not None and status.state in ("failed", "lost"):
        return f"the search {status.state}: {status.message}"
    which = f" that {'is' if kind else 'are'} {MEANING[kind]}" if kind else ""
    return f"no images{which} in two splits: Tab lists all" if across else f"no duplicates{which} were found"


def group_row(group: Group, width: int) -> Text:
    """A group in the list: how sure, how many, how like, which splits."""
    line = f"{MARKS[group.kind]} {len(group.members):>3} {percent(group.likeness):>5} % "
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

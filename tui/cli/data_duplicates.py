"""`data duplicates`: images that are there more than once or nearly, also across splits, as a list to act on."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.quality.duplicates import MEANING, Group, spare
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.tui.cli import completions
from bddseg_tui.tui.cli.data_samples import current
from bddseg_tui.tui.cli.follow_job import expect_finished, start_and_follow
from bddseg_tui.tui.cli.options import JsonOption, OptionalDatasetArgument, ScanOption, WorkspaceOption
from bddseg_tui.tui.cli.output import note, print_json, say
from bddseg_tui.tui.shared.format import percent

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.dataset_outputs import DuplicateGroup, FoundDuplicates

_MEMBERS = 8
"""Images of a group that are named one by one; JSON has all."""


def add_to(group: typer.Typer) -> None:
    """Adds the command."""
    group.command()(duplicates)


def duplicates(
    dataset: OptionalDatasetArgument = None,
    across: Annotated[
        bool, typer.Option("--across-splits", help="Only what is in two splits: val that was learned in train.")
    ] = False,
    kind: Annotated[
        Literal["file", "picture", "alike"] | None,
        typer.Option(help="Only the same bytes, the same picture, or what is alike.", show_default=False),
    ] = None,
    last: Annotated[bool, typer.Option("--last", help="Show what was found last; look for nothing.")] = False,
    tag: Annotated[
        str,
        typer.Option(
            metavar="TAG",
            help="Tag what can go (such as exclude): of groups across splits those of train, else all but the first.",
            autocompletion=completions.tags,
        ),
    ] = "",
    scan: ScanOption = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Find images that are there more than once or nearly: by bytes, by look, and by the index where there is one."""
    engine, collection = current(workspace, dataset, scan)
    if not last:
        _, status = start_and_follow(engine, lambda: engine.quality.find_duplicates(collection), "duplicates")
        expect_finished(status, "the search for duplicates")
    if (found := engine.quality.duplicates(collection)) is None:
        raise BddsegError("nobody has looked for duplicates yet: the same command without --last does it")
    groups = engine.quality.duplicate_groups(collection, found, across, kind)
    tagged = 0
    if tag:
        root = collection.dataset.root
        rows = engine.data.samples_of(collection, [root / image for group in groups for image in spare(group)])
        tagged = engine.data.change_tags(collection, [row.id for row in rows], tag).samples
    if json:
        facts: FoundDuplicates = {
            "about": found.about,
            "images": found.images,
            "groups": [_group(group) for group in groups],
            "tagged": tagged,
        }
        print_json(facts)
        return
    for group in groups:
        _say_group(group)
    alike = sum(len(group.members) for group in groups)
    across_splits = sum(group.leaks for group in groups)
    say(f"{len(groups):,} groups of {alike:,} among {found.images:,} images, {across_splits:,} across splits")
    note(found.about)
    if tag:
        say(f"tagged {tagged:,} images {sanitize(tag)}")


def _say_group(group: Group) -> None:
    leaks = f", across {' and '.join(group.splits)}" if group.leaks else ""
    say(f"{MEANING[group.kind]}{leaks}")
    for member in group.members[:_MEMBERS]:
        say(f"  {percent(member.likeness):>5} %  {sanitize(member.split):<6}{sanitize_path(member.image)}")
    if (more := len(group.members) - _MEMBERS) > 0:
        say(f"  and {more:,} more")


def _group(group: Group) -> "DuplicateGroup":
    return {
        "kind": group.kind,
        "across_splits": group.leaks,
        "images": [
            {
                "image": sanitize_path(m.image),
                "split": sanitize(m.split),
                "likeness": m.likeness,
                "kind": m.kind,
            }
            for m in group.members
        ],
    }

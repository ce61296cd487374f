"""`index tag`: tags by words alone, proposed by a CLIP and accepted by a person."""

from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.quality.proposed_tags import PROPOSED, Proposals
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.tui.cli import completions
from bddseg_tui.tui.cli.data_samples import current
from bddseg_tui.tui.cli.follow_job import expect_finished, start_and_follow
from bddseg_tui.tui.cli.options import DataOption, JsonOption, WorkspaceOption
from bddseg_tui.tui.cli.output import note, print_json, say

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.retrieval_outputs import ProposedTags, TagsSettled


def add_to(group: typer.Typer) -> None:
    """Adds the command to `index`."""
    group.command()(tag)


def tag(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Phrases: 'night; rain; tunnel'.")] = "",
    least: Annotated[str, typer.Option("--min", metavar="PERCENT", help="From which confidence on.")] = "80%",
    accept: Annotated[
        str,
        typer.Option(
            "--accept",
            metavar="TAG",
            help="Make what was proposed (TAG?) the tag TAG.",
            autocompletion=completions.tags,
        ),
    ] = "",
    reject: Annotated[
        str,
        typer.Option("--reject", metavar="TAG", help="Take the proposed TAG? away.", autocompletion=completions.tags),
    ] = "",
    data: DataOption = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Propose tags for all images that fit a phrase: `night?`, until a person accepts them (k in the Dataset pane)."""
    if bool(text.strip()) + bool(accept) + bool(reject) != 1:
        raise UsageError('name phrases, --accept or --reject; for example: bddseg-tui index tag "night; rain; tunnel"')
    engine, collection = current(workspace, data, None)
    if not text.strip():
        word = (accept or reject).removesuffix(PROPOSED)
        ids = engine.data.find_ids(collection, f"tag:{word}{PROPOSED}")
        engine.quality.settle_proposed(collection, ids, bool(accept), word)
        settled: TagsSettled = {"tag": sanitize(word), "images": len(ids), "accepted": bool(accept)}
        if json:
            print_json(settled)
        else:
            say(f"{len(ids):,} images {'have the tag' if accept else 'are proposed no more for'} {sanitize(word)}")
        return
    share = _share(least)
    _, status = start_and_follow(engine, lambda: engine.quality.propose_tags(collection, text, share), "tags")
    expect_finished(status, "proposing tags")
    found = engine.quality.proposed(collection)
    assert found is not None
    if json:
        print_json(_facts(found))
        return
    for proposal in found.tags:
        wrong = proposal.expected_wrong
        told = "how many are wrong can't be told" if wrong is None else f"about {wrong:.0f} of them wrong"
        say(
            f"{len(proposal.images):>7,} images  {sanitize(proposal.tag)}{PROPOSED}  {told}; {proposal.unsure:,} unsure"
        )
    if not all(proposal.calibrated for proposal in found.tags):
        note("the confidence is a guess here: `bddseg-tui index info` says why")
    note(f"--filter 'tag:{found.tags[0].tag}{PROPOSED}' lists them; --accept {found.tags[0].tag} accepts all of them")


def _share(text: str) -> float:
    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        value = -1.0
    if not 0 <= value <= 100:
        raise UsageError(f"--min takes percent, such as 80%, not {sanitize(text)!r}")
    return value / 100


def _facts(found: Proposals) -> "ProposedTags":
    return {
        "least": found.least,
        "model": sanitize(found.model),
        "tags": [
            {
                "phrase": sanitize(p.phrase),
                "tag": f"{sanitize(p.tag)}{PROPOSED}",
                "calibrated": p.calibrated,
                "expected_wrong": p.expected_wrong,
                "unsure": p.unsure,
                "images": [{"image": sanitize_path(i.image), "confidence": i.confidence} for i in p.images],
            }
            for p in found.tags
        ],
    }

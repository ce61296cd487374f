"""`index blind`: whether answers depend on the picture."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.retrieval.requests import Mode
from bddseg_tui.tui.cli.opening import open_dataset, open_engine
from bddseg_tui.tui.cli.options import FilterOption, JsonOption, OptionalDatasetArgument, WorkspaceOption
from bddseg_tui.tui.cli.output import print_json, progress, say

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.retrieval_outputs import DependenceRow


def add_to(group: typer.Typer) -> None:
    """Adds the command to `index`."""
    group.command("blind")(blind)


def blind(
    dataset: OptionalDatasetArgument = None,
    filter_text: FilterOption = "",
    images: Annotated[int, typer.Option(min=1, max=1000, help="Images that are asked about.")] = 10,
    question: Annotated[list[str] | None, typer.Option(help="Instead of the usual ones; may be repeated.")] = None,
    corrupt: Annotated[str, typer.Option(metavar="KINDS", help="Spoilt pictures too: fog,night ... or all.")] = "",
    severity: Annotated[int, typer.Option(min=1, max=5, help="How strongly.")] = 3,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Measure which share of LLaVA's answers stays the same without the picture, with a black or a spoilt one."""
    from bddseg_tui.core.data.corruptions import parse_corruptions
    from bddseg_tui.core.data.filter_language import parse_query
    from bddseg_tui.core.retrieval.picture_dependence import QUESTIONS, picture_dependence

    engine = open_engine(workspace)
    collection = open_dataset(engine, dataset, scan=True)
    found = collection.catalog.images(parse_query(filter_text))[:images]
    if not found:
        raise UsageError("the filter leaves no image to ask about")
    kinds = parse_corruptions(corrupt) if corrupt else ()

    def ask(words: str, picture: Path, shown: bool) -> str:
        mode: Mode = "stay" if shown else "blind"
        return engine.retrieval.ask(collection, words, image=str(picture), mode=mode).result().answer

    with progress("asking", "answers") as report:
        rows = picture_dependence(ask, found, question or QUESTIONS, kinds, severity, report)
    if json:
        told: list[DependenceRow] = [
            {"shown": r.shown, "asked": r.asked, "same": r.same, "share": r.share} for r in rows
        ]
        print_json(told)
        return
    say(f"answers that stay the same, of {len(found):,} images, when LLaVA is shown instead:")
    for r in rows:
        say(f"{r.shown:<18} {100 * r.share:5.1f} %   ({r.same:,} of {r.asked:,})")

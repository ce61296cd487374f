"""`bddseg-tui demo`: the demo dataset, and without a terminal the whole pipeline on it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.tui.cli.opening import open_engine
from bddseg_tui.tui.cli.options import JsonOption, WorkspaceOption
from bddseg_tui.tui.cli.output import note, overall, print_json, progress, say

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.dataset_outputs import DemoDrawn

QUESTION = "I drive through the city at night, is there a bus?"


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.command(rich_help_panel=panel)(demo)


def demo(
    folder: Annotated[
        Path | None,
        typer.Option(
            "--dir",
            metavar="DIR",
            parser=typed_path,
            help="Where the dataset goes; the workspace if left out.",
            show_default=False,
        ),
    ] = None,
    data_only: Annotated[bool, typer.Option("--data-only", help="Draw the dataset and stop.")] = False,
    train: Annotated[int, typer.Option(min=1, help="Training scenes.")] = 240,
    val: Annotated[int, typer.Option(min=1, help="Validation scenes.")] = 60,
    test: Annotated[int, typer.Option(min=0, help="Test scenes.")] = 40,
    width: Annotated[int, typer.Option(min=64, max=4096, help="Pixels.")] = 640,
    height: Annotated[int, typer.Option(min=36, max=4096, help="Pixels.")] = 360,
    seed: Annotated[int, typer.Option(min=0, help="Another seed draws other scenes.")] = 2020,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; one a core if left out.", show_default=False)
    ] = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Draw the demo dataset, then open the app on it; without a terminal train, evaluate, and ask a question.

    With --json the dataset is drawn, and nothing else done.
    """
    from bddseg_tui.core.demo.generate import generate

    engine = open_engine(workspace)
    root = folder or engine.workspace.demo
    with progress("drawing", "scenes") as report:
        generate(
            root,
            counts={"train": train, "val": val, "test": test},
            size=(width, height),
            seed=seed,
            workers=workers,
            report=report,
        )
    note(f"demo dataset in {sanitize_path(root)}")
    if data_only or json:
        if json:
            drawn: DemoDrawn = {
                "dataset": sanitize_path(root),
                "train": train,
                "val": val,
                "test": test,
                "seed": seed,
            }
            print_json(drawn)
        return
    if sys.stdin.isatty() and sys.stdout.isatty():
        from bddseg_tui.tui.start import start_app

        if engine.retrieval.info(root) is None:
            # Twenty seconds of another core; by the time someone asks, it is there.
            engine.retrieval.build(root)
        raise typer.Exit(start_app(engine.workspace, root, "auto"))
    _pipeline(engine, root)


def _pipeline(engine: Engine, root: Path) -> None:
    """Train, evaluate, and say where everything is."""
    from bddseg_tui.core.runs.config import build_config
    from bddseg_tui.tui.cli.console import console
    from bddseg_tui.tui.cli.follow_job import follow
    from bddseg_tui.tui.cli.tables import class_table

    run = engine.runs.train(root, build_config("demo"), "demo")
    follow(engine, run.folder, "train")
    folder = engine.runs.evaluate(run)
    follow(engine, folder, "evaluate")
    result = engine.analysis.result(folder)
    console().print(class_table(result.classes, f"{result.name}: {result.images} images at their own resolution"))
    say(overall(result.pixel_accuracy, result.miou19, result.miou20))
    follow(engine, engine.retrieval.build(root), "index")
    say(f"question   {QUESTION}")
    told = engine.retrieval.ask(engine.data.open(root), QUESTION).result()
    say(f"answer     {told.answer}")
    say(f"image      {sanitize_path(told.path) if told.path else '-'}")
    engine.retrieval.close()
    say(f"dataset    {sanitize_path(root)}")
    say(f"run        {sanitize_path(run.folder)}")
    say(f"evaluation {sanitize_path(folder)}")
    say("In a terminal, `bddseg-tui` opens the app on them.")

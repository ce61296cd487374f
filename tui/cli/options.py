"""Options and arguments that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.runs.tta import Tta
from bddseg_tui.tui.cli import completions

WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        metavar="DIR",
        parser=typed_path,
        envvar="BDDSEG_WORKSPACE",
        help="Folder for runs, catalogs and settings.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")]
DatasetArgument = Annotated[
    Path, typer.Argument(metavar="DIR", parser=typed_path, help="The dataset's folder.", show_default=False)
]
OptionalDatasetArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="[DIR]",
        parser=typed_path,
        help="The dataset's folder; the last one that the app opened if left out.",
        show_default=False,
    ),
]
DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        parser=typed_path,
        help="The dataset; the last one that the app opened if left out.",
        show_default=False,
    ),
]
FilterOption = Annotated[
    str,
    typer.Option(
        "--filter",
        help="Only among these, such as 'split:test class:bus>1% tag:night'.",
        autocompletion=completions.filters,
    ),
]
SamplesOption = Annotated[
    str,
    typer.Option(
        "--filter",
        help="Which samples, such as 'split:val class:bus>1% sort:-bus'.",
        autocompletion=completions.filters,
    ),
]
EvaluationOption = Annotated[
    str | None,
    typer.Option(
        "--evaluation",
        help="RUN/CHECKPOINT-SPLIT, whose scores and predictions a filter knows (iou, sort:iou, pred:).",
        show_default=False,
        autocompletion=completions.evaluations,
    ),
]
ScanOption = Annotated[
    bool | None,
    typer.Option(
        "--scan/--no-scan",
        help="Look at every file first, or at none. By default only if files were added or taken away since.",
        show_default=False,
    ),
]
RunArgument = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A run's name or number, or `last`.",
        show_default=False,
        autocompletion=completions.runs,
    ),
]
CheckpointOption = Annotated[str, typer.Option(help="best or last.", autocompletion=completions.checkpoints)]
FollowOption = Annotated[bool, typer.Option("--follow", help="Stay and show it; Ctrl+C leaves it running.")]
QueueOption = Annotated[bool, typer.Option("--queue", help="Wait until no other run trains on the device.")]
SplitOption = Annotated[str, typer.Option(help="The split that was evaluated.", autocompletion=completions.splits)]
TtaOption = Annotated[
    Tta, typer.Option(help="The test-time augmentation it was evaluated with.", autocompletion=completions.tta_kinds)
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="CLIP: demo, a folder, or MODEL/WEIGHTS; else as set.",
        show_default=False,
        autocompletion=completions.index_models,
    ),
]
TopOption = Annotated[
    int | None, typer.Option("--top", min=1, max=500, help="How many; else as set.", show_default=False)
]
SecondLookOption = Annotated[
    int | None,
    typer.Option(
        "--second-look",
        metavar="K",
        min=0,
        max=50,
        help="Ask LLaVA of the best K whether they fit; else as set.",
        show_default=False,
    ),
]
DownloadOption = Annotated[bool, typer.Option("--download", help="Fetch weights that are not in the cache.")]

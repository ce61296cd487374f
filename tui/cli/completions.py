"""Values that a shell completes: of runs, presets, settings, encoders, filters and so on.

Each function gets the words before and the word at hand, and gives values, or (value, what it is). What is imported
is imported within: a shell waits for one of them at most.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from bddseg_tui.core.data.filter_completion import Vocabulary
    from bddseg_tui.core.engine import Engine

Found = list[tuple[str, str]]
LAST = ("last", "the newest")


def runs(context: typer.Context, word: str) -> Found:
    """Names of runs, and `last`."""
    engine = _engine(context)
    return [LAST, *((run.name, run.shown_dataset) for run in engine.runs.list_runs())] if engine else [LAST]


def evaluations(context: typer.Context, word: str) -> list[str]:
    """Evaluations as RUN/CHECKPOINT-SPLIT."""
    engine = _engine(context)
    found = engine.runs.list_runs() if engine else []
    return [f"{run.name}/{folder.name}" for run in found for folder in run.evaluations()]


def jobs(context: typer.Context, word: str) -> Found:
    """The jobs that are running."""
    engine = _engine(context)
    return [(job.name, job.status.phase) for job in engine.runs.jobs()] if engine else []


def index_models(context: typer.Context, word: str) -> list[str]:
    """`demo`, the CLIP that is set, and those that some index was built with."""
    engine = _engine(context)
    return list(dict.fromkeys(["demo", *(engine.retrieval.indexed_models() if engine else ())]))


def chats(context: typer.Context, word: str) -> list[str]:
    """Titles of the chats about the dataset at hand."""
    from bddseg_tui.tui.cli.opening import named_or_last

    engine = _engine(context)
    if engine is None:
        return []
    root = engine.data.open(named_or_last(engine, context.params.get("data"))).dataset.root
    return [chat.title for chat in engine.chats.find(root)]


def presets(context: typer.Context, word: str) -> list[str]:
    """Names of the presets."""
    from bddseg_tui.core.runs.config import preset_names

    return preset_names()


def assignments(context: typer.Context, word: str) -> Found | list[str]:
    """`KEY=` of each setting of a training run; of the only one that fits, `KEY=VALUE` too."""
    from bddseg_tui.core.runs.settings_table import settings_table

    fitting = [s for s in settings_table() if f"{s.name}=".startswith(word) or word.startswith(f"{s.name}=")]
    if len(fitting) != 1:
        return [(f"{s.name}=", s.about) for s in fitting]
    (setting,) = fitting
    values: Iterable[str] = setting.choices or (f"{setting.default}",)
    if setting.name == "encoder":
        values = _encoder_names()
    elif setting.name == "encoder_weights":
        values = ("imagenet", "none")
    return [f"{setting.name}=", *(f"{setting.name}={value}" for value in values)]


def retrieval_settings(context: typer.Context, word: str) -> Found | list[str]:
    """`NAME=` of each setting of index and chat; of the only one that fits, `NAME=VALUE` too."""
    from bddseg_tui.core.retrieval.options import HELP, choices

    fitting = [name for name in HELP if f"{name}=".startswith(word) or word.startswith(f"{name}=")]
    if len(fitting) != 1:
        return [(f"{name}=", HELP[name]) for name in fitting]
    (name,) = fitting
    return [f"{name}=", *(f"{name}={value}" for value in choices(name))]


def encoders(context: typer.Context, word: str) -> list[str]:
    """Names of the encoders whose cost is known."""
    return _encoder_names()


def filters(context: typer.Context, word: str) -> list[str]:
    """The filter so far with its last word completed."""
    from bddseg_tui.core.data.filter_completion import completions
    from bddseg_tui.core.data.filter_language import KEYS

    if not word or word.endswith(" "):
        return [f"{word}{key}" for key in KEYS]
    known = _vocabulary(context)
    found = completions(word, known)
    # A key alone would be followed by a space: its values are there to be chosen from as well.
    return [*found, *completions(found[0], known)] if len(found) == 1 and found[0].endswith(":") else found


def _vocabulary(context: typer.Context) -> "Vocabulary":
    """The words of the dataset that is named, or of the one that the app opened last."""
    from bddseg_tui.core.data.filter_completion import Vocabulary
    from bddseg_tui.core.errors import BddsegError

    engine, named = _engine(context), context.params.get("dataset")
    root = named if isinstance(named, Path) else engine.data.last_opened() if engine else None
    if engine is None or root is None:
        return Vocabulary()
    try:
        return engine.data.vocabulary(engine.data.open(root))
    except BddsegError:
        return Vocabulary()


def tags(context: typer.Context, word: str) -> list[str]:
    """Tags of the dataset that is named."""
    engine, dataset = _engine(context), context.params.get("dataset")
    return engine.data.tags(engine.data.open(dataset)) if engine and isinstance(dataset, Path) else []


def views(context: typer.Context, word: str) -> Found:
    """Saved views of the dataset that is named, or of the one that the app opened last."""
    from bddseg_tui.tui.cli.opening import named_or_last

    engine = _engine(context)
    if engine is None:
        return []
    collection = engine.data.open(named_or_last(engine, context.params.get("dataset")))
    return [(view.name, view.filter) for view in engine.data.views(collection)]


def splits(context: typer.Context, word: str) -> list[str]:
    """Names of splits."""
    from bddseg_tui.core.data.dataset import SPLITS

    return list(SPLITS)


def checkpoints(context: typer.Context, word: str) -> list[str]:
    """Names of checkpoints."""
    from bddseg_tui.core.runs.run import CHECKPOINTS

    return list(CHECKPOINTS)


def tta_kinds(context: typer.Context, word: str) -> Found:
    """Kinds of test-time augmentation."""
    from bddseg_tui.core.runs.tta import ABOUT

    return list(ABOUT.items())


def export_kinds(context: typer.Context, word: str) -> Found:
    """What a checkpoint can be exported as."""
    from bddseg_tui.core.runs.export_kinds import ABOUT

    return list(ABOUT.items())


def fusions(context: typer.Context, word: str) -> list[str]:
    """How several phrases are brought together."""
    from bddseg_tui.core.retrieval.options import choices

    return list(choices("fusion"))


def freeable(context: typer.Context, word: str) -> list[str]:
    """What `workspace free` takes, but for names."""
    from bddseg_tui.core.maintenance.free import FREEABLE

    return list(FREEABLE)


def architectures(context: typer.Context, word: str) -> list[str]:
    """What an encoder can be part of."""
    from bddseg_tui.core.runs.architectures import ARCHITECTURES

    return list(ARCHITECTURES)


def _encoder_names() -> list[str]:
    from bddseg_tui.core.runs.encoders import encoders

    return [encoder.name for encoder in encoders()]


def _engine(context: typer.Context) -> "Engine | None":
    """The engine over the workspace that the words before name; None where there is no such folder: none is made."""
    from bddseg_tui.core.workspace.workspace import open_workspace

    named = context.params.get("workspace")
    workspace = open_workspace(named if isinstance(named, Path) else None)
    if not workspace.root.is_dir():
        return None
    from bddseg_tui.core.engine import Engine

    return Engine(workspace)

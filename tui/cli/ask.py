"""`ask`: a question that is answered looking at the image that fits it best."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.retrieval.client import Answering
from bddseg_tui.core.retrieval.events import (
    AnchorsEvent,
    AnsweredEvent,
    CandidatesEvent,
    FailedEvent,
    ImageEvent,
    LoadingEvent,
    ThinkingEvent,
    TokenEvent,
    UnsaidEvent,
    WaitingEvent,
)
from bddseg_tui.core.retrieval.server_address import server_address, shown_address
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.tui.cli import completions
from bddseg_tui.tui.cli.found_images import candidate_image
from bddseg_tui.tui.cli.opening import open_dataset, open_engine
from bddseg_tui.tui.cli.options import (
    DataOption,
    DownloadOption,
    FilterOption,
    JsonOption,
    SecondLookOption,
    TopOption,
    WorkspaceOption,
)
from bddseg_tui.tui.cli.output import note, print_json, say, write

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.retrieval_outputs import Answer, CandidateImage

_TOLD_S = (3, 10, 30, *range(60, 3600, 60))
"""Seconds of waiting after which a line says so."""


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.command(rich_help_panel=panel)(ask)


def ask(
    question: Annotated[
        str, typer.Argument(metavar="QUESTION", help="Such as 'I drive through the forest, is there traffic?'")
    ],
    image: Annotated[
        Path | None,
        typer.Option(
            "--image",
            metavar="IMAGE",
            parser=typed_path,
            help="Ask about this image; search for none.",
            show_default=False,
        ),
    ] = None,
    data: DataOption = None,
    filter_text: FilterOption = "",
    top: TopOption = None,
    second_look: SecondLookOption = None,
    facts: Annotated[bool, typer.Option("--facts", help="Tell LLaVA the classes and shares of the mask.")] = False,
    llava: Annotated[str | None, typer.Option(help="demo, a folder, or a hub name.", show_default=False)] = None,
    clip: Annotated[
        str | None,
        typer.Option(
            help="demo, a folder, or MODEL/WEIGHTS.", show_default=False, autocompletion=completions.index_models
        ),
    ] = None,
    server: Annotated[
        str | None, typer.Option(metavar="URL", help="An OpenAI-compatible server.", show_default=False)
    ] = None,
    server_model: Annotated[str | None, typer.Option(help="The model's name there.", show_default=False)] = None,
    download: DownloadOption = False,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Ask a question: LLaVA names what to look for, CLIP finds the image, LLaVA answers looking at it."""
    engine = open_engine(workspace)
    collection = open_dataset(engine, data, scan=bool(filter_text.strip()) or facts)
    named = {"llava": llava, "clip": clip, "server": server, "server_model": server_model, "second_look": second_look}
    changes: dict[str, Any] = {k: v for k, v in named.items() if v is not None}
    if facts:
        changes["facts"] = True
    if server:
        changes["server"] = server_address(server)
        if changes["server"] != server:
            note(f"asking {shown_address(changes['server'])}")
    if image is not None and not image.is_file():
        raise UsageError(f"{sanitize_path(image)} is no file")
    answering = engine.retrieval.ask(
        collection,
        question,
        image=None if image is None else str(image.absolute()),
        mode="auto" if image is None else "stay",
        filter_text=filter_text,
        top=top,
        download=download,
        **changes,
    )
    told = _follow(question, answering, json)
    if odd := engine.retrieval.client.left_out.tell("line", "the retriever"):
        note(odd)
    if json:
        print_json(told)
    if told["doubt"] and not json:
        note(told["doubt"])
    if told["problem"] and told["complete"]:
        note(told["problem"])
    elif told["problem"]:
        raise BddsegError(told["problem"])


def _follow(question: str, answering: Answering[AnsweredEvent], as_json: bool) -> "Answer":
    """Prints the steps as they happen; returns what `--json` prints."""
    anchors: list[str] = []
    fallback = ""
    candidates: list[CandidateImage] = []
    speaking = False
    for event in answering:
        match event:
            case LoadingEvent():
                note(f"loading {event.what}")
            case WaitingEvent() if int(event.seconds) in _TOLD_S:
                note(f"waiting for {event.what}, {event.seconds:.0f} s")
            case ThinkingEvent() if int(event.seconds) in _TOLD_S:
                note(f"the model is thinking, {event.seconds:.0f} s")
            case AnchorsEvent():
                anchors, fallback = list(event.anchors), event.fallback
                if not as_json:
                    say("anchors  " + "; ".join(anchors))
                    if fallback:
                        note(f"         ({fallback}: searching with the question itself)")
            case CandidatesEvent():
                candidates = [candidate_image(item) for item in event.items]
            case ImageEvent() if not as_json:
                say(f"image    {sanitize_path(event.path)}")
            case TokenEvent() if not as_json:
                write(("" if speaking else "answer   ") + event.text.replace("\n", " "))
                speaking = True
            case UnsaidEvent() | AnsweredEvent() | FailedEvent() if speaking:
                say()
                speaking = False
        match event:
            case AnsweredEvent():
                return {
                    "question": sanitize(question),
                    "anchors": anchors,
                    "fallback": fallback,
                    "image": None if event.path is None else sanitize_path(event.path),
                    "score": event.score,
                    "confidence": event.confidence,
                    "fits": event.fits,
                    "doubt": event.doubt,
                    "answer": event.answer,
                    "candidates": candidates,
                    "timings": event.timings,
                    "problem": event.problem,
                    "complete": event.complete,
                }
            case FailedEvent():
                raise BddsegError(event.message)
    raise BddsegError("the question was given up")

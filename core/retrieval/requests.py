"""The requests of the retriever, a frozen message for each. Texts are as they were typed, file names as they are."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from bddseg_tui.core.files.records import FileName
from bddseg_tui.core.retrieval.options import Retrieval

Mode = Literal["auto", "search", "stay", "blind"]
"""Whether a question may stay on its image, has to find another by its anchors, stays, or stays and is not shown it."""
Top = Annotated[int, Field(ge=1, le=100_000)]


@dataclass(frozen=True, kw_only=True)
class Setup:
    """The settings, where dataset, catalog and index lie, and whether a model may be downloaded."""

    options: Retrieval
    root: FileName
    catalog: FileName
    index: FileName
    download: bool = False


@dataclass(frozen=True, kw_only=True)
class LoadRequest:
    """Loads index and models, so that the first question need not wait for them."""

    setup: Setup
    do: Literal["load"] = "load"


@dataclass(frozen=True, kw_only=True)
class SearchRequest:
    """Phrases, an image to find others like (`like`: a path, relative to the dataset for one of its own), or both."""

    setup: Setup
    text: str
    like: str
    filter: str
    evaluation: str | None
    top: Top
    do: Literal["search"] = "search"


@dataclass(frozen=True, kw_only=True)
class AskRequest:
    """A question; `index.query.Ask` says what its fields are."""

    setup: Setup
    question: str
    image: FileName | None
    anchors: tuple[str, ...]
    history: tuple[tuple[str, str], ...]
    mode: Mode
    filter: str
    evaluation: str | None
    top: Top
    do: Literal["ask"] = "ask"


@dataclass(frozen=True, kw_only=True)
class CancelRequest:
    """Gives up the request of the same number."""

    do: Literal["cancel"] = "cancel"


@dataclass(frozen=True, kw_only=True)
class EndRequest:
    """Ends a shared retriever, whoever else speaks with it. It has no number, and no answer but the end."""

    do: Literal["end"] = "end"


Work = LoadRequest | SearchRequest | AskRequest
"""What is worked on, one after the other."""
Request = Work | CancelRequest | EndRequest

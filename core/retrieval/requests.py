"""The requests of the retriever, by kind: what each must have. Texts are as they were typed, file names as they are."""

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from bddseg_tui.core.files.records import Count, FileName, checked

Top = Annotated[int, Field(ge=1, le=100_000)]


class Setup(TypedDict):
    """The settings (see `core.retrieval.options`), and where dataset, catalog and index lie."""

    clip: str
    llava: str
    server: str
    server_model: str
    quantise: str
    fusion: str
    facts: bool
    milvus: str
    device: str
    answer_tokens: Top
    thinking_tokens: Count
    root: FileName
    catalog: FileName
    index: FileName
    download: bool


class LoadRequest(TypedDict):
    """Loads index and models, so that the first question need not wait for them."""

    id: Count
    do: Literal["load"]
    setup: Setup


class SearchRequest(TypedDict):
    """Phrases, an image to find others like (`like`: a path, relative to the dataset for one of its own), or both."""

    id: Count
    do: Literal["search"]
    setup: Setup
    text: str
    like: str
    filter: str
    evaluation: str | None
    top: Top


class AskRequest(TypedDict):
    """A question; see `index.pipeline.Ask`."""

    id: Count
    do: Literal["ask"]
    setup: Setup
    question: str
    image: FileName | None
    anchors: list[str]
    history: list[tuple[str, str]]
    mode: Literal["auto", "search", "stay"]
    filter: str
    evaluation: str | None
    top: Top


class CancelRequest(TypedDict):
    """Gives up the request of this number."""

    id: Count
    do: Literal["cancel"]


Request = LoadRequest | SearchRequest | AskRequest
_REQUEST: TypeAdapter[Request | CancelRequest] = TypeAdapter(
    Annotated[Request | CancelRequest, Field(discriminator="do")]
)


def check_request(raw: Any) -> Request | CancelRequest:
    """A decoded line as its model has it.

    Raises:
        RecordError: it is of no known kind, or lacks what its kind must have.
    """
    return checked(_REQUEST, raw)

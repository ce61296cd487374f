"""A chat as Markdown, with the pictures that it is about beside it."""

import re
import shutil
from pathlib import Path

from bddseg_tui.core.files.atomic import replacing, write_text
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.owned_folder import own
from bddseg_tui.core.files.path_component import inside
from bddseg_tui.core.markdown import markdown, markdown_code, markdown_lines
from bddseg_tui.core.retrieval.chats import Chat


def export_markdown(chat: Chat, root: Path, to: Path) -> Path:
    """Writes a chat as `chat.md` into the folder `to`; pictures of a chat that was exported there before are deleted.

    Raises:
        BddsegError: the folder cannot be written, or holds files of these names that no export made.
    """
    names = _names(chat, root)
    folder = own(to, "chats --export")
    folder.claim(["chat.md", *(f"images/{name}" for name in names.values())])
    try:
        kept = {"chat.md", *(f"images/{name}" for image, name in names.items() if _copy(root, image, to, name))}
        write_text(to / "chat.md", _text(chat, {i: n for i, n in names.items() if f"images/{n}" in kept}))
    except OSError as error:
        raise disk_error(error, to) from error
    folder.done(kept)
    folder.delete([name for name in folder.made() if name not in kept])
    return to / "chat.md"


def _names(chat: Chat, root: Path) -> dict[str, str]:
    """What each picture is called in the export: images of several folders may share a name."""
    names: dict[str, str] = {}
    for turn in chat.turns:
        if turn.image is not None and turn.image not in names and inside(root, turn.image) is not None:
            path = Path(turn.image)
            safe = re.sub(r"[^A-Za-z0-9_-]", "_", path.stem)[:100]
            suffix = re.sub(r"[^A-Za-z0-9.]", "", path.suffix)[:10]
            plain = f"{safe}{suffix}"
            names[turn.image] = plain if plain not in names.values() else f"{safe}-{len(names) + 1}{suffix}"
    return names


def _copy(root: Path, image: str, to: Path, name: str) -> bool:
    """Whether the picture is still there.

    Raises:
        OSError: it is, and cannot be written.
    """
    source = root / image
    if not source.is_file():
        return False
    (to / "images").mkdir(exist_ok=True)
    with source.open("rb") as file, replacing(to / "images" / name, durable=False) as copy:
        shutil.copyfileobj(file, copy)
    return True


def _text(chat: Chat, names: dict[str, str]) -> str:
    lines = [f"# {markdown(chat.title)}", ""]
    if chat.dataset:
        lines += [f"Dataset: {markdown(chat.dataset)}", ""]
    for turn in chat.turns:
        lines += [f"## {markdown(turn.question)}", ""]
        if turn.anchors:
            lines += ["Anchors: " + ", ".join(filter(None, map(markdown_code, turn.anchors))), ""]
        if turn.image in names:
            lines += [f"![{markdown(Path(turn.image).stem)}](images/{names[turn.image]})", ""]
        elif turn.image is not None:
            lines += [f"({markdown(turn.image)} is gone)", ""]
        if turn.problem:
            lines += [f"*{markdown(turn.problem)}*", ""]
        lines += [markdown_lines(turn.answer), ""]
    return "\n".join(lines)

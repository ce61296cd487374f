"""The chats that are on the disk: choosing, searching, deleting and exporting them."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from rich.text import Text
from textual import work
from textual.message import Message
from textual.widget import Widget
from textual.worker import Worker

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.files.typed_path import suggested, typed_path
from bddseg_tui.core.retrieval.chat_search import ChatSearch, ChatSummary
from bddseg_tui.core.retrieval.chats import Chat
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.tui.shared.attempt import attempt
from bddseg_tui.tui.shared.choose import ChooseScreen
from bddseg_tui.tui.shared.prompt import ConfirmScreen, PromptScreen
from bddseg_tui.tui.shared.worker_errors import tell_failure


class SavedChats(Widget):
    """What can be done with chats on the disk. Shows dialogs alone: it posts what became of them."""

    DEFAULT_CSS = "SavedChats { display: none; }"

    class Chosen(Message):
        """A chat is to be shown."""

        def __init__(self, chat: Chat) -> None:
            super().__init__()
            self.chat = chat

    class Deleted(Message):
        """A chat is gone from the disk."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine

    @work(exclusive=True, group="chats", exit_on_error=False)
    async def offer(self, collection: Collection) -> None:
        """Lists the chats about the dataset; typing searches all that was said in them."""

        def read() -> tuple[ChatSearch, list[ChatSummary]]:
            search = self._engine.chats.search(collection.dataset.root)
            return search, search.all()

        search, chats = await asyncio.to_thread(read)
        if not chats:
            self.notify("no chats yet: ask something", timeout=3)
            return

        def find(text: str, cancelled: Callable[[], bool]) -> list[tuple[str | Text, ChatSummary]]:
            return [(_line(chat), chat) for chat in search.find(text, cancelled)]

        def chosen(found: ChatSummary | None) -> None:
            if found is not None:
                self._read(found.path)

        choices: list[tuple[str | Text, ChatSummary]] = [(_line(chat), chat) for chat in chats]
        self.app.push_screen(ChooseScreen("Chats: type to search all that was said", choices, search=find), chosen)

    @work(exclusive=True, group="read", exit_on_error=False)
    async def _read(self, path: Path) -> None:
        if (chat := await attempt(self, lambda: self._engine.chats.read(path))) is not None:
            self.post_message(self.Chosen(chat))

    def delete(self, chat: Chat) -> None:
        """Deletes a chat, if the person is sure."""

        def answered(sure: bool | None) -> None:
            if sure:
                self._delete(chat)

        self.app.push_screen(ConfirmScreen(f"Delete “{chat.title}”?", "It cannot be brought back."), answered)

    @work(group="delete", exit_on_error=False)
    async def _delete(self, chat: Chat) -> None:
        def delete() -> bool:
            self._engine.chats.delete(chat)
            return True

        if await attempt(self, delete):
            self.post_message(self.Deleted())

    def export(self, chat: Chat, collection: Collection) -> None:
        """Asks for a folder and writes the chat into it."""

        def named(folder: str | None) -> None:
            if folder:
                self._export(chat, collection.dataset.root, folder)

        title, suggestion = "Write this chat as Markdown into the folder", suggested(chat.path.stem)
        self.app.push_screen(PromptScreen(title, "", suggestion), named)

    @work(group="export", exit_on_error=False)
    async def _export(self, chat: Chat, root: Path, folder: str) -> None:
        file = await attempt(self, lambda: self._engine.chats.export(chat, root, typed_path(folder)))
        if file is not None:
            self.notify(f"written to {sanitize_path(file)}", markup=False)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)


def _line(chat: ChatSummary) -> Text:
    """When and what about, and what is said around the words that were searched for."""
    when = time.strftime("%d %b %H:%M", time.localtime(chat.created))
    line = Text(f"{when}  {chat.title}", no_wrap=True, overflow="ellipsis")
    line.append(f"  {chat.said}" if chat.said else "", "dim")
    return line

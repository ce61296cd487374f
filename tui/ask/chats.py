"""The chats that the Ask pane keeps: choosing, searching, deleting and exporting them."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.text import Text

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.typed_path import suggested, typed_path
from bddseg_tui.core.retrieval.chat_search import ChatSearch, ChatSummary
from bddseg_tui.core.retrieval.chats import Chat
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.tui.shared.choose import ChooseScreen
from bddseg_tui.tui.shared.prompt import ConfirmScreen, PromptScreen

if TYPE_CHECKING:
    from bddseg_tui.tui.ask.pane import ChatPane


class ChatFiles:
    """What can be done with chats on disk."""

    def __init__(self, pane: "ChatPane") -> None:
        self._pane = pane

    def offer(self) -> None:
        """Lists the chats about the dataset; typing searches all that was said in them."""
        pane, collection = self._pane, self._pane.collection
        if collection is None:
            return

        def work() -> None:
            search = pane.service.chat_search(collection.dataset.root)
            pane.app.call_from_thread(self._choose, search, search.all())

        pane.run_worker(work, thread=True, exclusive=True, group="chats", exit_on_error=False)

    def _choose(self, search: ChatSearch, chats: list[ChatSummary]) -> None:
        pane = self._pane
        if not chats:
            pane.notify("no chats yet: ask something", timeout=3)
            return

        def find(text: str, cancelled: Callable[[], bool]) -> list[tuple[str | Text, ChatSummary]]:
            return [(_line(c), c) for c in search.find(text, cancelled)]

        def chosen(found: ChatSummary | None) -> None:
            if found is not None:
                pane.run_worker(lambda: work(found), thread=True, exclusive=True, group="chats", exit_on_error=False)

        def work(found: ChatSummary) -> None:
            if (chat := pane.service.chat(found.path)) is not None:
                pane.app.call_from_thread(pane.show_chat, chat)  # type: ignore[arg-type]

        title = "Chats: type to search all that was said"
        choices: list[tuple[str | Text, ChatSummary]] = [(_line(c), c) for c in chats]
        pane.app.push_screen(ChooseScreen(title, choices, search=find), chosen)

    def delete(self, chat: Chat) -> None:
        """Deletes a chat, if the person is sure."""

        def answered(sure: bool | None) -> None:
            if sure:
                self._pane.run_worker(work, thread=True, group="chats", exit_on_error=False)

        def work() -> None:
            pane = self._pane
            try:
                pane.service.delete_chat(chat)
            except BddsegError as error:
                told = sanitize(str(error))
                pane.app.call_from_thread(lambda: pane.notify(told, severity="error", markup=False))
            else:
                pane.app.call_from_thread(pane.action_new_chat)

        self._pane.app.push_screen(ConfirmScreen(f"Delete “{chat.title}”?", "It cannot be brought back."), answered)

    def export(self, chat: Chat) -> None:
        """Asks for a folder and writes the chat into it."""
        pane, collection = self._pane, self._pane.collection
        if collection is None:
            return
        root = collection.dataset.root

        def work(to: str) -> None:
            try:
                file = pane.service.export(chat, root, typed_path(to))
            except BddsegError as error:
                text, severity = sanitize(str(error)), "error"
            else:
                text, severity = f"written to {sanitize_path(file)}", "information"
            pane.app.call_from_thread(lambda: pane.notify(text, severity=severity, markup=False))  # type: ignore[arg-type]

        def named(folder: str | None) -> None:
            if folder:
                pane.run_worker(lambda: work(folder), thread=True, group="export", exit_on_error=False)

        suggestion = suggested(chat.path.stem)
        pane.app.push_screen(PromptScreen("Write this chat as Markdown into the folder", "", suggestion), named)


def _line(chat: ChatSummary) -> Text:
    """When and what about, and what is said around the words that were searched for."""
    when = time.strftime("%d %b %H:%M", time.localtime(chat.created))
    line = Text(f"{when}  {chat.title}", no_wrap=True, overflow="ellipsis")
    line.append(f"  {chat.said}" if chat.said else "", "dim")
    return line

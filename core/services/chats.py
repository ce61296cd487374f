"""Chats: the questions about a dataset that were asked in the app, with their answers."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bddseg_tui.core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from bddseg_tui.core.retrieval.chat_search import ChatSearch
    from bddseg_tui.core.retrieval.chats import Chat, Turn


@dataclass(frozen=True)
class ChatService:
    """The chats of one workspace. All methods block."""

    workspace: Workspace

    def find(self, root: Path, text: str = "") -> "list[Chat]":
        """The chats about a dataset that say this text, newest first."""
        from bddseg_tui.core.retrieval.chats import list_chats

        return list_chats(self.workspace.chats_about(root), text)

    def search(self, root: Path) -> "ChatSearch":
        """A list of the chats about a dataset by their first lines, and a search through them as letters are typed."""
        from bddseg_tui.core.retrieval.chat_search import ChatSearch

        return ChatSearch(self.workspace.chats_about(root))

    def read(self, path: Path) -> "Chat | None":
        """One chat, whole; None where it is gone."""
        from bddseg_tui.core.retrieval.chats import read_chat

        return read_chat(path)

    def new(self, root: Path) -> "Chat":
        """A chat that is not on disk before its first turn."""
        from bddseg_tui.core.retrieval.chats import new_chat

        return new_chat(self.workspace.chats_about(root), root)

    def keep(self, chat: "Chat", turn: "Turn") -> "Chat":
        """Writes a turn to disk."""
        from bddseg_tui.core.retrieval.chats import append_turn

        return append_turn(chat, turn)

    def delete(self, chat: "Chat") -> None:
        """Takes a chat off the disk."""
        from bddseg_tui.core.retrieval.chats import delete_chat

        delete_chat(chat)

    def export(self, chat: "Chat", root: Path, to: Path) -> Path:
        """Writes a chat as Markdown with its pictures; returns the file."""
        from bddseg_tui.core.retrieval.chat_export import export_markdown

        return export_markdown(chat, root, to)

"""The line above the conversation: the chat, the index, the models, and what is being loaded."""

from bddseg_tui.core.retrieval.chats import Chat
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.ask.index_watch import IndexState


def head_line(chat: Chat | None, index: IndexState, filter_text: str, doing: str = "") -> str:
    """What is asked of whom, in one line; what changes most comes first."""
    options = index.options
    words = [doing] if doing else []
    words.append(chat.title if chat and chat.turns else "new chat")
    words += [f"only {filter_text}"] if filter_text else []
    if index.manifest is not None:
        words.append(f"{index.manifest.count:,} images")
    words.append(f"CLIP {sanitize(options.clip)}")
    words.append(f"server {sanitize(options.server)}" if options.server else f"LLaVA {sanitize(options.llava)}")
    return "   ".join(words)

"""The keys of the Ask pane and its screens."""

from bddseg_tui.tui.shared.commands import FORM, SIDES, Command

ASK = (
    Command(
        "type",
        "i,slash",
        "Type",
        "Write a question; Enter sends it, ^j breaks the line, ↑ brings old ones.",
        True,
        "i",
    ),
    Command("new_chat", "n", "New chat", "Begin a new chat; the old one is kept.", True),
    Command("chats", "c", "Chats", "Choose, search or delete an old chat.", True),
    Command("delete_chat", "X", "Delete chat", "Take this chat off the disk."),
    Command("filter", "F", "Filter", "Search only among the images that a filter leaves."),
    Command("export", "x", "Export", "Write the chat as Markdown with its images into a folder."),
    Command("build_index", "b", "Build index", "Embed the images of this dataset that are new or changed."),
    Command("stop_build", "B", "Stop building", "Stop building the index; b goes on where it stopped."),
    Command("settings", "S", "Settings", "Choose models, server and how to search."),
    Command("stop", "escape", "Stop", "Stop the answer that is being written."),
    *SIDES,
)

TURN = (
    Command("look_at", "enter", "Ask this", "Ask the question again about the candidate that is looked at.", True),
    Command("candidate(1)", "right,l", "Candidate", "Look at the next candidate.", True, "→"),
    Command("candidate(-1)", "left,h", "Previous candidate", "Look at the candidate before.", False, "←"),
    Command("step(1)", "down,j", "Next question", "Go to the next question.", False, "j"),
    Command("step(-1)", "up,k", "Previous question", "Go to the question before.", False, "k"),
    Command("edit_anchors", "e", "Anchors", "Edit the anchors and search again.", True),
    Command("retry", "r", "Retry", "Ask this question again.", True),
    Command("search_anew", "a", "Search anew", "Ask this question again with a new search, whatever the topic."),
    Command(
        "second_look",
        "L",
        "Second look",
        "Ask this question again: LLaVA says of each of the best candidates whether it fits, before one is chosen.",
    ),
    Command("copy", "y", "Copy", "Copy the answer.", True),
    Command("open_in_dataset", "o", "Open", "Show the picture in the Dataset pane.", True),
    Command("full_picture", "f", "Full screen", "Show the image alone."),
)

QUESTION = (
    Command("send", "enter", "Send", "Ask.", True),
    Command("newline", "ctrl+j", "New line", "Break the line.", True, "^j"),
    Command("leave", "escape", "Keys", "Go to the conversation, where letters are keys.", True),
    Command("older", "up", "Older", "Bring back what was asked before."),
    Command("newer", "down", "Newer", "Bring back what was asked after that."),
)

PICTURE = (Command("app.pop_screen", "escape,f,q,enter", "Back", "Go back to the conversation.", True),)

SETTINGS = (*FORM, Command("save", "ctrl+s,f5", "Save", "Keep the settings.", True, priority=True))

GROUPS = (
    ("Ask", ASK),
    ("Ask: a turn", TURN),
    ("Ask: a question", QUESTION),
    ("Ask: full screen", PICTURE),
    ("Ask: settings", SETTINGS),
)

"""Every command of the app, once: keys, footer, command palette and help are all made from this table.

A command is run by the action of its name: `Command("view_mask", ...)` runs `action_view_mask` of the app, screen or
pane that lists it. Keys avoid ctrl+a and ctrl+b, which tmux and screen take, and alt, which ssh sends as Escape.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.binding import Binding, BindingType


@dataclass(frozen=True)
class Command:
    """`keys` is Textual's comma list; `label` is the footer's word or two; `help` is a sentence.

    A `priority` key is obeyed before the next key is looked at, so that what is typed right behind it, or arrives
    with it in one packet, goes where it leads.
    """

    action: str
    keys: str
    label: str
    help: str
    footer: bool = False
    shown_key: str | None = None
    priority: bool = False


def bindings(commands: Sequence[Command]) -> list[BindingType]:
    """The commands as Textual bindings."""
    return [
        Binding(c.keys, c.action, c.label, show=c.footer, key_display=c.shown_key, tooltip=c.help, priority=c.priority)
        for c in commands
    ]


APP = (
    Command("show('dataset')", "1", "Dataset", "Browse images, masks and predictions."),
    Command("show('train')", "2", "Train", "Start runs and watch them."),
    Command("show('evaluate')", "3", "Evaluate", "Read and compare evaluations."),
    Command("show('chat')", "4", "Ask", "Ask questions; an image that fits is found and looked at."),
    Command("help", "question_mark,f1", "Help", "Show every key.", True, "?"),
    Command("command_palette", "ctrl+p,colon", "Commands", "Search every command.", False, "^p"),
    Command("open_dataset", "O", "Open", "Open another dataset, or draw the demo."),
    Command("workspace", "W", "Workspace", "See what takes room in the workspace, and free it."),
    Command("cycle_images", "I", "Images", "Draw pictures as half-blocks, Sixel, Kitty or not at all."),
    Command("toggle_theme", "D", "Dark/light", "Switch between the dark and the light theme."),
    Command("quit", "q", "Quit", "Leave; training runs go on.", True),
)

DATASET = (
    Command(
        "filter",
        "slash",
        "Filter",
        "Filter: split:val class:bus>1% has:rider tag:night name:7d06 missed:rider iou<30%.",
        True,
        "/",
        True,
    ),
    Command("sort", "s", "Sort", "Sort by name, a class's share, or an evaluation's figures.", True),
    Command("next_split", "tab", "Split", "Go through all samples, train, val and test."),
    Command("view('image')", "i", "Image", "Show the photograph."),
    Command("view('mask')", "m", "Mask", "Show the mask in class colours."),
    Command("view('overlay')", "o", "Overlay", "Lay the mask over the photograph."),
    Command("view('prediction')", "p", "Prediction", "Show what the chosen evaluation predicted."),
    Command("view('error')", "e", "Errors", "Show where the prediction is wrong (red) and right (green)."),
    Command("next_view", "v", "View", "Go through image, mask, overlay, prediction and errors.", True),
    Command("opacity(0.1)", "plus,equals_sign", "More mask", "Make the overlay stronger.", False, "+"),
    Command("opacity(-0.1)", "minus", "Less mask", "Make the overlay weaker.", False, "-"),
    Command(
        "highlight(1)", "right_square_bracket", "Next class", "Highlight the next class of this image.", False, "]"
    ),
    Command("highlight(-1)", "left_square_bracket", "Previous class", "Highlight the class before.", False, "["),
    Command("pick_class", "c", "Class", "Highlight one class, or none.", True),
    Command("fullscreen", "f,enter", "Full screen", "Show the picture alone.", True, "f"),
    Command("more_like", "M", "More like this", "Show the images most like this one."),
    Command("results", "V", "Results", "Show what a search by meaning found as a grid with scores."),
    Command("tag", "t", "Tag", "Give this sample a tag, or take it away.", True),
    Command("pick_evaluation", "E", "Predictions", "Choose whose predictions and scores are shown."),
    Command(
        "stats",
        "S",
        "Statistics",
        "Show each class's share of pixels and its images, of the split that is filtered for.",
    ),
    Command("check", "C", "Check", "Open every file of the dataset and list what is wrong."),
    Command("rescan", "R", "Rescan", "Read what changed on disk."),
    Command("clear", "escape", "Clear", "Clear the filter and the highlight."),
)

TRAIN = (
    Command("new_run", "n", "New", "Configure and start a training run.", True),
    Command("stop_run", "s", "Stop", "Checkpoint and end the chosen run.", True),
    Command("resume_run", "r", "Resume", "Go on with the chosen run from its last checkpoint.", True),
    Command("delete_run", "x", "Delete", "Delete the chosen run.", True),
    Command("evaluate_run", "e", "Evaluate", "Evaluate the chosen run on the validation images.", True),
    Command("predict", "p", "Predict", "Predict a split, a folder of images or a video with the chosen run."),
    Command("export", "X", "Export", "Export the chosen run as ONNX, TorchScript, for SMP or for the Hub."),
    Command("pin", "space", "Overlay", "Lay this run's curves over the others.", True),
    Command("next_chart", "v", "Chart", "Go through loss, mIoU, class IoU, learning rate, speed and memory.", True),
    Command("log_scale", "l", "Log", "Logarithmic or linear scale."),
    Command("smooth", "m", "Smooth", "Show the training curve smoothed, or raw alone."),
    Command("zoom(1)", "plus,equals_sign", "Zoom in", "Zoom into the end of the chart.", False, "+"),
    Command("zoom(-1)", "minus", "Zoom out", "Zoom out.", False, "-"),
    Command("pan(-1)", "left,h", "Pan left", "Move the zoomed chart to earlier steps."),
    Command("pan(1)", "right", "Pan right", "Move the zoomed chart to later steps."),
    Command("reset_zoom", "0", "Whole chart", "Show all steps."),
    Command("show_log", "L", "Log file", "Show the end of the run's log and its settings."),
)

EVALUATE = (
    Command("new_evaluation", "n", "New", "Evaluate a run: choose checkpoint and split.", True),
    Command("next_view", "v", "View", "Go through pixels by class, classes found in images, and slices.", True),
    Command("matrix", "m", "Matrix", "Show what is taken for what: pixels, or classes found in images.", True),
    Command("threshold", "t", "Threshold", "Set from how many pixels, or which share, on a class is present."),
    Command("sort_table", "s", "Sort", "Sort the class table by the next column.", True),
    Command("compare", "c", "Compare", "Set a second evaluation beside this one.", True),
    Command("changes", "d", "Changes", "List the images by how much they changed against the compared evaluation."),
    Command("settings_diff", "S", "Settings", "Show the settings in which the two compared runs differ."),
    Command("report", "p", "Report", "Write a report as one HTML page, with the compared evaluation if there is one."),
    Command("toggle_order", "w", "Worst/best", "List the worst or the best images first.", True),
    Command("next_list", "tab", "Next list", "Move between evaluations, classes and images."),
    Command("open_image", "enter", "Open image", "Show image, actual and predicted side by side.", False),
    Command("delete_evaluation", "x", "Delete", "Delete the chosen evaluation.", False),
)

CHAT = (
    Command(
        "type",
        "i,slash",
        "Type",
        "Write a question; Enter sends it, ^j breaks the line, ↑ brings old ones.",
        True,
        "i",
    ),
    Command("look_at", "enter", "Ask this", "Ask the question again about the candidate that is chosen.", True),
    Command("candidate(1)", "right,l", "Next candidate", "Choose the next candidate.", False, "→"),
    Command("candidate(-1)", "left,h", "Previous candidate", "Choose the candidate before.", False, "←"),
    Command("step(1)", "down,j", "Next question", "Go to the next question.", False, "j"),
    Command("step(-1)", "up,k", "Previous question", "Go to the question before.", False, "k"),
    Command("edit_anchors", "e", "Anchors", "Edit the anchors and search again.", True),
    Command("retry", "r", "Retry", "Ask this question again.", True),
    Command("search_anew", "a", "Search anew", "Ask this question again with a new search, whatever the topic."),
    Command("copy", "y", "Copy", "Copy the answer.", True),
    Command("open_in_dataset", "o", "Open", "Show the image in the Dataset pane.", True),
    Command("full_picture", "f", "Full screen", "Show the image alone."),
    Command("new_chat", "n", "New chat", "Begin a new chat; the old one is kept.", True),
    Command("chats", "c", "Chats", "Choose, search or delete an old chat.", True),
    Command("delete_chat", "X", "Delete chat", "Take this chat off the disk."),
    Command("filter", "F", "Filter", "Search only among the images that a filter leaves."),
    Command("export", "x", "Export", "Write the chat as Markdown with its images into a folder."),
    Command("build_index", "b", "Build index", "Embed the images of this dataset that are new or changed."),
    Command("stop_build", "B", "Stop building", "Stop building the index; b goes on where it stopped."),
    Command("settings", "S", "Settings", "Choose models, server and how to search."),
    Command("stop", "escape", "Stop", "Stop the answer that is being written."),
)

GROUPS = (("Everywhere", APP), ("Dataset", DATASET), ("Train", TRAIN), ("Evaluate", EVALUATE), ("Ask", CHAT))
LIST_KEYS = "j/k or arrows move, g and G go to the ends, PageUp and PageDown page, Enter opens, Escape goes back"

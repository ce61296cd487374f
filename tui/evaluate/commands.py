"""The keys of the Evaluate pane and its screens."""

from bddseg_tui.tui.shared.commands import SIDES, Command
from bddseg_tui.tui.shared.zoom_keys import ARROWS, ZOOM

EVALUATE = (
    Command("new_evaluation", "n", "New", "Evaluate a run: choose checkpoint and split.", True),
    Command("next_view", "v", "View", "Go through pixels by class, classes found in images, and slices.", True),
    Command("matrix", "m", "Matrix", "Show what is taken for what: pixels, or classes found in images.", True),
    Command("threshold", "t", "Threshold", "Set from how many pixels, or which share, on a class is present."),
    Command("sort_table", "s", "Sort", "Sort the class table by the next column, what is worst first.", True),
    Command("reverse_table", "r", "Reverse", "Turn the order of the class table round."),
    Command("diagnose", "y", "Why", "Say for every class why its IoU is what it is.", True),
    Command("robustness", "C", "Corrupted", "Show mIoU on images spoilt by fog, rain, night ..., or measure it."),
    Command("compare", "c", "Compare", "Set a second evaluation beside this one.", True),
    Command("changes", "d", "Changes", "List the images by how much they changed against the compared evaluation."),
    Command("settings_diff", "S", "Settings", "Show the settings in which the two compared runs differ."),
    Command("report", "p", "Report", "Write a report as one HTML page, with the compared evaluation if there is one."),
    Command("open_report", "o", "Open report", "Open the report in a browser or, over SSH, copy its path."),
    Command("toggle_order", "w", "Worst/best", "List the worst or the best images first.", True),
    Command("next_list", "tab", "Next list", "Move between evaluations, classes and images."),
    Command("open_image", "enter", "Open", "Open a class (its worst images), or an image side by side.", False),
    Command("delete_evaluation", "x", "Delete", "Delete the chosen evaluation.", False),
    *SIDES,
)

IMAGE_LIST = (
    Command("leave", "escape", "Classes", "Go back to the classes, and list the images of all classes.", True),
    Command("views", "v", "Views", "Show the views of the image that there was no room for.", True),
)

IMAGES = (
    Command("app.pop_screen", "escape,q", "Back", "Go back.", True),
    Command("open", "enter", "Side by side", "Show the image beside its mask and prediction.", True, priority=True),
    Command("views", "v", "Views", "Show the views that there was no room for.", True),
    Command("dataset", "o", "Dataset", "Show the image in the Dataset pane.", True),
)

SIDE_BY_SIDE = (
    Command("app.pop_screen", "escape,q,enter", "Back", "Go back.", True),
    Command("step(1)", "j,space", "Next", "Go to the next image.", True),
    Command("step(-1)", "k", "Previous", "Go to the image before.", True),
    Command("views", "v,e", "Other views", "Show the mask over the photograph, or beside it alone.", True),
    Command("highlight(1)", "right_square_bracket", "Class", "Highlight the next class of the image.", True, "]"),
    Command("highlight(-1)", "left_square_bracket", "Class before", "Highlight the class before.", False, "["),
    Command("pick_class", "c", "Choose class", "Highlight one class, or none."),
    Command("dataset", "o", "Dataset", "Show the image in the Dataset pane.", True),
    *ZOOM,
    *ARROWS,
)

MATRIX = (
    Command("app.pop_screen", "escape,q", "Back", "Go back.", True),
    Command("open", "enter", "Images", "List the images behind the cell.", True),
    Command("normalise", "n", "Normalise", "Shares of rows, of columns, or of the largest count.", True),
    Command("kind", "v", "Pixels/labels", "Count pixels, or classes found in images.", True),
)

DIAGNOSIS = (
    Command("app.pop_screen", "escape,q", "Back", "Go back.", True),
    Command("open", "enter", "Images", "List the images of the class, the worst first.", True, priority=True),
    Command("parts", "v", "Parts", "Show recall and IoU by size, height and brightness, or the reasons.", True),
    Command("copy", "y", "Copy", "Copy the whole diagnosis as text, for a bug report.", True),
)

HEATMAP = (
    Command("move(0, -1)", "h,left", "Left", "Go to the cell on the left."),
    Command("move(0, 1)", "l,right", "Right", "Go to the cell on the right."),
    Command("move(-1, 0)", "k,up", "Up", "Go up by a cell."),
    Command("move(1, 0)", "j,down", "Down", "Go down by a cell."),
    Command("edge(-1)", "home,0", "First", "Go to the row's first cell."),
    Command("edge(1)", "end,dollar_sign", "Last", "Go to the row's last cell."),
    Command("diagonal", "g", "Diagonal", "Go to the row's cell on the diagonal."),
)

GROUPS = (
    ("Evaluate", EVALUATE),
    ("Evaluate: images of a class", IMAGE_LIST),
    ("Evaluate: a list of images", IMAGES),
    ("Evaluate: side by side", SIDE_BY_SIDE),
    ("Evaluate: a matrix", MATRIX + HEATMAP),
    ("Evaluate: why each class is so", DIAGNOSIS),
)

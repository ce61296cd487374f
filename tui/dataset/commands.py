"""The keys of the Dataset pane and its screens."""

from bddseg_tui.tui.shared.commands import SIDES, Command
from bddseg_tui.tui.shared.zoom_keys import ARROWS, ZOOM

MARKS = (
    Command("tag", "t", "Tag", "Give the marked samples, or this one, a tag; one that all have is taken away.", True),
    Command("mark", "space", "Mark", "Mark this sample, or no more, and go on to the next.", True),
    Command("mark_range", "r", "Mark to here", "Mark all from the sample that was marked last to this one."),
    Command("mark_all", "a", "Mark all", "Mark all that the filter leaves, or let go of them where all are marked."),
    Command("tag_again", "T", "Same tag", "Give them the tag that was used last, or take it away."),
    Command("exclude", "X", "Exclude", "Leave them out of training (the tag exclude), or take them in again."),
    Command("settle_tags(True)", "n", "Accept tags", "Accept tags that a model proposed for them (night?)."),
    Command("settle_tags(False)", "U", "Reject tags", "Take away tags that a model proposed for them."),
    Command("write_list", "y", "Write list", "List the marked samples, or all that are listed, in a file."),
    Command("tag_file", "Y", "Tags in a file", "Write all tags into a new .csv or .json file, or read those of one."),
    Command("take_back", "u", "Take back", "Take back the last change of tags; it says which."),
)
"""Keys that mark samples, and that do something to all that are marked, or to the one at the cursor."""

PAN = (
    Command("arrow(0, 1)", "down", "Move", "Move down in a zoomed image, and likewise with the others.", True, "↑↓←→"),
    Command("arrow(0, -1)", "up", "Move up", "Move up in a zoomed image."),
    Command("arrow(1, 0)", "right", "Move right", "Move to the right in a zoomed image."),
    Command("arrow(-1, 0)", "left", "Move left", "Move to the left in a zoomed image."),
)
_WHOLE = next(c for c in ZOOM if c.action == "zoom(0)")

DATASET = (
    Command(
        "filter",
        "slash",
        "Filter",
        "Filter: split:val class:bus>1% pred:bus>1% has:rider tag:night missed:rider iou<30%.",
        True,
        "/",
        True,
    ),
    Command("sort", "s", "Sort", "Sort by name, a class's share, or an evaluation's figures.", True),
    *PAN,
    _WHOLE,
    *MARKS,
    Command("choose_view", "B", "Saved views", "Show a view that was saved by name."),
    Command("save_view", "N", "Save view", "Save the filter, the order, the view and the evaluation by name."),
    Command("next_split", "tab", "Split", "Go through all samples, train, val and test."),
    Command("view('image')", "i", "Image", "Show the photograph."),
    Command("view('mask')", "m", "Mask", "Show the mask in class colours."),
    Command("view('overlay')", "o", "Overlay", "Lay the mask over the photograph."),
    Command("view('prediction')", "p", "Prediction", "Show what the chosen evaluation predicted."),
    Command("view('error')", "e", "Errors", "Show where the prediction is wrong (striped, red) and right (green)."),
    Command("outcome", "x", "False/missed", "Show where the highlighted class was falsely found (/) or missed (\\)."),
    Command("view('four')", "w", "Four views", "Show image, mask, prediction and errors at once."),
    Command("next_view", "v", "View", "Go through image, mask, overlay, prediction, errors and four views.", True),
    Command("contours", "b", "Borders", "Show the borders of classes in the overlay, or their areas again."),
    Command("opacity(0.1)", "greater_than_sign", "More mask", "Make the overlay stronger.", False, ">"),
    Command("opacity(-0.1)", "less_than_sign", "Less mask", "Make the overlay weaker.", False, "<"),
    *(c for c in ZOOM if c is not _WHOLE),
    Command(
        "highlight(1)", "right_square_bracket", "Next class", "Highlight the next class of this image.", False, "]"
    ),
    Command("highlight(-1)", "left_square_bracket", "Previous class", "Highlight the class before.", False, "["),
    Command("pick_class", "c", "Class", "Highlight one class, or none."),
    Command("fullscreen", "f,enter", "Full screen", "Show the picture alone.", True, "f"),
    Command("more_like", "M", "More like this", "Show the images most like this one."),
    Command("grid", "V", "Grid", "Show what is listed as thumbnails, or as a list again.", True),
    Command("legend", "l", "Legend", "Hide the classes beside the picture, which gets their room, or show them."),
    *SIDES,
    Command("map", "A", "Map", "Show all images on a map, where those that look alike lie together."),
    Command("pick_evaluation", "E", "Predictions", "Choose whose predictions and scores are shown."),
    Command(
        "stats",
        "S",
        "Statistics",
        "Show each class's share of pixels and its images, of the split that is filtered for.",
    ),
    Command("label_errors", "Q", "Label errors", "Look through areas whose label a model contradicts, and judge them."),
    Command("duplicates", "d", "Duplicates", "Show images that are there more than once, or nearly so."),
    Command("places", "P", "Places", "See where classes are in the frame, how val differs from train, what is odd."),
    Command("check", "C", "Check", "Open every file of the dataset and list what is wrong."),
    Command("rescan", "R", "Rescan", "Read what changed on disk."),
    Command(
        "clear", "escape", "Clear", "Show the whole image; then let go of the highlight, the marks, and the filter."
    ),
)

LIST = (
    Command("move(1)", "j", "Down", "Go to the next sample."),
    Command("move(-1)", "k", "Up", "Go to the sample before."),
    Command("along(1)", "down", "Down", "Go to the next sample; in a zoomed image, move down."),
    Command("along(-1)", "up", "Up", "Go to the sample before; in a zoomed image, move up."),
    Command("page(1)", "pagedown,ctrl+d", "Page down", "Go down by a page."),
    Command("page(-1)", "pageup,ctrl+u", "Page up", "Go up by a page."),
    Command("go(0)", "g,home", "First", "Go to the first sample."),
    Command("go(-1)", "G,end", "Last", "Go to the last sample."),
)

FILTER = (
    Command("leave", "escape", "Back to the list", "Go back to the list; the filter stays.", True),
    Command("older", "up", "Filter before", "Show the filter that was used before this one."),
    Command("newer", "down", "Filter after", "Show the filter that was used after; behind the last, go back."),
    Command("complete", "tab", "Complete", "Complete the word.", True, priority=True),
)

_PANE_ONLY = (
    *(c.action for c in SIDES),
    *("fullscreen", "filter", "sort", "next_split", "more_like", "grid", "pick_evaluation", "stats", "check"),
    *("rescan", "clear", "choose_view", "save_view", "legend", "label_errors", "duplicates", "places", "map"),
)
PLACES = (
    Command("next_page", "tab", "Page", "Go through where classes are, how val differs from train, odd images.", True),
    Command("next_split", "s", "Split", "Show the classes of all masks, of train, of val.", True),
    Command("measure", "m", "Measure", "Measure the images that are not measured yet.", True),
    Command("show", "d", "Dataset", "Show the images of the class or by the measure, in the Dataset pane.", True),
    Command("dismiss", "escape,q", "Back", "Go back to the Dataset pane.", True),
)

WORKLIST = (
    Command(
        "judge('confirmed')", "y,c", "Wrong", "Confirm that the label is wrong; go on to the next area.", True, "y"
    ),
    Command("judge('rejected')", "n,x", "Right", "Reject the doubt: the label is right; go on.", True, "n"),
    Command("judge('skipped')", "space", "Skip", "Say nothing of this area, and go on to the next."),
    Command("undo", "u", "Undo", "Take back the verdict that was given last, also one of an earlier day.", True),
    Command("zoom", "z", "Whole image", "Show the whole image, or the area and what is around it.", True),
    Command("view('image')", "i", "Image", "Show the photograph."),
    Command("view('mask')", "m", "Label", "Show the label in class colours."),
    Command("view('overlay')", "o", "Overlay", "Lay the label over the photograph."),
    Command("view('prediction')", "p", "Prediction", "Show what the model says: in the whole image, or in this area."),
    Command("next_view", "v", "View", "Go through image, label, overlay and prediction.", True),
    Command("step(1)", "j,down", "Next", "Go to the next area."),
    Command("step(-1)", "k,up", "Previous", "Go to the area before."),
    Command("page(1)", "pagedown,ctrl+d", "Page down", "Go on by ten areas."),
    Command("page(-1)", "pageup,ctrl+u", "Page up", "Go back by ten areas."),
    Command("go(0)", "g,home", "First", "Go to the first area."),
    Command("go(-1)", "G,end", "Last", "Go to the last area."),
    Command("next_left", "right_square_bracket", "Next open", "Go to the next area without a verdict.", False, "]"),
    Command("next_state", "tab", "State", "List all areas, those left, those confirmed, rejected, or skipped."),
    Command("next_order", "s", "Order", "Order by score, by size, or by pairs of classes.", True),
    Command("classes", "slash", "Classes", "List the areas of a pair of classes, a label or a prediction.", True, "/"),
    Command("show_image", "enter", "Dataset", "Show the image in the Dataset pane."),
    Command("reread", "R", "Reread", "Read what a search for label errors has found by now."),
    Command("dismiss", "escape,q", "Back", "Go back to the Dataset pane.", True),
)

FULL_SCREEN = (
    *(c for c in DATASET if c not in (*MARKS, *PAN) and c.action not in _PANE_ONLY),
    Command("tag", "t", "Tag", "Give this sample a tag, or take it away, whatever is marked."),
    Command("tag_again", "T", "Same tag", "Give it the tag that was used last, or take it away."),
    Command("exclude", "X", "Exclude", "Leave it out of training (the tag exclude), or take it in again."),
    Command("step(1)", "j,space", "Next", "Go to the next sample.", True),
    Command("step(-1)", "k", "Previous", "Go to the sample before.", True),
    *ARROWS,
    Command("dismiss", "escape,f,enter,q", "Back", "Go back to the pane.", True),
)

GRID = (
    Command("leave", "escape", "List", "Go back to the list, at the same sample.", True),
    Command("move(1)", "l,right", "Right", "Go to the sample on the right."),
    Command("move(-1)", "h,left", "Left", "Go to the sample on the left."),
    Command("row(1)", "j,down", "Down", "Go down by a row."),
    Command("row(-1)", "k,up", "Up", "Go up by a row."),
    Command("page(1)", "pagedown,ctrl+d", "Page down", "Go on by a screen."),
    Command("page(-1)", "pageup,ctrl+u", "Page up", "Go back by a screen."),
    Command("go(0)", "g,home", "First", "Go to the first sample."),
    Command("go(-1)", "G,end", "Last", "Go to the last sample."),
    Command("size(1)", "plus,equals_sign", "Larger", "Show fewer and larger thumbnails.", False, "+"),
    Command("size(-1)", "minus", "Smaller", "Show more and smaller thumbnails.", False, "-"),
)

DUPLICATES = (
    Command("member(1)", "l,right", "Next picture", "Go to the next picture of the group."),
    Command("member(-1)", "h,left", "Picture before", "Go to the picture before."),
    Command("mark", "space", "Mark", "Mark this picture, or no more, and go on to the next.", True),
    Command(
        "mark_spare",
        "a",
        "Mark spare",
        "Mark what can go: of a group across splits those of train, else all but the first; or let go of it.",
        True,
    ),
    Command("tag", "t", "Tag", "Give the marked images, or this one, a tag; -word takes it away.", True),
    Command("exclude", "X", "Exclude", "Leave them out of training (the tag exclude), or take them in again.", True),
    Command("across", "tab", "Across splits", "List only what lies across splits, or all.", True, priority=True),
    Command("kind", "c", "Kind", "List all, the same files (=), nearly the same pictures (≈), or those alike (~)."),
    Command("search", "b", "Look anew", "Look for duplicates in the whole dataset; browsing goes on.", True),
    Command("show_image", "enter", "Dataset", "Show the picture in the Dataset pane.", priority=True),
    Command("leave", "escape,q", "Back", "Go back to the Dataset pane, where the marked ones are marked too.", True),
)

MAP = (
    Command("leave", "escape,q", "Back", "Let go of the box; without one go back to the pane.", True),
    Command("open", "enter", "Open", "Show in the pane what is in the box, or the image under the cursor.", True),
    Command(
        "box", "v,space", "Box", "Begin a box at the cursor, which the cursor's moves stretch, or let go of it.", True
    ),
    Command("tag", "t", "Tag", "Give all in the box, or under the cursor, a tag.", True),
    Command("color", "c", "Colour", "Choose what the colours are: split, tag, group, a figure, a class's share.", True),
    Command("group(1)", "right_square_bracket", "Next group", "Let the next group stand out, or none.", False, "]"),
    Command("group(-1)", "left_square_bracket", "Group before", "Let the group before stand out.", False, "["),
    Command("next_image(1)", "n", "Next here", "Show the next of the images under the cursor.", True),
    Command("next_image(-1)", "N", "Before here", "Show the one before of the images under the cursor."),
    Command("view", "m", "Mask", "Show the image, the overlay, the mask or the prediction."),
    Command("zoom(1.5)", "plus,equals_sign", "Nearer", "Go nearer, about the cursor.", True, "+"),
    Command("zoom(0.6667)", "minus", "Farther", "Go farther away.", False, "-"),
    Command("zoom(0)", "0", "All", "Show the whole map."),
    Command("move(1, 0)", "l,right", "Right", "Move the cursor to the right."),
    Command("move(-1, 0)", "h,left", "Left", "Move the cursor to the left."),
    Command("move(0, 1)", "j,down", "Down", "Move the cursor down."),
    Command("move(0, -1)", "k,up", "Up", "Move the cursor up."),
    Command("move(8, 0)", "L,shift+right", "Far right", "Move the cursor eight cells to the right."),
    Command("move(-8, 0)", "H,shift+left", "Far left", "Move the cursor eight cells to the left."),
    Command("move(0, 4)", "J,shift+down,pagedown", "Far down", "Move the cursor four cells down."),
    Command("move(0, -4)", "K,shift+up,pageup", "Far up", "Move the cursor four cells up."),
    Command("build", "b", "Make map", "Make the map of the index, or lay new images beside those on it."),
)

GROUPS = (
    ("Dataset", DATASET),
    ("Dataset: the list", LIST),
    ("Dataset: the grid", GRID),
    ("Dataset: the filter", FILTER),
    ("Dataset: full screen", FULL_SCREEN),
    ("Dataset: label errors", WORKLIST),
    ("Dataset: duplicates", DUPLICATES),
    ("Dataset: places and odd images", PLACES),
    ("Dataset: the map", MAP),
)

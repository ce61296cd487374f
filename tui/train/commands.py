"""The keys of the Train pane and its screens."""

from bddseg_tui.tui.shared.commands import FORM, SIDES, Command

TRAIN = (
    Command("new_run", "n", "New", "Configure and start a training run.", True),
    Command("stop_run", "s", "Stop", "Checkpoint and end the chosen run.", True),
    Command("resume_run", "r", "Resume", "Go on with the chosen run from its last checkpoint.", True),
    Command("resume_queued", "R", "Resume later", "Put the run into the queue; it goes on when the device is free."),
    Command("queue", "Q", "Queue", "See who waits for a device and who uses it; change the order."),
    Command("delete_run", "x", "Delete", "Delete the chosen run.", True),
    Command("evaluate_run", "e", "Evaluate", "Evaluate the chosen run on the validation images.", True),
    Command("predict", "p", "Predict", "Predict a split, a folder of images or a video with the chosen run."),
    Command("export", "X", "Export", "Export the chosen run as ONNX, TorchScript, for SMP or for the Hub."),
    Command("samples", "i", "Images", "See what the run predicted for a few validation images, epoch by epoch.", True),
    Command(
        "filter", "slash", "Filter", "Filter runs: camvid state:failed miou>40% -strong sort:-miou.", True, "/", True
    ),
    Command("sort", "S", "Sort", "Sort runs by start, mIoU, time, name, dataset or state."),
    Command("other_datasets", "d", "Datasets", "Hide the runs of other datasets, or show them."),
    Command("pin", "space", "Overlay", "Lay this run's curves over the others.", True),
    Command("next_chart", "v", "Chart", "Show several charts at once, or each alone.", True),
    Command("log_scale", "l", "Log", "Logarithmic or linear scale."),
    Command("smooth", "m", "Smooth", "Show the training curve smoothed, or raw alone."),
    Command("zoom(1)", "plus,equals_sign", "Zoom in", "Zoom into the end of the chart.", False, "+"),
    Command("zoom(-1)", "minus", "Zoom out", "Zoom out.", False, "-"),
    Command("pan(-1)", "left,h", "Pan left", "Move the zoomed chart to earlier steps."),
    Command("pan(1)", "right", "Pan right", "Move the zoomed chart to later steps."),
    Command("reset_zoom", "0", "Whole chart", "Show all steps."),
    Command("show_log", "L", "Log file", "Show the end of the run's log and its settings."),
    *SIDES,
)

CHOICE = (
    Command("show_overlay", "enter,space", "Choices", "Open the list of choices."),
    Command("step(1)", "right", "Next choice", "Take the next choice."),
    Command("step(-1)", "left", "Choice before", "Take the choice before."),
)

RUN_FILTER = (
    Command("leave", "enter,down", "Back to the list", "Go back to the list; the filter stays.", True, priority=True),
    Command("clear_filter", "escape", "Clear", "Empty the filter and go back to the list.", True),
    Command("complete", "tab", "Complete", "Complete the word.", True, priority=True),
)

CONFIGURE = (
    *FORM,
    Command("start", "ctrl+s,f5", "Start", "Start the run.", True, priority=True),
    Command("start(True)", "f6", "Queue", "Start it when no other run trains on the device.", True, priority=True),
    Command(
        "find_by_slash", "slash", "Find", "Find a setting by a word; where a path is typed, ^f does.", True, "/", True
    ),
    Command("find", "ctrl+f", "Find", "Find a setting by a word.", priority=True, shown_key="^f"),
    Command("preset", "ctrl+r", "Next preset", "Fill the form with the next preset.", True, priority=True),
    Command("encoder", "f2", "Encoders", "Choose the encoder from a list with sizes and costs.", True, priority=True),
)

QUEUE = (
    Command("dismiss(None)", "escape,q", "Close", "Go back.", True),
    Command("move_run(1)", "J", "Later", "Have the chosen run train later.", True),
    Command("move_run(-1)", "K", "Sooner", "Have the chosen run train sooner.", True),
    Command("remove", "x", "Remove", "Take the chosen run out of the queue; it can be resumed.", True),
    Command("start", "s", "Start again", "Have those wait again that a restart has ended.", True),
)

SAMPLES = (
    Command("app.pop_screen", "escape,q", "Back", "Go back.", True),
    Command("epoch(1)", "right,l,right_square_bracket", "Next epoch", "Go to the next epoch.", True, "→"),
    Command("epoch(-1)", "left,h,left_square_bracket", "Epoch before", "Go to the epoch before.", True, "←"),
    Command("end(-1)", "home,0", "First epoch", "Go to the first epoch."),
    Command("end(1)", "end,dollar_sign", "Last epoch", "Go to the last epoch; while the run trains, new ones follow."),
    Command("image(1)", "j,down,space", "Next image", "Go to the next image.", True),
    Command("image(-1)", "k,up", "Image before", "Go to the image before."),
    Command("highlight(1)", "c", "Class", "Highlight the next class of the image.", True),
    Command("highlight(-1)", "C", "Class before", "Highlight the class before."),
    Command("views", "v", "Larger", "Show the prediction alone, larger, or all four views.", True),
)

GROUPS = (
    ("Train", TRAIN),
    ("Train: the filter", RUN_FILTER),
    ("Train: predictions by epoch", SAMPLES),
    ("Train: the queue", QUEUE),
    ("Train: a new run", CONFIGURE),
    ("Train: a choice of the form", CHOICE),
)

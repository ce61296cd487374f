"""The keys of the Train pane and its screens."""

from bddseg_tui.tui.shared.commands import FORM, Command

TRAIN = (
    Command("new_run", "n", "New", "Configure and start a training run.", True),
    Command("stop_run", "s", "Stop", "Checkpoint and end the chosen run.", True),
    Command("resume_run", "r", "Resume", "Go on with the chosen run from its last checkpoint.", True),
    Command("delete_run", "x", "Delete", "Delete the chosen run.", True),
    Command("evaluate_run", "e", "Evaluate", "Evaluate the chosen run on the validation images.", True),
    Command("predict", "p", "Predict", "Predict a split, a folder of images or a video with the chosen run."),
    Command("export", "X", "Export", "Export the chosen run as ONNX, TorchScript, for SMP or for the Hub."),
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
)

CONFIGURE = (
    *FORM,
    Command("start", "ctrl+s,f5", "Start", "Start the run.", True, priority=True),
    Command("preset", "ctrl+r", "Next preset", "Fill the form with the next preset.", True, priority=True),
    Command("encoder", "f2", "Encoders", "Choose the encoder from a list with sizes and costs.", True, priority=True),
)

GROUPS = (("Train", TRAIN), ("Train: a new run", CONFIGURE))

"""The Dataset pane."""

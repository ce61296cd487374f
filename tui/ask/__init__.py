"""The Ask pane."""

"""The app's three panes: Dataset, Train and Evaluate."""

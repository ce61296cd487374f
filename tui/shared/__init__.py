"""What several panes and screens use."""

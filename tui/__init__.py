"""The Textual app and the `bddseg-tui` command line. Imports no torch."""

"""The workspace: the folder where all that the program makes is kept."""

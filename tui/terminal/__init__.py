"""Pictures in a terminal: which protocol, and how each is encoded."""

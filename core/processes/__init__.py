"""Processes: who they are, their locks, and work in several."""

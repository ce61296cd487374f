"""The four services of the engine."""

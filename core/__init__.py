"""The engine: datasets, the catalog, pictures, runs and jobs. Imports neither torch nor Textual."""

__version__ = "0.1.0"

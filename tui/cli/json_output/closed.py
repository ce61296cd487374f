"""What the types of outputs have in common."""

from pydantic import ConfigDict, with_config

closed = with_config(ConfigDict(extra="forbid", use_attribute_docstrings=True))
"""A type that has these fields and no others."""

"""What a command printed with `--json`, held against its schema."""

import functools
import json
from typing import Any

from jsonschema import Draft202012Validator

from bddseg_tui.tui.cli.json_schema import schema_of


@functools.cache
def _validator(command: str) -> Draft202012Validator:
    return Draft202012Validator(schema_of(command))


def parsed(command: str, text: str) -> Any:
    """The value, which fits the schema of the command.

    Raises:
        jsonschema.ValidationError: it does not.
    """
    value = json.loads(text)
    _validator(command).validate(value)
    return value


def without_schema(value: Any) -> Any:
    """An object, or each of a list, without the version that it carries."""
    if isinstance(value, list):
        return [without_schema(item) for item in value]
    return {key: part for key, part in value.items() if key != "schema"}

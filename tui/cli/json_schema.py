"""`python -m bddseg_tui.tui.cli.json_schema`: prints the JSON Schema of what `--json` prints."""

import json
from typing import Any, get_args, get_origin

from pydantic import TypeAdapter

from bddseg_tui.tui.cli.json_output import OUTPUTS
from bddseg_tui.tui.cli.output import SCHEMA


def json_schema() -> dict[str, Any]:
    """One schema (draft 2020-12): `commands` has what each command prints, `$defs` what that is made of."""
    adapters = [(command, "validation", TypeAdapter(output)) for command, output in OUTPUTS.items()]
    schemas, whole = TypeAdapter.json_schemas(adapters)  # type: ignore[arg-type]
    definitions = whole["$defs"]
    for name in {_item(output).__name__ for output in OUTPUTS.values()}:
        definitions[name]["properties"] = {"schema": {"const": SCHEMA}, **definitions[name]["properties"]}
        definitions[name]["required"] = ["schema", *definitions[name].get("required", [])]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What bddseg-tui prints with --json",
        "commands": {command: schemas[command, "validation"] for command in OUTPUTS},
        "$defs": definitions,
    }


def schema_of(command: str) -> dict[str, Any]:
    """The schema of one command alone, for a validator."""
    whole = json_schema()
    return {"$schema": whole["$schema"], **whole["commands"][command], "$defs": whole["$defs"]}


def as_text(schema: dict[str, Any]) -> str:
    """The schema as JSON with a line for each command and each definition."""
    lines = []
    for key, value in schema.items():
        if key in ("commands", "$defs"):
            rows = [f"  {json.dumps(name)}: {json.dumps(value[name], ensure_ascii=False)}" for name in value]
            lines.append(f"{json.dumps(key)}: {{\n" + ",\n".join(rows) + "\n }")
        else:
            lines.append(f"{json.dumps(key)}: {json.dumps(value)}")
    return "{\n " + ",\n ".join(lines) + "\n}\n"


def _item(output: Any) -> Any:
    return get_args(output)[0] if get_origin(output) is list else output


if __name__ == "__main__":
    print(as_text(json_schema()), end="")

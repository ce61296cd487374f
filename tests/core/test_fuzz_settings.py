"""Whatever a person types or writes into a file, it is taken as it is meant or refused in one line."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from bddseg_tui.core.analysis.threshold import parse_threshold
from bddseg_tui.core.data.filter_completion import Vocabulary, completions
from bddseg_tui.core.data.filter_language import (
    KEYS,
    STATES,
    parse_query,
    split_meaning,
    split_of,
    with_split,
)
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import LONGEST, BddsegError, UsageError
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.retrieval.options import NAMES, check_value
from bddseg_tui.core.runs.config import TrainConfig, build_config
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.settings import Settings, check_settings, save_settings
from bddseg_tui.core.workspace.workspace import Workspace
from tests.core.odd_json import DEEP, TEXT

WORDS = st.text(st.sampled_from("abusri:%<>=-+.,0123456789~/ \t[]{}\"'#\\ٌ９") | st.characters(), max_size=20)
NUMBERS = st.sampled_from(["1", "1%", "0.5", "1,000", "1e9", "nan", "inf", "-1", "9" * 400, "٣", "0x1f", "1_0", ""])
TERMS = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["", "-", "--"]),
    st.sampled_from([*KEYS, "iou", "class:bus", "class:", "has:rider", "tag:", "sort:-", "nothing:"]) | WORDS,
    st.sampled_from([">", "<", ">=", "<=", "=", ">>", "<>", "==", ""]),
    NUMBERS | st.sampled_from(STATES) | WORDS,
    st.sampled_from(["", "%", "%%", "\udcff", "\0"]),
)
VALUES = (
    NUMBERS | WORDS | TEXT | st.sampled_from(["true", "[1]", "{}", '"x"', "2020-01-01", DEEP, "'" + "x" * 9_000 + "'"])
)


def is_told(told: BddsegError | str) -> bool:
    """Whether it is one line that a person can be shown."""
    text = str(told)
    return bool(text) and sanitize(text) == text and len(text) <= LONGEST


@given(st.lists(TERMS, max_size=6).map(" ".join) | WORDS)
def test_filters(text: str) -> None:
    split_meaning(text)
    with_split(text, split_of(text))
    completions(text, Vocabulary(("night",), ("0001-demo/best-val",)))
    try:
        query = parse_query(text)
    except UsageError as error:
        assert is_told(error)
        return
    sql, values = query.where()
    assert sql.count("?") == len(values) and query.order()


def test_filters_find(engine: Engine, drawn: Path) -> None:
    collection = engine.data.open(drawn)
    engine.data.scan(collection, lambda done, total: None)

    @given(st.lists(TERMS, max_size=4).map(" ".join))
    @example("tag:\udcff name:\ud800 \0")
    def finds(text: str) -> None:
        try:
            assert len(collection.catalog.find(parse_query(text))) <= 21
        except UsageError as error:
            assert is_told(error)

    finds()


@given(st.lists(st.tuples(st.sampled_from(sorted(TrainConfig.model_fields)) | WORDS, VALUES), max_size=4))
@example([("epochs", DEEP)])
def test_assignments(changes: list[tuple[str, str]]) -> None:
    try:
        build_config("demo", [f"{name}={value}" for name, value in changes])
    except UsageError as error:
        assert is_told(error)


TABLES = st.lists(
    st.builds(
        "{} = {}".format,
        st.sampled_from([*NAMES, "dataset", "picture_bytes", "theme", "epochs", "a.b"]) | WORDS,
        VALUES,
    )
    | st.sampled_from(["[retrieval]", "[[retrieval]]", "[train]", "retrieval = 3", "[a", DEEP]),
    max_size=5,
).map("\n".join)
FILES = st.binary(max_size=60) | TABLES.map(lambda text: text.encode("utf-8", "surrogatepass"))


@given(FILES)
def test_files_of_settings(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        workspace = Workspace(Path(name))
        workspace.settings.write_bytes(content)
        settings, left_out = check_settings(workspace)
        assert isinstance(settings, Settings)
        assert left_out.count == 0 or is_told(left_out.first)
        save_settings(workspace, theme="light")
        assert check_settings(workspace)[0].theme == "light"


@given(FILES)
def test_files_of_configurations(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "config.toml"
        path.write_bytes(content)
        try:
            build_config("demo", (), path)
        except UsageError as error:
            assert is_told(error)
        run = Run(path.parent)
        assert (not run.problem or is_told(run.problem)) and run.shown_dataset and run.preset is not None


@given(st.sampled_from(NAMES) | WORDS, VALUES)
def test_settings_of_retrieval(name: str, value: str) -> None:
    try:
        check_value(name, value)
    except UsageError as error:
        assert is_told(error)


@given(VALUES)
def test_thresholds_and_paths(text: str) -> None:
    for read in (parse_threshold, typed_path):
        try:
            found: Any = read(text)
            assert found is not None
        except UsageError as error:
            assert is_told(error)

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bddseg_tui.core.data.catalog import Catalog, ImageScore
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.dataset import list_samples
from bddseg_tui.core.data.filter_completion import Vocabulary, completions, is_unfinished
from bddseg_tui.core.data.filter_language import QueryError, parse_query, split_meaning
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import UsageError

KNOWN = Vocabulary(("night",), ("0001-demo/best-val", "0001-demo/best-val-flip", "0002-demo/best-test predicted"))


def names(engine: Engine, collection: Collection, text: str) -> list[str]:
    return [r.name for r in engine.data.find(collection, text)]


def test_no_filter_matches_everything_with_test_last(engine: Engine, collection: Collection) -> None:
    assert [r.split for r in engine.data.find(collection, "")] == ["train"] * 12 + ["val"] * 6 + ["test"] * 3


def test_a_split_filter_and_its_negation_divide_the_samples(engine: Engine, collection: Collection) -> None:
    assert len(names(engine, collection, "split:val")) == 6
    assert len(names(engine, collection, "-split:val")) == 15


def test_a_share_filter_agrees_with_the_shares(engine: Engine, collection: Collection) -> None:
    expected = [r.name for r in engine.data.find(collection, "") if (r.share(13) or 0) > 3]
    assert sorted(names(engine, collection, "class:car>3%")) == sorted(expected)
    assert expected


def test_sorting_by_a_class_puts_most_first_and_unlabelled_last(engine: Engine, collection: Collection) -> None:
    shares = [r.share(0) for r in engine.data.find(collection, "sort:-road")]
    known = [s for s in shares if s is not None]
    assert known == sorted(known, reverse=True)
    assert shares[-3:] == [None] * 3


def test_negating_a_condition_keeps_samples_without_a_mask(engine: Engine, collection: Collection) -> None:
    with_bus, without = names(engine, collection, "has:bus"), names(engine, collection, "-has:bus")
    assert len(with_bus) + len(without) == 21


def test_tags_are_found(engine: Engine, collection: Collection) -> None:
    chosen = collection.catalog.find(parse_query("split:val"))[:2]
    collection.catalog.add_tag(chosen, "Night")
    assert collection.catalog.find(parse_query("tag:night")) == chosen
    collection.catalog.remove_tag(chosen[:1], "night")
    assert collection.catalog.find(parse_query("tag:night")) == chosen[1:]


def test_a_name_is_data_and_never_sql(engine: Engine, collection: Collection) -> None:
    assert names(engine, collection, "name:';DROP/**/TABLE/**/samples;--") == []
    assert names(engine, collection, "%") == []
    assert len(names(engine, collection, "")) == 21


@pytest.mark.parametrize(
    ("text", "says", "place"),
    [
        ("splt:val", "did you mean 'split'", (0, 8)),
        ("split:val class:buss>1%", "did you mean 'bus'", (10, 23)),
        ("class:bus>", "a share is missing", (0, 10)),
        ("split:dev", "no split is called 'dev'", (0, 9)),
        ("has:", "has: what?", (0, 4)),
        ("is:odd", "is: takes", (0, 6)),
        ("bus>1%", "write class:bus>1%", (0, 6)),
        ("sort:speed", "no class is called 'speed'", (0, 10)),
    ],
)
def test_a_wrong_term_is_named_with_its_place(text: str, says: str, place: tuple[int, int]) -> None:
    with pytest.raises(QueryError, match=says.replace("?", r"\?")) as caught:
        parse_query(text)
    assert (caught.value.start, caught.value.end) == place


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("sp", "split:"),
        ("split:v", "split:val"),
        ("has:tra", "has:traffic-light"),
        ("a -has:bi", "a -has:bicycle"),
        ("tag:n", "tag:night"),
        ("pred:bu", "pred:building>"),
        ("sort:-pred:bu", "sort:-pred:building"),
        ("evaluation:", "evaluation:0002-demo/best-test_predicted"),
    ],
)
def test_the_last_word_is_completed(text: str, first: str) -> None:
    assert completions(text, KNOWN)[0] == first


@pytest.mark.parametrize(
    "text", ["c", "split:val cla", "iou", "-", "split:val -ha", "tag:nig", "evaluation:0001", "has:bi", "sort:-pred:b"]
)
def test_a_word_that_is_only_begun_is_unfinished(text: str) -> None:
    assert is_unfinished(text, KNOWN)


@pytest.mark.parametrize(
    "text", ["", "7d06", "split:val ", "class:bus", "class:bus>1", "tag:night", "tag:other", "has:q", "has:bus"]
)
def test_a_word_that_can_be_filtered_by_is_finished(text: str) -> None:
    assert not is_unfinished(text, KNOWN)


def test_predicted_classes_filter_and_sort_what_has_no_mask(engine: Engine, collection: Collection) -> None:
    rows = engine.data.find(collection, "split:test")
    buses = [0, 30, 600]
    scores = [
        ImageScore(r.image, r.image, predicted=(1000 - bus, *[0] * 14, bus, *[0] * 4))
        for r, bus in zip(rows, buses, strict=True)
    ]
    collection.catalog.record_scores("0002-demo/best-test predicted", scores)
    names = [r.name for r in rows]

    def found(text: str, evaluation: str | None = "0002-demo/best-test predicted") -> list[str]:
        return [r.name for r in engine.data.find(collection, text, evaluation)]

    assert found("pred:bus") == names[1:]
    assert found("pred:bus>3%") == found("split:test -pred:road>50%") == names[2:]
    assert found("split:test sort:-pred:bus") == names[::-1]
    assert found("pred:bus>3% evaluation:0002-demo/best-test_predicted", None) == names[2:]
    row = engine.data.find(collection, "pred:bus>3%", "0002-demo/best-test predicted")[0]
    assert row.predicted_share(15) == 60.0 and row.counts is None
    assert split_meaning("rain pred:bus>1% evaluation:a/b") == ("pred:bus>1% evaluation:a/b", "rain")


def test_predicted_classes_that_are_not_known_are_said_to_be_so(engine: Engine, collection: Collection) -> None:
    rows = engine.data.find(collection, "split:val")
    collection.catalog.record_scores("0001-demo/best-val", [ImageScore(r.image, r.image, 0.5, 0.5) for r in rows])
    for evaluation, says in (
        (None, "whose predictions? choose"),
        ("0001-demo/best-va", "no evaluation is called '0001-demo/best-va' (did you mean '0001-demo/best-val'?)"),
        ("0001-demo/best-val", "did not keep the predicted classes"),
    ):
        with pytest.raises(UsageError, match=re.escape(says)):
            engine.data.find(collection, "sort:pred:bus", evaluation)
        assert says[:20] in engine.data.look_up(collection, parse_query("pred:bus"), evaluation).why_none
    assert len(engine.data.find(collection, "", None)) == 21


def test_figures_of_an_evaluation_filter_and_sort(engine: Engine, collection: Collection) -> None:
    rows = engine.data.find(collection, "split:val")
    scores = [
        ImageScore(
            row.image,
            row.image,
            accuracy=0.9,
            miou=0.1 * n,
            boundary=0.05 * n,
            confidence=1 - 0.1 * n,
            brightness=0.5,
            missed=1 << 12 if n == 2 else 0,
            invented=1 << 16 if n > 3 else 0,
        )
        for n, row in enumerate(rows)
    ]
    collection.catalog.record_scores("run/best-val", scores)

    def found(text: str) -> list[str]:
        return [r.name for r in engine.data.find(collection, text, "run/best-val")]

    names = [r.name for r in rows]
    assert found("biou<10% is:scored") == names[:2]
    assert found("confidence<75%") == names[3:]
    assert found("missed:rider") == [names[2]]
    assert found("invented:train sort:-iou") == names[:3:-1]
    assert found("-missed:rider is:scored sort:confidence") == [n for n in names[::-1] if n != names[2]]
    row = engine.data.find(collection, "missed:rider", "run/best-val")[0]
    assert row.miou == row.figures["iou"] == 0.2 and row.figures["accuracy"] == 0.9


def test_a_catalog_of_version_1_gets_its_new_columns_and_keeps_its_scores(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            "CREATE TABLE scores (evaluation TEXT NOT NULL, sample INTEGER NOT NULL, accuracy REAL, miou REAL,"
            " prediction BLOB, PRIMARY KEY (evaluation, sample)) WITHOUT ROWID;"
            "INSERT INTO scores VALUES ('run/best-val', 1, 0.9, 0.5, NULL); PRAGMA user_version = 1;"
        )
    for _ in range(2):
        catalog = Catalog(path, tmp_path)
        assert catalog.evaluations() == ["run/best-val"]
        assert catalog.find(parse_query("missed:rider biou<10%"), "run/best-val") == []


@pytest.mark.parametrize("operator", [">>", "<>", "==", "=>", "><", ">=="])
@pytest.mark.parametrize("name", ["class:bus", "iou"])
def test_an_operator_that_is_none_is_blamed_itself(name: str, operator: str) -> None:
    with pytest.raises(QueryError, match=f"'{operator}' is no comparison: write one of > < >= <= ="):
        parse_query(f"{name}{operator}5")


@pytest.mark.parametrize("term", ["class:bus>1,000", "class:bus>nan", "iou<inf", "iou>5x", "class:bus>" + "9" * 400])
def test_a_number_that_is_none_is_blamed_itself(term: str) -> None:
    with pytest.raises(QueryError, match="is no number"):
        parse_query(term)


@pytest.mark.parametrize("count", [1, 2, 3, 1_000, 5_000])
def test_a_filter_may_have_thousands_of_terms(collection: Collection, count: int) -> None:
    text = " ".join(f"-name:nothing-{i}" for i in range(count))
    assert len(collection.catalog.find(parse_query(text))) == 21


def test_a_filter_of_more_terms_is_refused_in_one_line(collection: Collection) -> None:
    with pytest.raises(QueryError, match="at most 5,000 terms"):
        parse_query("has:bus " * 5_001)


@pytest.mark.parametrize("term", ["tag:\udcff", "name:\udcff", "\ud800", "-tag:\udcff"])
def test_a_byte_that_is_no_text_finds_what_has_it(collection: Collection, term: str) -> None:
    assert len(collection.catalog.find(parse_query(term))) == (21 if term.startswith("-") else 0)


def test_what_was_measured_of_images_filters_and_sorts(engine: Engine, collection: Collection) -> None:
    rows = engine.data.find(collection, "split:val")
    collection.catalog.record_measures((row.image, {"map-x": at / 10}) for at, row in enumerate(rows))
    assert names(engine, collection, "map-x>15% map-x<35%") == [rows[2].name, rows[3].name]
    assert names(engine, collection, "sort:-map-x")[:6] == [row.name for row in reversed(rows)]
    assert engine.data.find(collection, "map-x>45")[0].measures == {"map-x": 0.5}


def test_a_measure_that_nobody_took_says_what_takes_it(engine: Engine, collection: Collection) -> None:
    with pytest.raises(UsageError, match="map-x: there is no map yet: `bddseg-tui index map`"):
        engine.data.find(collection, "map-x>1%")


def test_a_measure_goes_when_its_image_changes(engine: Engine, collection: Collection) -> None:
    first, second = engine.data.find(collection, "split:val")[:2]
    collection.catalog.record_measures((row.image, {"map-x": 0.5}) for row in (first, second))
    first.image.write_bytes(first.image.read_bytes() + b" ")
    collection.catalog.refresh(list_samples(collection.dataset))
    assert names(engine, collection, "map-x=50") == [second.name]

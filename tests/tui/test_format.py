"""Figures as words."""

import pytest

from bddseg_tui.tui.shared.format import percent, percentage_points, progress


@pytest.mark.parametrize(("value", "shown"), [(0.4567, "45.7"), (0.0, "0.0"), (None, "-"), (float("nan"), "-")])
def test_a_fraction_is_shown_as_percent(value: float | None, shown: str) -> None:
    assert percent(value) == shown


def test_a_percentage_may_have_more_digits() -> None:
    assert percent(0.45678, 2) == "45.68"


@pytest.mark.parametrize(("value", "shown"), [(0.021, "+2.1"), (-0.021, "-2.1"), (None, "-"), (float("nan"), "-")])
def test_a_difference_is_shown_in_percentage_points_with_its_sign(value: float | None, shown: str) -> None:
    assert percentage_points(value) == shown


def test_progress_is_blank_where_the_whole_is_not_known() -> None:
    assert (progress(3, 4), progress(3, 0)) == ("75 %", "")

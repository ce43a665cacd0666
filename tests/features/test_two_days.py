"""What is read off two expressions: which rows two days tell apart, and when that cannot be told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import pytest

from features.as_of import AsOf, day
from features.portable import count, days_between, days_since, within
from features.two_days import Sweep, Turn, turn

MAY, JUNE = date(2024, 5, 1), date(2024, 6, 1)
DAYS = ("happened", "known", "ended")
ROWS = ibis.table(
    {"entity_id": "string", **dict.fromkeys(DAYS, "date"), "year": "int64", "kind": "string"}, name="events"
)
OTHERS = ibis.table({"entity_id": "string", "mark": "int64"}, name="others")
Made = Callable[[date], ir.Value]


def between(made: Made, first: date = MAY, second: date = JUNE) -> Turn | None:
    return turn(made(first), made(second), "events")


def sweeps(made: Made, first: date = MAY, second: date = JUNE) -> list[Sweep]:
    told = between(made, first, second)
    assert told is not None
    return sorted(told.sweeps, key=lambda sweep: (sweep.columns, str(sweep.low)))


def swept(*columns: str, above: bool, low: date = MAY, high: date = JUNE) -> Sweep:
    return Sweep(columns=columns, low=low, high=high, with_low=not above, with_high=above)


@pytest.mark.parametrize(
    ("condition", "above"),
    [
        (lambda t: ROWS.happened > day(t), True),
        (lambda t: ROWS.happened <= day(t), True),
        (lambda t: ROWS.happened >= day(t), False),
        (lambda t: ROWS.happened < day(t), False),
        (lambda t: day(t) >= ROWS.happened, True),
        (lambda t: day(t) > ROWS.happened, False),
        (lambda t: ROWS.happened.between(day(t), day(date(2030, 1, 1))), False),
        (lambda t: ROWS.happened.between(day(date(2000, 1, 1)), day(t)), True),
    ],
)
def test_a_comparison_sweeps_from_the_old_literal_to_the_new(
    condition: Callable[[date], ir.BooleanValue], above: bool
) -> None:
    made: Made = lambda t: count(ROWS, condition(t))  # noqa: E731 - a test of one line
    assert sweeps(made) == [swept("happened", above=above)]
    assert sweeps(made, JUNE, MAY) == [swept("happened", above=above)]


def test_an_equality_sweeps_its_two_literals() -> None:
    told = sweeps(lambda t: count(ROWS, ROWS.year == t.month))
    assert [(sweep.columns, sweep.low, sweep.high) for sweep in told] == [
        (("year",), 5, 5),
        (("year",), 6, 6),
    ]
    assert all(sweep.with_low and sweep.with_high for sweep in told)


def test_what_is_compared_with_the_same_literal_is_not_swept() -> None:
    assert sweeps(lambda t: count(ROWS, (ROWS.year > t.year) & (ROWS.kind == "a"))) == []


def test_windows_and_looks_ahead_sweep_at_their_distance() -> None:
    def both(t: date) -> ir.Value:
        events, as_of = ROWS.mutate(happened_on=ROWS.happened), AsOf(on=t, used_on=t)
        soon = events.ended <= day(t + timedelta(days=60))
        return count(events, within(events, as_of, 365) & soon)

    assert sweeps(both) == [
        swept("ended", above=True, low=date(2024, 6, 30), high=date(2024, 7, 31)),
        swept("happened", above=True, low=date(2023, 5, 2), high=date(2023, 6, 2)),
    ]


def test_the_first_day_that_is_there_is_swept_as_one() -> None:
    first = ibis.coalesce(ROWS.happened, ROWS.known)
    assert sweeps(lambda t: count(ROWS, first <= day(t))) == [swept("happened", "known", above=True)]


def test_of_a_day_that_may_be_hidden_either_is_swept() -> None:
    """A hidden end lets the other day stand for it, although the end is there."""

    def made(t: date) -> ir.Value:
        end = ibis.coalesce((ROWS.kind == "told").ifelse(ROWS.ended, ibis.null("date")), ROWS.known)
        return count(ROWS, end <= day(t))

    assert sweeps(made) == [swept("ended", above=True), swept("known", above=True)]


def test_where_one_of_two_days_is_chosen_both_are_swept() -> None:
    chosen = (ROWS.kind == "told").ifelse(ROWS.ended, ROWS.known)
    assert sweeps(lambda t: count(ROWS, chosen <= day(t))) == [
        swept("ended", above=True),
        swept("known", above=True),
    ]


def test_the_latest_day_of_an_entity_is_one_of_its_days() -> None:
    assert sweeps(lambda t: (ROWS.happened.max() > day(t)).cast("int64")) == [swept("happened", above=True)]


def test_what_decides_which_rows_are_seen_sweeps_too() -> None:
    def made(t: date) -> ir.Value:
        seen = ROWS.filter(ROWS.known <= day(t)).mutate(late=ROWS.ended > day(t))
        return seen.kind.nunique(where=seen.late)

    assert sweeps(made) == [swept("ended", above=True), swept("known", above=True)]


@pytest.mark.parametrize(
    ("made", "growth"),
    [
        (lambda t: days_since(ROWS.happened.max(), AsOf(on=t, used_on=t)), 31),
        (lambda t: days_between(ROWS.ended.min(), day(t)), -31),
        (lambda _: ROWS.happened.max().delta(ROWS.happened.min(), unit="day"), 0),
    ],
)
def test_a_count_of_days_grows_with_the_days(made: Made, growth: int) -> None:
    told = between(made)
    assert told is not None
    assert (told.growth, told.sweeps) == (growth, frozenset())


@pytest.mark.parametrize(
    "made",
    [
        lambda t: days_since(ROWS.happened.max(), AsOf(on=t, used_on=t)).fill_null(0),
        lambda t: days_since(ROWS.happened.max(), AsOf(on=t, used_on=t)).cast("float64") / 365.25,
        lambda t: day(t).delta(ROWS.happened.max(), unit="month"),
        lambda t: count(ROWS, days_since(ROWS.happened, AsOf(on=t, used_on=t)) < 365),
        lambda t: ROWS.year.max() + t.month,
        lambda t: count(ROWS, ROWS.happened.delta(ROWS.known, unit="day") > t.month),
        lambda t: count(ROWS, ROWS.year > t.month) if t == MAY else count(ROWS, ROWS.year < t.month),
        lambda t: count(ROWS, ROWS.year.isin(range(t.month))),
    ],
)
def test_what_the_day_enters_otherwise_is_not_told_row_by_row(made: Made) -> None:
    assert between(made) is None


@pytest.mark.parametrize(
    "made",
    [
        lambda _: _among_all("kind"),
        lambda _: count(_swapped := ROWS.mutate(entity_id=ROWS.kind), _swapped.year > 1),
        lambda _: ROWS.join(OTHERS, "entity_id").mark.sum(),
        lambda _: OTHERS.mark.sum(),
        lambda _: count(ROWS, ROWS.year > ROWS.year.max().as_scalar()),
    ],
)
def test_what_reads_the_rows_of_others_is_not_told_row_by_row(made: Made) -> None:
    assert between(made) is None


def _among_all(key: str) -> ir.Value:
    ranked = ROWS.mutate(place=ibis.row_number().over(ibis.window(group_by=key, order_by="happened")))
    return count(ranked, ranked.place == 0)


def test_a_window_over_the_rows_of_an_entity_is_its_own() -> None:
    told = between(lambda _: _among_all("entity_id"))
    assert told == Turn(growth=0, sweeps=frozenset(), columns=frozenset({"entity_id", "happened"}))


def test_only_columns_that_move_the_value_count_as_read() -> None:
    def made(t: date) -> ir.Value:
        seen = ROWS.filter(ROWS.known <= day(t)).mutate(twice=ROWS.year * 2, unread=ROWS.kind.upper())
        return seen.twice.max()

    told = between(made)
    assert told is not None
    assert told.columns == {"entity_id", "known", "year"}


def test_what_rows_are_grouped_by_counts_as_read() -> None:
    """How many rows share a year moves with the year, though no value of it is taken."""
    years = ROWS.group_by("entity_id", "year").aggregate(times=ROWS.count())
    told = between(lambda _: years.times.max())
    assert told is not None
    assert told.columns == {"entity_id", "year"}

"""The frame: the same bytes for the same content, whatever the order in which it came."""

from __future__ import annotations

import csv
import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.sampling.allocation import allocate
from serving.sampling.frame import FrameRefused, Stratification, build_frame, digest_of_bytes, read_frame
from serving.sampling.policy import parse_ratios

RATIOS = parse_ratios("A=0.1,B=0.5,C=0.5,D=1")
ids = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=6)
rows = st.lists(
    st.tuples(ids, st.sampled_from([*"ABCD", None]), st.sampled_from(["1101", None])),
    max_size=30,
    unique_by=lambda row: row[0],
).filter(lambda made: any(row[1] for row in made))


def text_of(made: list[tuple[str, str | None, str | None]], **how: object) -> bytes:
    frame = build_frame(made, **how)  # type: ignore[arg-type]
    return frame.text(allocate(RATIOS, frame.strata()))


def test_a_frame_shows_stratum_chance_and_reason_of_exclusion_of_everybody() -> None:
    made = [("乙", "A", "1101"), ("b,1", "D", None), ("a", None, "1101"), ("c", "A", "1101")]
    assert text_of(made, exclusions={"c": "checked\nin May"}).decode() == (
        "entity_id,stratum,grade,eligible,exclusion_reason,inclusion_probability\n"
        "a,,,no,not graded,0\n"
        '"b,1",D,D,yes,,1/1\n'
        "c,A,A,no,checked in May,0\n"
        "乙,A,A,yes,,1/1\n"
    )


def test_strata_may_be_regions_by_grades() -> None:
    frame = build_frame(
        [("a", "A", "1101"), ("b", "A", "1102"), ("c", "A", None)],
        stratification=Stratification.REGION_AND_GRADE,
    )
    assert [(stratum.name, stratum.grade, stratum.size) for stratum in frame.strata()] == [
        ("-/A", "A", 1),
        ("1101/A", "A", 1),
        ("1102/A", "A", 1),
    ]


@settings(deadline=None)
@given(rows, st.integers(0, 99))
def test_the_order_of_the_input_changes_no_byte(
    made: list[tuple[str, str | None, str | None]], seed: int
) -> None:
    shuffled = random.Random(seed).sample(made, len(made))
    assert digest_of_bytes(text_of(made)) == digest_of_bytes(text_of(shuffled))


@given(rows)
def test_a_published_frame_is_read_back_whole(made: list[tuple[str, str | None, str | None]]) -> None:
    assert read_frame(text_of(made)).rows.to_pydict() == build_frame(made).rows.to_pydict()


def test_an_entity_named_twice_is_refused() -> None:
    with pytest.raises(FrameRefused, match="every entity once in the frame; got 'a' at least twice"):
        build_frame([("a", "A", None), ("b", "B", None), ("a", "D", None)])


@pytest.mark.parametrize("entity_id", ["", "a\nb", "a\rb", "\x00", "a\u0085b"])
def test_an_id_that_would_break_its_line_is_refused(entity_id: str) -> None:
    with pytest.raises(FrameRefused, match="no control signs"):
        build_frame([(entity_id, "A", None)])


def test_a_frame_without_anybody_to_draw_is_refused() -> None:
    with pytest.raises(FrameRefused, match="1 rows, none of them eligible"):
        build_frame([("a", None, None)])


@given(rows)
def test_the_bytes_are_those_of_the_standard_library(
    made: list[tuple[str, str | None, str | None]],
) -> None:
    """Columns are written without its csv module, and must quote as it does."""
    text = text_of(made)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(csv.reader(io.StringIO(text.decode(), newline="")))
    assert out.getvalue().encode() == text

from __future__ import annotations

from datetime import date
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.digest import Digest, content_digest, file_part, table_digest

PLAIN = {"name": ["a", None, "bc"], "count": [1, None, 0], "share": [0.0, 1.5, None]}


def digest_of(folder: Path, columns: dict[str, Any], **options: Any) -> str:
    path = folder / "table.parquet"
    pq.write_table(pa.table(columns), path, **options)
    return content_digest(path)


def test_groups_compression_and_dictionaries_leave_no_trace(tmp_path: Path) -> None:
    plain = digest_of(tmp_path, PLAIN)
    assert plain == digest_of(tmp_path, PLAIN, row_group_size=1, compression="zstd", use_dictionary=False)


def test_negative_zero_is_zero(tmp_path: Path) -> None:
    assert digest_of(tmp_path, PLAIN) == digest_of(tmp_path, PLAIN | {"share": [-0.0, 1.5, None]})


@pytest.mark.parametrize(
    "changed",
    [
        {"count": [1, 0, 0]},  # null is not zero
        {"name": ["ab", None, "c"]},  # the same letters, cut elsewhere
        {"name": ["a", "", "bc"]},
        {"share": [0.0, 1.5000000000000002, None]},
        {"count": [1.0, None, 0.0]},  # another type
    ],
)
def test_any_other_value_changes_it(tmp_path: Path, changed: dict[str, Any]) -> None:
    assert digest_of(tmp_path, PLAIN) != digest_of(tmp_path, PLAIN | changed)


def test_names_and_their_order_change_it(tmp_path: Path) -> None:
    turned = dict(reversed(PLAIN.items()))
    renamed = {"title": PLAIN["name"], "count": PLAIN["count"], "share": PLAIN["share"]}
    assert len({digest_of(tmp_path, columns) for columns in (PLAIN, turned, renamed)}) == 3


def test_a_table_in_memory_has_the_digest_of_its_file_however_it_is_cut(tmp_path: Path) -> None:
    columns = PLAIN | {"day": [date(2026, 6, 30), None, date(1, 1, 1)], "empty": pa.nulls(3, pa.string())}
    table = pa.table(columns)
    assert table_digest(table) == digest_of(tmp_path, columns)
    around = pa.concat_tables([table, table, table])
    cut = pa.concat_tables([around.slice(3, 1), around.slice(4, 2)])
    assert table_digest(cut) == table_digest(table)
    assert table_digest(table.slice(0, 0)) != table_digest(table)


def test_the_order_of_rows_leaves_no_trace_but_their_number_does(tmp_path: Path) -> None:
    table = pa.table(PLAIN)
    turned = table.take([2, 0, 1])
    assert table_digest(turned) == table_digest(table)
    twice = pa.concat_tables([table, table.slice(0, 1)])
    thrice = pa.concat_tables([twice, table.slice(0, 1)])
    assert len({table_digest(one) for one in (table, twice, thrice)}) == 3
    assert table_digest(thrice) == table_digest(thrice.take([4, 1, 3, 0, 2]))


def test_values_do_not_move_between_rows_or_columns() -> None:
    swapped = PLAIN | {"count": [None, 1, 0]}
    assert table_digest(pa.table(swapped)) != table_digest(pa.table(PLAIN))
    one = pa.table({"a": ["x", None], "b": [None, "x"]})
    other = pa.table({"a": [None, None], "b": ["x", "x"]})
    assert table_digest(one) != table_digest(other)


def test_a_folder_of_parts_has_the_digest_of_the_whole_however_it_is_cut(tmp_path: Path) -> None:
    table = pa.table({"name": [f"{n:018d}" for n in range(10_000)], "count": range(10_000)})
    folder = tmp_path / "parts"
    folder.mkdir()
    pq.write_table(table.slice(7_000), folder / "a.parquet")
    pq.write_table(table.slice(0, 7_000), folder / "b.parquet")
    pq.write_table(table.slice(0, 0), folder / "c.parquet")
    assert content_digest(folder) == table_digest(table)
    parts = [file_part(path) for path in folder.iterdir()]
    assert sum(parts[1:], parts[0]).hexdigest() == table_digest(table)
    with pytest.raises(ValueError, match="the same columns"):
        _ = parts[0] + Digest(columns="others", rows=())


@pytest.mark.parametrize("text", ["", "\0", "九一", "x" * 31, "x" * 32, "x" * 31 + "\0", "x" * 300])
def test_texts_of_any_length_are_told_apart(text: str) -> None:
    others = ("", "\0", "九一", "x" * 31, "x" * 32, "x" * 31 + "\0", "x" * 300)
    digests = {other: table_digest(pa.table({"name": [None, "a", other]})) for other in others}
    assert [other for other in others if digests[other] == digests[text]] == [text]


def test_how_an_engine_keeps_values_leaves_no_trace() -> None:
    plain = pa.table({"name": ["a", None, "b"], "day": pa.array([1, None, 3], pa.date32())})
    kept = {"name": plain["name"].dictionary_encode(), "day": plain["day"]}
    assert table_digest(pa.table(kept)) == table_digest(plain)
    wide = plain.set_column(0, "name", plain["name"].cast(pa.large_string()))
    assert table_digest(wide) == table_digest(plain)
    views = plain.set_column(0, "name", plain["name"].cast(pa.string_view()))
    assert table_digest(views) == table_digest(plain)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_a_null_in_the_dictionary_itself_is_null_and_no_empty_text(kind: pa.DataType) -> None:
    texts = pa.array(["a", None], kind)
    kept = pa.DictionaryArray.from_arrays(pa.array([0, 1, None], pa.int32()), texts)
    assert kept.null_count < 2, "no mask tells of the null of the dictionary"
    nulls, empty = (pa.table({"name": ["a", *rest]}) for rest in ([None, None], ["", None]))
    assert table_digest(pa.table({"name": kept})) == table_digest(nulls) != table_digest(empty)


@pytest.mark.parametrize("place", [0, 8, 16, 24, 31])
def test_rows_are_in_order_wherever_their_digests_first_differ(place: int) -> None:
    low, high = (bytes([*[7] * place, letter, *[7] * (31 - place)]) for letter in (1, 200))
    others = [bytes([n] * 32) for n in (0, 255)]
    told = {
        Digest(columns="", rows=rows).hexdigest()
        for rows in ((low, high, *others), (*others, high, low), (high, others[1], low, others[0]))
    }
    assert told == {sha256(b"".join(sorted([low, high, *others]))).hexdigest()}


def test_what_lies_under_a_null_leaves_no_trace() -> None:
    masked = pa.array([1, 2, 3], mask=np.array([False, True, False]))
    under = pa.Array.from_buffers(
        pa.int64(), 3, [masked.buffers()[0], pa.py_buffer(np.array([1, 99, 3]).tobytes())]
    )
    assert under.equals(masked)
    assert table_digest(pa.table({"count": under})) == table_digest(pa.table({"count": masked}))


def test_a_type_that_no_indicator_has_is_refused() -> None:
    with pytest.raises(TypeError, match="no digest of a column of type decimal"):
        table_digest(pa.table({"amount": pa.array([Decimal(1)])}))

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.digest import Digest, DisorderError, content_digest, table_digest

IDS = {"entity_id": ["1", "2", "3"]}
PLAIN = IDS | {"name": ["a", None, "bc"], "count": [1, None, 0], "share": [0.0, 1.5, None]}


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
    turned = IDS | dict(reversed(PLAIN.items()))
    renamed = IDS | {"title": PLAIN["name"], "count": PLAIN["count"], "share": PLAIN["share"]}
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
    assert table_digest(turned) == table_digest(table) == digest_of(tmp_path, turned.to_pydict())
    assert len({table_digest(one) for one in (table, table.slice(0, 2), table.slice(1, 2))}) == 3


@pytest.mark.parametrize("ids", [["1", "1", "3"], ["1", None, "3"], [None, None, None]])
def test_keys_that_are_repeated_or_missing_are_refused(tmp_path: Path, ids: list[str | None]) -> None:
    table = pa.table(PLAIN | {"entity_id": pa.array(ids, pa.string())})
    with pytest.raises(DisorderError, match="null, repeated or not in ascending order"):
        table_digest(table)
    pq.write_table(table, tmp_path / "table.parquet")
    with pytest.raises(DisorderError, match="null, repeated or not in ascending order"):
        content_digest(tmp_path / "table.parquet")


@pytest.mark.parametrize("second", ["1", "2", None])
def test_rows_are_told_in_ascending_order(second: str | None) -> None:
    first, after = (pa.table({"entity_id": pa.array([one], pa.string())}) for one in ("2", second))
    digest = Digest(first.schema)
    digest.add(first)
    digest.add(first.slice(0, 0))
    with pytest.raises(DisorderError):
        digest.add(after)


def test_values_do_not_move_between_rows_or_columns() -> None:
    swapped = PLAIN | {"count": [None, 1, 0]}
    assert table_digest(pa.table(swapped)) != table_digest(pa.table(PLAIN))
    two = {"entity_id": ["1", "2"]}
    one = pa.table(two | {"a": ["x", None], "b": [None, "x"]})
    other = pa.table(two | {"a": [None, None], "b": ["x", "x"]})
    assert table_digest(one) != table_digest(other)
    cut, elsewhere = (pa.table(two | {"a": texts}) for texts in (["xy", "z"], ["x", "yz"]))
    assert table_digest(cut) != table_digest(elsewhere)


def test_a_folder_of_parts_has_the_digest_of_the_whole_however_it_is_cut(tmp_path: Path) -> None:
    table = pa.table({"name": [f"{n:018d}" for n in range(10_000)], "count": range(10_000)})
    folder = tmp_path / "parts"
    folder.mkdir()
    pq.write_table(table.slice(7_000), folder / "a.parquet")
    pq.write_table(table.slice(0, 7_000), folder / "b.parquet")
    pq.write_table(table.slice(0, 0), folder / "c.parquet")
    assert content_digest(folder) == table_digest(table)
    (folder / "a.parquet").rename(folder / "d.parquet")
    assert content_digest(folder) == table_digest(table), "in the order of their names, and in disorder"


@pytest.mark.parametrize("text", ["", "\0", "九一", "x" * 31, "x" * 32, "x" * 31 + "\0", "x" * 300])
def test_texts_of_any_length_are_told_apart(text: str) -> None:
    others = ("", "\0", "九一", "x" * 31, "x" * 32, "x" * 31 + "\0", "x" * 300)
    digests = {other: table_digest(pa.table(IDS | {"name": [None, "a", other]})) for other in others}
    assert [other for other in others if digests[other] == digests[text]] == [text]


def test_how_an_engine_keeps_values_leaves_no_trace() -> None:
    plain = pa.table(IDS | {"name": ["a", None, "b"], "day": pa.array([1, None, 3], pa.date32())})
    kept = IDS | {"name": plain["name"].dictionary_encode(), "day": plain["day"]}
    assert table_digest(pa.table(kept)) == table_digest(plain)
    wide = plain.set_column(1, "name", plain["name"].cast(pa.large_string()))
    assert table_digest(wide) == table_digest(plain)
    views = plain.set_column(1, "name", plain["name"].cast(pa.string_view()))
    assert table_digest(views) == table_digest(plain)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_a_null_in_the_dictionary_itself_is_null_and_no_empty_text(kind: pa.DataType) -> None:
    texts = pa.array(["a", None], kind)
    kept = pa.DictionaryArray.from_arrays(pa.array([0, 1, None], pa.int32()), texts)
    assert kept.null_count < 2, "no mask tells of the null of the dictionary"
    nulls, empty = (pa.table(IDS | {"name": ["a", *rest]}) for rest in ([None, None], ["", None]))
    assert table_digest(pa.table(IDS | {"name": kept})) == table_digest(nulls) != table_digest(empty)


def test_what_lies_under_a_null_leaves_no_trace() -> None:
    masked = pa.array([1, 2, 3], mask=np.array([False, True, False]))
    under = pa.Array.from_buffers(
        pa.int64(), 3, [masked.buffers()[0], pa.py_buffer(np.array([1, 99, 3]).tobytes())]
    )
    assert under.equals(masked)
    assert table_digest(pa.table(IDS | {"count": under})) == table_digest(pa.table(IDS | {"count": masked}))


def test_a_type_that_no_indicator_has_is_refused() -> None:
    with pytest.raises(TypeError, match="no digest of a column of type decimal"):
        table_digest(pa.table({"amount": pa.array([Decimal(1)])}))

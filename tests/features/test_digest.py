from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.digest import content_digest, table_digest

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

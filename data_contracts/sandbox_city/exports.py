"""Files as the offices send them: Parquet, GB18030 and UTF-8 text. Same rows, same bytes."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as text
import pyarrow.parquet as pq

ENCODINGS: Mapping[str, str] = {"listings.csv": "gb18030", "penalties.csv": "utf-8"}
MARKS: Mapping[str, bytes] = {"penalties.csv": codecs.BOM_UTF8}
ROWS_AT_ONCE = 200_000


def write_file(table: pa.Table, path: Path) -> None:
    """Writes a table by the ending and the encoding of its file."""
    if path.suffix == ".parquet":
        pq.write_table(table, path, compression="zstd", row_group_size=ROWS_AT_ONCE)
        return
    options = text.WriteOptions(include_header=False, quoting_style="none")
    encoding = ENCODINGS[path.name]
    with path.open("wb") as file:
        file.write(MARKS.get(path.name, b""))
        file.write((",".join(table.column_names) + "\n").encode(encoding))
        for start in range(0, table.num_rows, ROWS_AT_ONCE):
            written = pa.BufferOutputStream()
            text.write_csv(table.slice(start, ROWS_AT_ONCE), written, options)
            file.write(written.getvalue().to_pybytes().decode("utf-8").encode(encoding))

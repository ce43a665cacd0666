"""Raw files of any kind become rows of text, read strictly: nothing swallowed, guessed or run."""

from data_contracts.raw.door import text_to_parquet
from data_contracts.raw.files import RawFile, RawFileError, list_raw_files
from data_contracts.raw.first_rows import first_rows
from data_contracts.raw.header import RESERVED, names_of
from data_contracts.raw.kinds import is_archive_name, kind_of
from data_contracts.raw.parquet import refuse_damaged_parquet

__all__ = [
    "RESERVED",
    "RawFile",
    "RawFileError",
    "first_rows",
    "is_archive_name",
    "kind_of",
    "list_raw_files",
    "names_of",
    "refuse_damaged_parquet",
    "text_to_parquet",
]

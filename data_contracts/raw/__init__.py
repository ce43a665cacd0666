"""Raw files of any kind become rows of text, read strictly: nothing swallowed, guessed or run."""

from data_contracts.raw.delimited import text_to_parquet
from data_contracts.raw.files import RawFile, RawFileError, list_raw_files
from data_contracts.raw.header import RESERVED

__all__ = ["RESERVED", "RawFile", "RawFileError", "list_raw_files", "text_to_parquet"]

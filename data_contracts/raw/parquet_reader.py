"""Reads a Parquet file to its end in a process of its own that may fall: parquet_reader.py FILE SIZE BYTES.

Ends with 0 if all is well, with DAMAGED and what is wrong, with TOO_LARGE, or by a signal if the file brings
the reader down. It stands alone: importing more of ours would cost every file a second.
"""

from __future__ import annotations

import resource
import sys

if __name__ == "__main__":
    # Nothing here asks for numpy, and loading it would be half of the time that a small file takes.
    sys.modules["numpy"] = None  # type: ignore[assignment]

import pyarrow as pa
import pyarrow.parquet as pq

BATCH_ROWS = 1 << 14
BYTES_IN_A_SECOND = 1 << 20
SECONDS_AT_LEAST = 60
DAMAGED, TOO_LARGE = 3, 4


def read_to_the_end(path: str) -> None:
    """Unpacks every page, with every checksum that there is, and looks at every value."""
    with pq.ParquetFile(path, page_checksum_verification=True, pre_buffer=False) as file:
        for batch in file.iter_batches(batch_size=BATCH_ROWS, use_threads=False):
            batch.validate(full=True)


def main(path: str, size: int, most: int) -> int:
    """Reads a file of a size within most bytes of memory, and as long as its size allows."""
    seconds = SECONDS_AT_LEAST + size // BYTES_IN_A_SECOND
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pa.set_memory_pool(pa.system_memory_pool())
    pa.set_cpu_count(1)
    try:
        read_to_the_end(path)
    except MemoryError:
        return TOO_LARGE
    except (pa.ArrowException, OSError, ValueError, RuntimeError) as cause:
        sys.stdout.write(" ".join(str(cause).split()) or type(cause).__name__)
        return DAMAGED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))

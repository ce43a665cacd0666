"""A real PostgreSQL of a test run's own, on a socket in a folder that goes with it.

Needs the server (Debian's `postgresql`), which `make test` installs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

FOLDERS = os.pathsep.join([os.environ["PATH"], *map(str, Path("/usr/lib/postgresql").glob("*/bin"))])
SERVER, INITDB = (shutil.which(name, path=FOLDERS) for name in ("postgres", "initdb"))


@contextmanager
def cluster() -> Iterator[str]:
    """The address of a new cluster; PostgreSQL refuses to run as root, so its own account runs it then."""
    if SERVER is None or INITDB is None:
        pytest.fail("no PostgreSQL server: install it with `apt-get install postgresql`")
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    account = []
    if os.getuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        account = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    make = [
        *account,
        INITDB,
        "-D",
        str(folder / "data"),
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-sync",
    ]
    subprocess.run(make, check=True, capture_output=True, cwd=folder)
    settings = ["-c", "listen_addresses=", "-c", "fsync=off", "-k", str(folder)]
    with subprocess.Popen(
        [*account, SERVER, "-D", str(folder / "data"), *settings],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stderr is not None
        for line in server.stderr:
            if "ready to accept connections" in line:
                break
        yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
        server.terminate()
        server.communicate(timeout=20)
    shutil.rmtree(folder)

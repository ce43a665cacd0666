"""A release that a sandbox city of 20,000 taught, live in the ledger of another home: `FOLDER HOME`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ENTITIES = 20_000
WHY = ("--reason", "bench", "--despite", "all", "--because", "a benchmark grades nobody")


def run(home: Path, releases: Path, *words: str) -> None:
    """One of our commands in a home."""
    environment = os.environ | {"XINHENG_HOME": str(home), "XINHENG_RELEASES": str(releases)}
    subprocess.run([sys.executable, "-m", *words], env=environment, check=True)


def main() -> None:
    """Generates, admits, fits and promotes."""
    releases, home = Path(sys.argv[1]), Path(sys.argv[2])
    with tempfile.TemporaryDirectory(dir=home) as teacher:
        run(Path(teacher), releases, "data_contracts", "sandbox", "--entities", str(ENTITIES))
        run(Path(teacher), releases, "data_contracts", "admit")
        run(Path(teacher), releases, "training", "fit", "--by", "teacher")
    run(home, releases, "serving", "migrate")
    run(home, releases, "serving", "promote", "latest", "--by", "planner", *WHY)


if __name__ == "__main__":
    main()

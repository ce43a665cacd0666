"""What a release is made with on this machine: versions of libraries, the commit of the code."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("lightgbm", "numpy", "pyarrow", "duckdb", "ibis-framework", "scipy")


def libraries() -> dict[str, str]:
    """The versions that a model's bytes depend on."""
    return {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}


def code_commit() -> str:
    """The commit of this code, `-dirty` with uncommitted changes, or `unknown` outside a repository."""
    asked = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        told = subprocess.run(asked, cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return told.stdout.strip()

"""The stand-alone verifier stays what a stranger can read and run: short, and standard library only."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from serving.sampling import verifier

SOURCE = Path(verifier.__file__).read_text("utf-8")


def test_the_verifier_has_fewer_than_80_lines() -> None:
    assert len(SOURCE.splitlines()) < 80


def test_the_verifier_needs_nothing_but_the_standard_library() -> None:
    imported = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(ast.parse(SOURCE))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names

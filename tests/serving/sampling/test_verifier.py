"""The stand-alone verifiers stay what a stranger can read and run: short, and standard library only."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from types import ModuleType

import pytest

from serving.sampling import method_verifier, verifier

PROGRAMS = [verifier, method_verifier]


def source_of(program: ModuleType) -> str:
    return Path(str(program.__file__)).read_text("utf-8")


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_verifier_has_fewer_than_80_lines(program: ModuleType) -> None:
    assert len(source_of(program).splitlines()) < 80


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_verifier_needs_nothing_but_the_standard_library(program: ModuleType) -> None:
    """That for methods also needs the plain one, which is published beside it."""
    imported = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(ast.parse(source_of(program)))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    imported -= {verifier.__name__} if program is method_verifier else set()
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names

"""The house rules that no linter knows, held over every source file of the five packages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]
PACKAGES = ("data_contracts", "features", "models", "training", "serving")
SOURCES = sorted(path for package in PACKAGES for path in (HOUSE / package).rglob("*.py"))
FORBIDDEN_NAMES = {
    "utils", "util", "helpers", "helper", "common", "misc", "core", "base", "manager", "handler", "lib",
}  # fmt: skip
OUR_NAME = "信衡"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# Words live beside the thing they name; everywhere else an error text or a comment is English.
CHINESE_PLACES = (
    "data_contracts/sandbox_city/", "data_contracts/mapping", "data_contracts/reading", "data_contracts/dates",
    "features/catalogue/", "features/indicator.py", "models/grades.py", "models/direct_rules.py",
    "models/sentences.py", "models/values.py", "models/wording.py", "serving/web/", "serving/records.py",
    "training/selection.py", "training/model_card.py",
)  # fmt: skip
# Entry points read the clock, the environment and make seeds; what they call takes them as arguments.
ENTRY_POINTS = {"__main__.py", "service.py", "environment.py", "plan_commands.py"}


def relative(path: Path) -> str:
    return path.relative_to(HOUSE).as_posix()


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length_without_docstring(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) and len(function.body) > 1 else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_a_file_is_short_and_its_functions_are_shorter(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 400
    long = {f.name: length_without_docstring(f) for f in functions(path) if length_without_docstring(f) > 50}
    assert long == {}


def test_no_file_or_folder_is_a_junk_drawer() -> None:
    drawers = [relative(path) for path in SOURCES if FORBIDDEN_NAMES & {*path.parts, path.stem}]
    assert drawers == []


def test_no_module_is_named_like_a_package_of_ours_or_of_others() -> None:
    taken = {*PACKAGES, "duckdb", "ibis", "lightgbm", "mlflow", "bentoml", "fastapi", "sqlalchemy", "pandas"}
    assert [relative(path) for path in SOURCES if path.stem in taken] == []


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_no_private_name_crosses_a_folder(path: Path) -> None:
    crossing = [
        f"{node.module}.{alias.name}"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PACKAGES
        for alias in node.names
        if alias.name.startswith("_")
        and (node.module or "").rsplit(".", 1)[0].replace(".", "/") != relative(path.parent)
    ]
    assert crossing == []


@pytest.mark.parametrize("path", [p for p in SOURCES if p.name not in ENTRY_POINTS], ids=relative)
def test_clock_environment_and_chance_stay_in_entry_points(path: Path) -> None:
    effects = re.compile(
        r"\b(date\.today|datetime\.now|datetime\.utcnow|time\.time|os\.getenv|secrets\.\w+|random\.\w+\()|import random\b"
    )
    code = "\n".join(
        line for line in path.read_text("utf-8").splitlines() if not line.lstrip().startswith("#")
    )
    found = [m.group(0) for m in effects.finditer(code) if not code[: m.start()].endswith(("np.", "numpy."))]
    assert found == [], "pass the time, the seed or the setting as an argument"


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_nothing_is_pickled(path: Path) -> None:
    imported = {
        name.split(".")[0]
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    }
    assert imported & {"pickle", "cloudpickle", "joblib", "dill", "marshal"} == set()


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if not relative(p).startswith(CHINESE_PLACES)], ids=relative
)
def test_chinese_text_stands_only_where_words_live(path: Path) -> None:
    strings = [
        node.value
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and CHINESE.search(node.value.replace(OUR_NAME, ""))
    ]
    documented = {
        ast.get_docstring(n, clean=False)
        for n in ast.walk(parsed(path))
        if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef)
    }
    assert [text for text in strings if text not in documented] == []


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_every_module_says_what_lives_in_it(path: Path) -> None:
    if path.read_text("utf-8").strip():
        assert ast.get_docstring(parsed(path)), "a module opens with one to five lines on what lives here"


def test_notebooks_are_plain_python_without_outputs() -> None:
    assert list((HOUSE / "notebooks").glob("*.ipynb")) == []


def test_the_map_in_the_readme_equals_the_tree() -> None:
    readme = (HOUSE / "README.md").read_text("utf-8")
    listed = set(
        re.findall(
            r"^(?:\| )?`((?:data_contracts|features|training|models|serving)/[\w/]*\w+(?:\.py|/))`",
            readme,
            re.M,
        )
    )
    there = {
        relative(p)
        for p in SOURCES
        if p.parent.parent == HOUSE and p.name not in ("__init__.py", "__main__.py")
    }
    there |= {f"{relative(p.parent)}/" for p in SOURCES if p.parent.parent.parent == HOUSE}
    assert listed == there

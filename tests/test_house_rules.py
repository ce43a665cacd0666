"""The house rules that no linter knows, held over every source file of the five packages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]
PACKAGES = ("data_contracts", "features", "models", "training", "serving")
SOURCES = sorted(path for package in PACKAGES for path in (HOUSE / package).rglob("*.py"))
LONGEST_FILE = 400
LONGEST_FUNCTION = 50
FORBIDDEN_NAMES = frozenset(
    ["utils", "util", "helpers", "helper", "common", "misc", "core", "base", "manager", "handler", "lib"]
)  # fmt: skip
# Entry points read the clock and the environment and make seeds; what they call takes them as arguments.
ENTRY_POINTS = {"__main__.py", "service.py", "environment.py"}
ENTRY_FOLDERS = ("serving/commands",)
EFFECTS = re.compile(
    r"\b(date\.today|datetime\.now|datetime\.utcnow|time\.time|os\.getenv|os\.environ\[)"
    r"|(?<!np\.)(?<!numpy\.)\brandom\.\w+\(|\bimport random\b"
)
OUR_NAME = "信衡"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# Words live beside the thing they name; everywhere else an error text or a comment is English.
CHINESE_PLACES = (
    "data_contracts/sandbox_city/",
    "data_contracts/quality/words.py",
    "data_contracts/reading_words.py",
    "features/catalogue/",
    "features/indicator.py",
    "features/professional/",
    "models/dimensions.py",
    "models/alerts/",
    "models/change_told.py",
    "models/comparison.py",
    "models/colours.py",
    "models/days.py",
    "models/direct_rules/",
    "models/explanation/",
    "models/grades.py",
    "models/phrases.py",
    "models/record_words.py",
    "models/remedies/",
    "models/sentences.py",
    "models/values.py",
    "serving/inspections/plans/caps.py",
    "serving/inspections/clocks/clocks.py",
    "serving/inspections/field/starting.py",
    "serving/effect/definitions.py",
    "serving/inspections/results/cells.py",
    "serving/inspections/clocks/working_days.py",
    "serving/inspections/yearly/yearly_plan.py",
    "serving/records.py",
    "serving/sampling/eligibility.py",
    "serving/sampling/policy.py",
    "serving/sampling/presets.py",
    "serving/sampling/shadow_prices.py",
    "serving/rosters/",
    "serving/sampling/unstaffable.py",
    "serving/commands/tasks.py",
    "serving/web/",
    "training/judging/cautions.py",
    "training/judging/chance.py",
    "training/judging/drift.py",
    "training/judging/gates.py",
    "training/pack/baseline_words.py",
    "training/pack/charts.py",
    "training/pack/draws.py",
    "training/pack/page.py",
    "training/pack/tables.py",
    "training/release/model_card.py",
    "training/rows/selection.py",
)
PLACE = re.compile(r"^\| `((?:data_contracts|features|training|models|serving)/\w+(?:\.py|/))`", re.M)


def relative(path: Path) -> str:
    return path.relative_to(HOUSE).as_posix()


def is_entry_point(path: Path) -> bool:
    return path.name in ENTRY_POINTS or relative(path).startswith(ENTRY_FOLDERS)


WORDLESS = [path for path in SOURCES if not relative(path).startswith(CHINESE_PLACES)]
every_source = pytest.mark.parametrize("path", SOURCES, ids=relative)


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def length_without_docstring(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) and len(function.body) > 1 else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1


@every_source
def test_a_file_is_short_and_its_functions_are_shorter(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_FILE
    functions = [n for n in ast.walk(parsed(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert [f.name for f in functions if length_without_docstring(f) > LONGEST_FUNCTION] == []


def test_no_file_or_folder_is_a_junk_drawer() -> None:
    assert [relative(p) for p in SOURCES if FORBIDDEN_NAMES & {*Path(relative(p)).parts, p.stem}] == []


def test_no_module_is_named_like_a_package_of_ours_or_of_others() -> None:
    taken = {*PACKAGES, "duckdb", "ibis", "lightgbm", "mlflow", "bentoml", "fastapi", "sqlalchemy", "pandas"}
    assert [relative(path) for path in SOURCES if path.stem in taken] == []


@every_source
def test_no_private_name_crosses_a_folder(path: Path) -> None:
    here = ".".join(path.relative_to(HOUSE).parent.parts)
    crossing = [
        f"{node.module}.{alias.name}"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PACKAGES
        for alias in node.names
        if alias.name.startswith("_") and (node.module or "").rpartition(".")[0] != here
    ]
    assert crossing == []


@pytest.mark.parametrize("path", [p for p in SOURCES if not is_entry_point(p)], ids=relative)
def test_clock_environment_and_chance_stay_in_entry_points(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    code = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    assert EFFECTS.findall(code) == [], "pass the time, the seed or the setting as an argument"


@every_source
def test_nothing_is_pickled(path: Path) -> None:
    nodes = list(ast.walk(parsed(path)))
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported}.isdisjoint(
        {"pickle", "cloudpickle", "joblib", "dill", "marshal"}
    )


@pytest.mark.parametrize("path", WORDLESS, ids=relative)
def test_chinese_text_stands_only_where_words_live(path: Path) -> None:
    nodes = list(ast.walk(parsed(path)))
    documented = {
        ast.get_docstring(node, clean=False)
        for node in nodes
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
    }
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    chinese = [text for text in texts if CHINESE.search(text.replace(OUR_NAME, ""))]
    assert [text for text in chinese if text not in documented] == []


@every_source
def test_every_module_says_what_lives_in_it(path: Path) -> None:
    if path.read_text("utf-8").strip():
        assert ast.get_docstring(parsed(path)), "a module opens with one to five lines on what lives here"


def test_notebooks_are_plain_python_without_outputs() -> None:
    assert list((HOUSE / "notebooks").glob("*.ipynb")) == []


def test_the_map_in_the_readme_equals_the_tree() -> None:
    listed = PLACE.findall((HOUSE / "README.md").read_text("utf-8"))
    files = {relative(path) for path in SOURCES if path.parent.parent == HOUSE}
    files -= {f"{package}/{name}.py" for package in PACKAGES for name in ("__init__", "__main__")}
    folders = {f"{relative(path.parent)}/" for path in SOURCES if path.parent.parent.parent == HOUSE}
    assert sorted(listed) == sorted(files | folders)

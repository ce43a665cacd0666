"""Professional catalogues (专业型) beside the general one (通用型): a file for each field of supervision.

A file here that holds a `FIELD` is all that a field needs: it is found by its place, and checked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from traceback import extract_tb

from data_contracts.near_names import near
from features.assembly import definitions
from features.catalogue import CATALOGUE
from features.indicator import Indicator
from features.professional.field import Field, FieldError

HERE = Path(__file__).parent
# What is here and no field: the package itself, and what a field is.
NO_FIELDS = ("__init__", "field")


def fields_in(folder: Path, names: Collection[str] | None = None) -> dict[str, Field]:
    """The fields of a folder by name, each in a file of its name; a clash with another one is refused.

    Only those named are read if names are given: a file that is broken stops nobody who does not ask for it.
    """
    files = {path.stem: path for path in sorted(folder.glob("*.py")) if path.stem not in NO_FIELDS}
    for name in sorted(set(names or ()) - set(files)):
        raise _unknown(name, files)
    fields = {name: _read(path) for name, path in files.items() if names is None or name in names}
    for expected, got, todo in _clashes(fields):
        raise FieldError(expected=expected, got=got, todo=todo)
    return fields


@cache
def fields() -> Mapping[str, Field]:
    """The fields that come with the product."""
    return fields_in(HERE)


def catalogue_of(names: Sequence[str], known: Mapping[str, Field] | None = None) -> tuple[Indicator, ...]:
    """The general catalogue, then those of the fields named, in the order of their names.

    What fields add is checked here, before an engine opens: no test of ours has seen it.
    """
    if not names:
        return CATALOGUE
    known = fields_in(HERE, names) if known is None else known
    for name in names:
        if name not in known:
            raise _unknown(name, known)
    whole = (*CATALOGUE, *(i for name in sorted(set(names)) for i in known[name].indicators))
    definitions(whole)
    return whole


def _unknown(name: str, known: Collection[str]) -> FieldError:
    return FieldError(
        expected="the name of a field",
        got=f"{name!r}{near(name, known)}",
        todo=f"use one of {', '.join(known)}; see `python -m features fields`",
    )


def _read(path: Path) -> Field:
    """The field in a file."""
    spec = spec_from_file_location(f"features.professional.{path.stem}", path)
    if spec is None or spec.loader is None:
        raise FieldError(expected=f"{path} to be Python", got="a file of another kind", todo="end it in .py")
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as cause:
        raise FieldError(
            expected=f"{path}{_line(path, cause)} to declare a field",
            got=f"{type(cause).__name__}: {str(cause).rstrip('.')}",
            todo="correct that line of the file",
        ) from cause
    field = getattr(module, "FIELD", None)
    if not isinstance(field, Field) or field.name != path.stem:
        raise FieldError(
            expected=f"{path} to hold FIELD, a Field named {path.stem!r}",
            got=f"FIELD of the name {field.name!r}" if isinstance(field, Field) else f"{field!r}",
            todo="write FIELD = Field(name=…), named like the file",
        )
    return field


def _line(path: Path, cause: Exception) -> str:
    """Where in the file it went wrong: its last line on the way to the fault."""
    on_the_way = [frame.lineno for frame in extract_tb(cause.__traceback__) if frame.filename == str(path)]
    if isinstance(cause, SyntaxError) and cause.filename == str(path):
        on_the_way.append(cause.lineno)
    return f", line {on_the_way[-1]}," if on_the_way else ""


def _clashes(found: Mapping[str, Field]) -> list[tuple[str, str, str]]:
    """What two fields, or a field and the general catalogue, both claim."""
    names = {indicator.name: "the general catalogue" for indicator in CATALOGUE}
    labels = {indicator.label_zh: indicator.name for indicator in CATALOGUE}
    codes: dict[str, str] = {}
    clashes = []
    for field in found.values():
        for indicator in field.indicators:
            if indicator.name in names:
                clashes.append(
                    ("indicator", indicator.name, f"field {field.name!r} and {names[indicator.name]}")
                )
            elif indicator.label_zh in labels:
                clashes.append(
                    ("label", indicator.label_zh, f"{indicator.name!r} and {labels[indicator.label_zh]!r}")
                )
            names[indicator.name] = f"field {field.name!r}"
            labels[indicator.label_zh] = indicator.name
        for item in field.items:
            if item.code in codes:
                clashes.append(("item", item.code, f"fields {codes[item.code]!r} and {field.name!r}"))
            codes[item.code] = field.name
    return [
        (f"the {what} {name!r} to be declared once", f"twice: by {who}", "rename one of the two")
        for what, name, who in clashes
    ]

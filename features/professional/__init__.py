"""Professional catalogues (专业型) beside the general one (通用型): a file for each field of supervision.

A file here that holds a `FIELD` is all that a field needs: it is found by its place, and checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from data_contracts.near_names import near
from features.catalogue import CATALOGUE
from features.indicator import Indicator
from features.professional.field import Field, FieldError

HERE = Path(__file__).parent
# What is here and no field: the package itself, and what a field is.
NO_FIELDS = ("__init__", "field")


def fields_in(folder: Path) -> dict[str, Field]:
    """The fields of a folder by name, each in a file of its name; a clash with another one is refused."""
    files = sorted(path for path in folder.glob("*.py") if path.stem not in NO_FIELDS)
    fields = {path.stem: _read(path) for path in files}
    for expected, got, todo in _clashes(fields):
        raise FieldError(expected=expected, got=got, todo=todo)
    return fields


@cache
def fields() -> Mapping[str, Field]:
    """The fields that come with the product."""
    return fields_in(HERE)


def catalogue_of(names: Sequence[str], known: Mapping[str, Field] | None = None) -> tuple[Indicator, ...]:
    """The general catalogue, then those of the fields named, in the order of their names."""
    known = fields() if known is None else known
    for name in names:
        if name not in known:
            raise FieldError(
                expected="the name of a field",
                got=f"{name!r}{near(name, known)}",
                todo=f"use one of {', '.join(known)}; see `python -m features fields`",
            )
    return (*CATALOGUE, *(i for name in sorted(set(names)) for i in known[name].indicators))


def _read(path: Path) -> Field:
    """The field in a file."""
    spec = spec_from_file_location(f"features.professional.{path.stem}", path)
    if spec is None or spec.loader is None:
        raise FieldError(expected=f"{path} to be Python", got="a file of another kind", todo="end it in .py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    field = getattr(module, "FIELD", None)
    if not isinstance(field, Field) or field.name != path.stem:
        raise FieldError(
            expected=f"{path} to hold FIELD, a Field named {path.stem!r}",
            got=f"FIELD of the name {field.name!r}" if isinstance(field, Field) else f"{field!r}",
            todo="write FIELD = Field(name=…), named like the file",
        )
    return field


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

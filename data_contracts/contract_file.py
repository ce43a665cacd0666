"""One contract file as the published ODCS models read it; unknown keys are refused by name.

What ODCS has no field for stands in `customProperties`. What the keys mean to us is in contract.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from open_data_contract_standard.model import OpenDataContractStandard
from pydantic import BaseModel, ValidationError

from data_contracts.near_names import near
from data_contracts.refusal import Refusal

# The same safe loader in C reads all contracts in a tenth of a second instead of one.
_SAFE = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class ContractError(Refusal):
    """A contract file that does not say what a contract must say."""


def read_model(path: Path) -> OpenDataContractStandard:
    """The file, validated by the published models; refuses every key that they do not know."""
    document = read_document(path)
    # The top model refuses unknown keys without a near name; the walk below finds all of them alike.
    top = {field.alias or name for name, field in OpenDataContractStandard.model_fields.items()}
    try:
        model = OpenDataContractStandard.model_validate({k: v for k, v in document.items() if k in top})
    except ValidationError as cause:
        first = cause.errors()[0]
        raise ContractError(
            expected=f"{path.name} to keep the Open Data Contract Standard 3.1",
            got=f"at {'.'.join(map(str, first['loc']))}: {first['msg']}",
            todo="correct that key",
        ) from cause
    unknown = list(_unknown_keys(document, model, path.name))
    if unknown:
        raise ContractError(
            expected="only keys of the Open Data Contract Standard 3.1",
            got="; ".join(unknown),
            todo="correct the keys, or put the facts into customProperties",
        )
    if not model.schema_ or len(model.schema_) != 1 or not model.schema_[0].properties:
        raise ContractError(
            expected=f"{path.name} to describe exactly one table with its columns",
            got=f"{len(model.schema_ or [])} entries under 'schema'",
            todo="give one file to each table",
        )
    return model


def read_document(path: Path) -> dict[str, Any]:
    """The keys of a YAML file."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), _SAFE)
    except (yaml.YAMLError, UnicodeDecodeError) as cause:
        what, told = f"{path.name} to be YAML in UTF-8", " ".join(str(cause).split())
        raise ContractError(expected=what, got=told, todo="correct the line it names") from cause
    if not isinstance(document, dict):
        raise ContractError(
            expected=f"{path.name} to be a YAML mapping of ODCS keys",
            got=type(document).__name__,
            todo="start from a contract beside it",
        )
    return document


def custom_properties(owner: Any, allowed: frozenset[str], place: str) -> dict[str, Any]:
    """The custom properties of a table, column or rule; unknown ones are refused."""
    found: dict[str, Any] = {}
    for item in owner.customProperties or []:
        if item.property not in allowed:
            raise ContractError(
                expected=f"customProperties of {place} to be among {', '.join(sorted(allowed))}",
                got=f"{item.property!r}{near(str(item.property), allowed)}",
                todo="correct the name, or teach contract.py the new property",
            )
        found[item.property] = item.value
    return found


def _unknown_keys(raw: Any, model: Any, place: str) -> Iterator[str]:
    """Places of keys that the models silently dropped: they ignore unknown keys below the top."""
    if isinstance(raw, list) and isinstance(model, list):
        for index, (raw_item, item) in enumerate(zip(raw, model, strict=True)):
            yield from _unknown_keys(raw_item, item, f"{place}[{index}]")
    if not (isinstance(raw, dict) and isinstance(model, BaseModel)):
        return
    names = {field.alias or name: name for name, field in type(model).model_fields.items()}
    for key, value in raw.items():
        if key not in names:
            yield f"{place}.{key}{near(str(key), names)}"
        else:
            yield from _unknown_keys(value, getattr(model, names[key]), f"{place}.{key}")

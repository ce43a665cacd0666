"""Reads one JSON object of a release field by field: exact keys, exact types, the place in every error."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NoReturn

from data_contracts.refusal import Refusal

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


class DocumentMismatch(Refusal):
    """A JSON file of a release does not have the agreed shape."""


def write_json(value: Json) -> str:
    """The one spelling of a release's JSON files: sorted keys, two spaces, real characters, no NaN."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2, sort_keys=True) + "\n"


@dataclass(frozen=True, slots=True)
class Document:
    """One JSON object with the place it was read from."""

    place: str
    fields: Mapping[str, Json]

    def exactly(self, *keys: str) -> Document:
        """Itself, when it has these keys and no other."""
        missing = sorted(set(keys) - set(self.fields))
        extra = sorted(set(self.fields) - set(keys))
        if missing or extra:
            self._refuse(f"the keys {', '.join(keys)}", f"missing {missing}, unknown {extra}")
        return self

    def text(self, key: str) -> str:
        """The text at the key."""
        value = self.fields.get(key)
        return value if isinstance(value, str) else self._refuse(f"text in {key!r}", repr(value))

    def integer(self, key: str) -> int:
        """The whole number at the key."""
        value = self.fields.get(key)
        if isinstance(value, bool) or not isinstance(value, int):
            self._refuse(f"a whole number in {key!r}", repr(value))
        return value

    def optional_integer(self, key: str) -> int | None:
        """The whole number at the key, or nothing where it is null."""
        return None if self.fields.get(key) is None else self.integer(key)

    def number(self, key: str) -> float:
        """The finite number at the key."""
        return self._finite(key, self.fields.get(key))

    def flag(self, key: str) -> bool:
        """The boolean at the key."""
        value = self.fields.get(key)
        return value if isinstance(value, bool) else self._refuse(f"true or false in {key!r}", repr(value))

    def texts(self, key: str) -> tuple[str, ...]:
        """The list of texts at the key."""
        values = self._list(key)
        if not all(isinstance(value, str) for value in values):
            self._refuse(f"a list of texts in {key!r}", repr(values)[:120])
        return tuple(str(value) for value in values)

    def numbers(self, key: str) -> tuple[float, ...]:
        """The list of finite numbers at the key."""
        return tuple(self._finite(key, value) for value in self._list(key))

    def rows(self, key: str) -> tuple[tuple[float | None, ...], ...]:
        """The list of lists of numbers at the key; null is a missing value."""
        rows = self._list(key)
        return tuple(self._row(key, row) for row in rows)

    def dates(self, key: str) -> tuple[date, ...]:
        """The list of ISO dates at the key."""
        try:
            return tuple(date.fromisoformat(text) for text in self.texts(key))
        except ValueError as error:
            self._refuse(f"ISO dates in {key!r}", str(error))

    def objects(self, key: str) -> tuple[Document, ...]:
        """The list of objects at the key."""
        place = f"{self.place}, {key}"
        return tuple(
            document_of(value, f"{place} {number}") for number, value in enumerate(self._list(key), 1)
        )

    def inner(self, key: str) -> Document:
        """The object at the key."""
        return document_of(self.fields.get(key), f"{self.place}, {key}")

    def text_by_name(self, key: str) -> dict[str, str]:
        """The object of texts at the key."""
        inner = self.inner(key)
        return {name: inner.text(name) for name in inner.fields}

    def _list(self, key: str) -> Sequence[Json]:
        value = self.fields.get(key)
        return value if isinstance(value, list) else self._refuse(f"a list in {key!r}", repr(value)[:120])

    def _row(self, key: str, row: Json) -> tuple[float | None, ...]:
        if not isinstance(row, list):
            self._refuse(f"a list of lists in {key!r}", repr(row)[:120])
        return tuple(None if value is None else self._finite(key, value) for value in row)

    def _finite(self, key: str, value: Json) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self._refuse(f"a finite number in {key!r}", repr(value))
        return float(value)

    def _refuse(self, expected: str, got: str) -> NoReturn:
        raise DocumentMismatch(
            expected=expected,
            got=f"{got} in {self.place}",
            todo="write the file again with the release writer",
        )


def document_of(value: Json, place: str) -> Document:
    """The value as a document, when it is a JSON object."""
    if not isinstance(value, dict):
        raise DocumentMismatch(
            expected="a JSON object",
            got=f"{type(value).__name__} in {place}",
            todo="write the file again with the release writer",
        )
    return Document(place, value)


def parse_json(text: str, place: str) -> Json:
    """The parsed text; NaN and infinities, which JSON does not know, are refused."""
    try:
        value: Json = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise DocumentMismatch(
            expected="valid JSON",
            got=f"{error} in {place}",
            todo="restore the file from the place it was written",
        ) from error
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"the constant {name}")

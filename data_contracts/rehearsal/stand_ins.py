"""What a column of ours is made of when no heading speaks for it: honest stand-ins, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from data_contracts.contract import Column, Contract
from data_contracts.conversions import named
from data_contracts.mapping.foreign_words import code_named_in
from data_contracts.rehearsal.advice import UNKNOWN, toml_text
from data_contracts.rehearsal.column_guesses import Match, is_name
from data_contracts.rehearsal.file_profile import ColumnProfile

GUESS = "GUESS"
EXPORT_DAY = '{ date = "exported_on" }'


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the draft: `made` is TOML, `why` what a person should look at (nothing if it is sure)."""

    column: str
    made: str
    why: str = ""

    def __str__(self) -> str:
        """Reads as `column = made  # GUESS: why`."""
        return f"{self.column} = {self.made}" + (f"  # {GUESS}: {self.why}" if self.why else "")


def text_of(foreign: ColumnProfile) -> str:
    """A column as it stands; without the point of a number that is whole."""
    return toml_text(f"CAST({named(foreign.name)} AS BIGINT)" if foreign.whole else foreign.name)


def date_of(foreign: ColumnProfile, heading: str) -> tuple[str, list[str]]:
    """How a column of dates is read, and what its values leave open."""
    plain, day, month = (foreign.shares[style] for style in ("date", "day_first", "month_first"))
    if max(day, month) <= 0 or plain >= 1:
        return f"{{ date = {heading} }}", []
    doubt = ["day first or month first? the values fit both"] if day == month else []
    return f"{{ date = {heading}, day_first = {'true' if day >= month else 'false'} }}", doubt


def is_undated(column: Column) -> bool:
    """True for the day of an event that a source may leave open."""
    return column.undatable and column.clock == "occurred"


def stand_in(
    file: str,
    contract: Contract,
    column: Column,
    matches: Mapping[str, Match],
    columns: Sequence[ColumnProfile],
) -> Entry:
    """What may stand for a required column that the file does not have; honest, or a question to a person."""
    name, codes = column.name, [code.code for code in column.codes]
    if name == "known_on":
        made, why = known_on(contract, matches)
    elif name == "occurred_on" and "known_on" in matches:
        made, why = known_on(contract, matches)[0], "the only date of the file: is it the day it happened?"
    elif name == "id_kind":
        entity = matches.get("entity_id")
        told = named(entity.foreign.name) if entity else "NULL"
        made, why = toml_text(f"id_kind({told})"), ""
        if entity and entity.foreign.shares["uscc"] >= 1:
            made = '{ value = "uscc" }'
    elif name == "entity_id" and any(is_name(foreign) for foreign in columns):
        made = toml_text(next(foreign.name for foreign in columns if is_name(foreign)))
        why = "no number found: entities would be told apart by their names"
    elif name in contract.key and name != "entity_id":
        cells = ", ".join(named(foreign.name) for foreign in columns if not foreign.may_name_persons)
        made = toml_text(f"content_id(concat_ws('|', {cells}))")
        why = "no number found: equal rows get equal ids, and count once"
    elif codes:
        of_file = code_named_in(contract.table, column, Path(file).stem)
        choice = of_file or ("unknown" if "unknown" in codes else UNKNOWN)
        made, why = f'{{ value = "{choice}" }}', f"one of {', '.join(codes)}"
    else:
        name, made, why = f"# {name}", '"?"', f"no column looks like {column.label_zh}: {column.meaning}"
    return Entry(column=name, made=made, why=why)


def known_on(contract: Contract, matches: Mapping[str, Match]) -> tuple[str, str]:
    """When a row became known, and why that is a guess."""
    known, occurred = matches.get("known_on"), matches.get("occurred_on")
    if known:
        return date_of(known.foreign, toml_text(known.foreign.name))[0], ""
    if contract.table == "entities":
        return EXPORT_DAY, "attributes are known from the day of the export on"
    if occurred:
        made = date_of(occurred.foreign, toml_text(occurred.foreign.name))[0]
        return made, "no day of entry found: the day it happened stands for it"
    return EXPORT_DAY, "no date found: known on the day of the export, never before"

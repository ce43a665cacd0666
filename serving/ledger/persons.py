"""Names of persons in the ledger: how one is written down, and when two spellings are one person."""

from __future__ import annotations

from unicodedata import normalize


def tidy_name(name: str) -> str:
    """The name as it is kept: the spelling of its owner, with single spaces."""
    return " ".join(name.split())


def person_key(name: str) -> str:
    """Equal for two spellings of one name: width, case and spaces make no second person."""
    return tidy_name(normalize("NFKC", normalize("NFKC", name).casefold()))


def same_person(one: str, other: str) -> bool:
    """Whether the two names are one person's."""
    return person_key(one) == person_key(other)


def name_fault(name: str) -> str:
    """What is wrong with a name, if anything: what nobody can see would make a second person of the first."""
    if not name.strip():
        return "no person"
    return "" if name.isprintable() else f"person {name!r} with invisible signs"

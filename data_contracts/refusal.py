"""The one shape of every error that a person must act on: what was expected, what came, what to do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class Refusal(Exception):  # noqa: N818 - it names what happens to the input
    """Input that is refused: `expected`, `got` (with its place) and `todo` are shown together."""

    def __init__(self, *, expected: str, got: str, todo: str) -> None:
        """Keeps the three parts; each is a phrase without a closing full stop."""
        super().__init__(expected, got, todo)
        self.expected = expected
        self.got = got
        self.todo = todo

    def __str__(self) -> str:
        """Reads as one line: `Expected …; got …. To do: ….`"""
        return f"Expected {self.expected}; got {self.got}. To do: {self.todo}."


@contextmanager
def exit_on_refusal() -> Iterator[None]:
    """Turns a Refusal into its message on standard error and exit code 2 (entry points only)."""
    try:
        yield
    except Refusal as refusal:
        sys.stderr.write(f"\n{refusal}\n")
        raise SystemExit(2) from refusal

"""The one shape of every error that a person must act on: what was expected, what came, what to do."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn


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


# What is wrong with the place where a person keeps things, and no mistake of ours.
_OF_THE_PLACE = frozenset(
    {
        errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP,
        errno.ENAMETOOLONG, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO,
    }
)  # fmt: skip


class UnusablePlace(Refusal):
    """A file or folder that the system does not let us read or write."""


@contextmanager
def exit_on_refusal() -> Iterator[None]:
    """Turns a Refusal into its message on standard error and exit code 2 (entry points only).

    So is what the system says of a file or folder: whoever runs the command can put it right.
    """
    try:
        yield
    except Refusal as refusal:
        _exit(refusal)
    except OSError as cause:
        if cause.errno not in _OF_THE_PLACE:
            raise
        _exit(_unusable(cause))


def _unusable(cause: OSError) -> UnusablePlace:
    place = " or ".join(str(name) for name in (cause.filename, cause.filename2) if name is not None)
    return UnusablePlace(
        expected=f"{place or 'every file and folder of the command'} to be there, with room and the right to "
        "read and write",
        got=(cause.strerror or str(cause)).strip(". "),
        todo="give the account that runs this command that right, or name another place: XINHENG_HOME is the "
        "folder of all records, TMPDIR that of passing files",
    )


def _exit(refusal: Refusal) -> NoReturn:
    sys.stderr.write(f"\n{refusal}\n")
    raise SystemExit(2) from refusal

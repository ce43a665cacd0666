"""What ends a command in words: refusals, and what the system says of files and folders."""

from __future__ import annotations

import errno
import os

import pytest

from data_contracts.refusal import Refusal, exit_on_refusal


def ended_with(error: Exception, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended, exit_on_refusal():
        raise error
    assert ended.value.code == 2
    return capsys.readouterr().err.strip()


def test_a_refusal_ends_in_its_three_parts(capsys: pytest.CaptureFixture[str]) -> None:
    refusal = Refusal(expected="a day", got="'soon'", todo="write a day")
    assert ended_with(refusal, capsys) == "Expected a day; got 'soon'. To do: write a day."


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.EACCES, "Permission denied"),
        (errno.EROFS, "Read-only file system"),
        (errno.ENOSPC, "No space left on device"),
        (errno.ENOTDIR, "Not a directory"),
        (errno.ENOENT, "No such file or directory"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_a_place_that_cannot_be_used_is_named(
    number: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = ended_with(OSError(number, os.strerror(number), "/srv/xinheng/raw"), capsys)
    assert said.startswith("Expected /srv/xinheng/raw to be there, with room and the right to read and write")
    assert f"; got {told}. To do: give the account that runs this command that right, or name another" in said
    assert "XINHENG_HOME" in said


def test_both_places_of_a_move_are_named_and_a_place_without_name_is_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    moved = OSError(errno.EACCES, "Permission denied", "a", None, "b")
    assert "Expected a or b to be there" in ended_with(moved, capsys)
    assert "Expected every file and folder of the command to be" in ended_with(
        OSError(errno.EACCES, "Permission denied"), capsys
    )


@pytest.mark.parametrize("error", [BrokenPipeError(errno.EPIPE, "Broken pipe"), OSError("ours"), KeyError()])
def test_other_errors_are_ours_and_keep_their_trace(error: Exception) -> None:
    with pytest.raises(type(error)), exit_on_refusal():
        raise error

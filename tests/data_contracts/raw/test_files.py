"""A raw folder holds plain files of its own under names that trick nobody; all else is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from data_contracts.raw import RawFileError, list_raw_files


def names_in(folder: Path) -> list[str]:
    return [raw.name for raw in list_raw_files(folder)]


def test_files_are_listed_by_their_path_inside_and_hidden_ones_are_none(tmp_path: Path) -> None:
    (tmp_path / "2024").mkdir()
    (tmp_path / ".git").mkdir()
    for name in ("b.csv", "2024/信用.csv", ".hidden", ".git/config", "2024/a b (1).csv"):
        (tmp_path / name).write_text("x")
    assert names_in(tmp_path) == ["2024/a b (1).csv", "2024/信用.csv", "b.csv"]


def test_a_link_may_stand_for_a_file_inside_and_for_nothing_else(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "a.csv").write_text("x")
    (raw / "b.csv").symlink_to("a.csv")
    assert names_in(raw) == ["a.csv", "b.csv"]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("../outside.csv", "out of the raw folder"),
        ("/etc/passwd", "out of the raw folder"),
        ("nowhere.csv", "to nothing, or in a circle"),
        ("link.csv", "to nothing, or in a circle"),
        (".", "to a folder"),
        ("..", "out of the raw folder"),
    ],
)
def test_a_link_that_leads_elsewhere_is_refused(tmp_path: Path, target: str, words: str) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    (tmp_path / "outside.csv").write_text("x")
    (raw / "link.csv").symlink_to(target)
    with pytest.raises(RawFileError) as caught:
        list_raw_files(raw)
    assert str(caught.value) == (
        "Expected every link in the raw folder to lead to a file inside it; "
        f"got link.csv, which leads {words}. To do: put the file itself there, or take the link out."
    )


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(RawFileError, match=r"got a\.csv, a device, pipe or socket\. To do: take it out"):
        list_raw_files(tmp_path)


def test_a_link_to_a_device_is_refused_and_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").symlink_to("/dev/zero")
    with pytest.raises(RawFileError, match=r"a\.csv, which leads out of the raw folder"):
        list_raw_files(tmp_path)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("a\nb.csv", r"'a\nb.csv' with U+000A"),
        ("a\x1b[2J.csv", r"'a\x1b[2J.csv' with U+001B"),
        ("a\u202evsc.exe", r"'a\u202evsc.exe' with U+202E"),
        ("a\u200b.csv", r"'a\u200b.csv' with U+200B"),
        ("C:\\a.csv", r"'C:\\a.csv' with a backslash"),
        (os.fsdecode(b"\xff.csv"), r"'\udcff.csv' with U+DCFF"),
    ],
)
def test_a_name_that_does_not_show_what_it_is_is_refused(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / name).write_text("x")
    with pytest.raises(RawFileError) as caught:
        list_raw_files(tmp_path)
    assert str(caught.value) == (
        f"Expected names of files that show every character they have; got {told}. "
        "To do: give the file a plain name."
    )


@pytest.mark.parametrize(
    ("one", "other"), [("a.csv", "A.CSV"), ("caf\u00e9.csv", "cafe\u0301.csv"), ("Ａ.csv", "a.csv")]
)
def test_names_alike_on_other_systems_are_refused_together(tmp_path: Path, one: str, other: str) -> None:
    (tmp_path / one).write_text("x")
    (tmp_path / other).write_text("y")
    with pytest.raises(
        RawFileError, match=r"differ in more than case and Unicode form; got '.*' and '.*'\. To"
    ):
        list_raw_files(tmp_path)


def test_equal_names_in_different_folders_are_different(tmp_path: Path) -> None:
    for folder in ("2023", "2024"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.csv").write_text("x")
    assert names_in(tmp_path) == ["2023/a.csv", "2024/a.csv"]

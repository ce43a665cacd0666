"""A release folder is loaded whole and unchanged, or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from models.document import DocumentMismatch
from models.manifest import HASHED_FILES, RELEASE_FILES, Manifest
from models.registry import release_ids, resolve
from models.release import (
    Release,
    ReleaseDamaged,
    ReleaseNotFound,
    ReleaseOutdated,
    load_release,
    read_release,
)


def test_a_release_is_loaded_with_all_its_parts(release: Release, release_folder: Path) -> None:
    assert release.release_id == release_folder.name
    assert release.release_id.startswith("sandbox-20250401-")
    assert release.names == tuple(release.booster.feature_name())
    assert release.card == "# A tiny release\n"


def test_a_release_cannot_be_changed(release: Release) -> None:
    with pytest.raises(FrozenInstanceError):
        release.card = "better"  # type: ignore[misc]


@pytest.mark.parametrize("name", RELEASE_FILES)
def test_a_damaged_byte_in_any_file_is_refused(copied: Path, name: str) -> None:
    content = bytearray((copied / name).read_bytes())
    place = content.index(b"1") if b"1" in content else 3
    content[place] = ord("2")
    (copied / name).write_bytes(bytes(content))
    with pytest.raises((ReleaseDamaged, DocumentMismatch)):
        load_release(copied)


@pytest.mark.parametrize("name", HASHED_FILES)
def test_a_changed_file_is_named_with_both_digests(copied: Path, name: str) -> None:
    (copied / name).write_bytes((copied / name).read_bytes() + b" ")
    with pytest.raises(
        ReleaseDamaged, match=rf"Expected {name} with SHA-256 [0-9a-f]{{64}}; got [0-9a-f]{{64}} in"
    ):
        load_release(copied)


def test_no_byte_reaches_the_tree_parser_before_its_digest_is_right(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LightGBM's parser has open out-of-bounds reports; a stranger's text must never get there."""
    parsed: list[str] = []
    monkeypatch.setattr("lightgbm.Booster", parsed.append)
    (copied / "booster.txt").write_text("tree\nnum_leaves=99999999999\n", "utf-8")
    with pytest.raises(ReleaseDamaged, match=r"booster.txt with SHA-256"):
        load_release(copied)
    assert parsed == []


def test_an_unknown_file_is_refused(copied: Path) -> None:
    (copied / "model.pkl").write_bytes(b"\x80\x04")
    with pytest.raises(ReleaseDamaged, match=r"unknown \['model.pkl'\], missing \[\]"):
        load_release(copied)


@pytest.mark.parametrize("name", RELEASE_FILES)
def test_a_missing_file_is_refused(copied: Path, name: str) -> None:
    (copied / name).unlink()
    with pytest.raises(ReleaseDamaged, match=rf"missing \['{name}'\]"):
        load_release(copied)


def test_a_link_in_place_of_a_file_is_refused(copied: Path, release_folder: Path) -> None:
    (copied / "booster.txt").unlink()
    (copied / "booster.txt").symlink_to(release_folder / "booster.txt")
    with pytest.raises(ReleaseDamaged, match=r"booster.txt in .* is a link or a folder"):
        load_release(copied)


def test_a_file_beyond_its_size_is_refused_before_it_is_read(copied: Path) -> None:
    with (copied / "card.md").open("r+b") as file:
        file.truncate(2 * 1024 * 1024)
    with pytest.raises(ReleaseDamaged, match=r"card.md of at most 1048576 bytes; got 2097152 bytes"):
        load_release(copied)


@pytest.mark.parametrize(("old", "lacking"), [(1, ("gates.json", "validation.html")), (2, ())])
def test_a_release_of_an_older_format_is_refused_with_the_way_out(
    copied: Path, old: int, lacking: tuple[str, ...]
) -> None:
    """It lacks today's files, or the margin of its change guard, yet it is not damaged."""
    for name in lacking:
        (copied / name).unlink()
    text = (copied / "manifest.json").read_text("utf-8").replace('"format": 3', f'"format": {old}')
    (copied / "manifest.json").write_text(text, "utf-8")
    with pytest.raises(ReleaseOutdated, match=rf"format 3, with .* guard; got format {old} .* training fit"):
        load_release(copied)
    assert release_ids(copied.parent) == ()
    assert resolve(copied.parent, copied.name) == copied


def test_a_folder_that_is_not_there_names_the_commands(tmp_path: Path) -> None:
    with pytest.raises(ReleaseNotFound, match="python -m models show"):
        load_release(tmp_path / "sandbox-20250101-00000000")


def test_a_release_under_another_name_is_refused(copied: Path) -> None:
    moved = copied.rename(copied.with_name("sandbox-20260101-00000000"))
    with pytest.raises(ReleaseDamaged, match="Expected release sandbox-20260101-00000000"):
        load_release(moved)
    assert read_release(moved).release_id == copied.name


def test_the_digest_in_the_ledger_pins_the_release(release: Release, release_folder: Path) -> None:
    assert load_release(release_folder, digest=release.digest).digest == release.digest
    with pytest.raises(ReleaseDamaged, match="the recorded manifest digest"):
        load_release(release_folder, digest="0" * 64)


def test_golden_rows_that_score_otherwise_here_are_refused(
    copied: Path, reseal: Callable[[Path], Path]
) -> None:
    golden = json.loads((copied / "golden.json").read_text("utf-8"))
    golden["raw"][4] += 1e-6
    (copied / "golden.json").write_text(json.dumps(golden), "utf-8")
    with pytest.raises(ReleaseDamaged, match="golden rows to 1e-09; got a difference of 1e-06"):
        load_release(reseal(copied))


def test_trees_over_other_columns_than_the_indicators_are_refused(
    copied: Path, reseal: Callable[[Path], Path]
) -> None:
    indicators = json.loads((copied / "indicators.json").read_text("utf-8"))
    indicators[0], indicators[1] = indicators[1], indicators[0]
    (copied / "indicators.json").write_text(json.dumps(indicators), "utf-8")
    with pytest.raises(ReleaseDamaged, match="penalties_count_365d against penalties_count_1095d"):
        load_release(reseal(copied))


def test_nonsense_in_place_of_trees_is_refused(copied: Path, reseal: Callable[[Path], Path]) -> None:
    (copied / "booster.txt").write_text("these are no trees", "utf-8")
    with pytest.raises(ReleaseDamaged, match="a LightGBM text model"):
        load_release(reseal(copied))


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("calibration.json", '"slope": 0.9', '"slope": -0.9', "a positive slope"),
        ("calibration.json", '"slope": 0.9', '"slope": NaN', "the constant NaN"),
        ("calibration.json", '"slope": 0.9', '"steepness": 0.9', r"unknown \['steepness'\]"),
        ("grades.json", "0.35", "0.7", "three probabilities between 0 and 1 that do not fall"),
        ("indicators.json", '"kind": "number"', '"kind": "vector"', "kind integer, number, category"),
        ("golden.json", '"raw"', '"raw_scores"', r"unknown \['raw_scores'\]"),
        ("validation.json", "{", "[{", "valid JSON"),
    ],
)  # fmt: skip
def test_a_part_of_another_shape_is_refused(
    copied: Path, reseal: Callable[[Path], Path], name: str, old: str, new: str, message: str
) -> None:
    text = (copied / name).read_text("utf-8")
    assert old in text
    (copied / name).write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(Exception, match=message):
        load_release(reseal(copied))


def test_the_manifest_comes_back_from_its_own_text(release: Release) -> None:
    assert Manifest.from_json(release.manifest.to_json()) == release.manifest


def test_the_name_changes_with_anything_in_the_manifest(release: Release) -> None:
    text = release.manifest.to_json().replace('"trained_by": "han"', '"trained_by": "li"')
    assert Manifest.from_json(text).sealed().release_id != release.release_id


def test_a_manifest_of_a_later_format_is_refused(release: Release) -> None:
    text = release.manifest.to_json().replace('"format": 3', '"format": 4')
    with pytest.raises(DocumentMismatch, match="Expected format 3; got format 4"):
        Manifest.from_json(text)

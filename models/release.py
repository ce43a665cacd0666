"""Loads a release from its folder: listed names and sizes, then digests, then parsing, then golden rows.

LightGBM's text parser is not safe on a stranger's file, so no byte reaches it before its digest is right.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np
import numpy.typing as npt

from data_contracts.refusal import Refusal
from models.calibration import Calibration
from models.document import Json, document_of, parse_json, write_json
from models.grades import GradeCuts
from models.manifest import (
    BOOSTER_FILE,
    CALIBRATION_FILE,
    CARD_FILE,
    FORMAT,
    GOLDEN_FILE,
    GRADES_FILE,
    HASHED_FILES,
    INDICATORS_FILE,
    MANIFEST_FILE,
    PAGE_FILE,
    RELEASE_FILES,
    SIZE_LIMITS,
    VALIDATION_FILE,
    Manifest,
    format_of,
    sha256,
)
from models.schema import Schema, schema_from_json
from models.verdict import VERDICT_FILE, Verdict

if TYPE_CHECKING:
    import lightgbm

# Sums of the same leaves in the same order; another processor may contract a multiplication and addition.
GOLDEN_TOLERANCE = 1e-9


class ReleaseDamaged(Refusal):
    """A release folder whose bytes are not those that were written."""


class ReleaseOutdated(Refusal):
    """A release of another format: an older one lacks its gates' verdict, or its change guard."""


class ReleaseNotFound(Refusal):
    """No release under this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """Rows of the model's matrix with the raw scores the trainer saw; null is a missing value."""

    rows: tuple[tuple[float | None, ...], ...]
    raw: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuses an empty self-test, which would test nothing."""
        if not self.rows or len(self.rows) != len(self.raw) or len({len(row) for row in self.rows}) != 1:
            _damaged(
                "at least one golden row, all of one length, with one raw score each",
                f"{len(self.rows)} rows and {len(self.raw)} scores",
            )

    @property
    def matrix(self) -> npt.NDArray[np.float64]:
        """The rows as the booster takes them."""
        return np.array(
            [[np.nan if value is None else value for value in row] for row in self.rows], dtype=np.float64
        )

    @staticmethod
    def of(matrix: npt.NDArray[np.float64], raw: npt.NDArray[np.float64]) -> Golden:
        """Golden rows of a matrix with NaN for missing, as the trainer has it."""
        rows = tuple(tuple(None if np.isnan(v) else float(v) for v in row) for row in matrix)
        return Golden(rows=rows, raw=tuple(float(value) for value in raw))

    def to_json(self) -> str:
        """The text of golden.json."""
        rows: list[Json] = [list(row) for row in self.rows]
        return write_json({"rows": rows, "raw": list(self.raw)})

    @staticmethod
    def from_json(text: str, place: str = GOLDEN_FILE) -> Golden:
        """Reads golden.json strictly."""
        document = document_of(parse_json(text, place), place).exactly("rows", "raw")
        return Golden(rows=document.rows("rows"), raw=document.numbers("raw"))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Release:
    """A verified release. `digest` is the SHA-256 of its manifest and so pins every byte."""

    folder: Path
    digest: str
    manifest: Manifest
    schema: Schema
    calibration: Calibration
    cuts: GradeCuts
    golden: Golden
    validation: Mapping[str, Json]
    verdict: Verdict
    page: str
    card: str
    booster: lightgbm.Booster

    @property
    def release_id(self) -> str:
        """The name of the release: city, last training date, digest."""
        return self.manifest.release_id

    @property
    def names(self) -> tuple[str, ...]:
        """The indicator columns in the order of the matrix."""
        return tuple(spec.name for spec in self.schema)


def load_release(folder: Path, *, digest: str | None = None) -> Release:
    """The release in the folder, verified; `digest` is the manifest's SHA-256 if the ledger has one."""
    release = read_release(folder)
    if release.release_id != folder.name:
        _damaged(
            f"release {folder.name} in a folder of that name", f"release {release.release_id} in {folder}"
        )
    if digest is not None and release.digest != digest:
        _damaged(f"the recorded manifest digest {digest}", f"{release.digest} in {folder}")
    return release


def read_release(folder: Path) -> Release:
    """The verified release in a folder of any name; the writer proves its work before the final rename."""
    contents = _contents(folder)
    manifest = Manifest.from_json(_text(contents, MANIFEST_FILE), str(folder / MANIFEST_FILE))
    _check_digests(folder, manifest, contents)
    document = {name: _text(contents, name) for name in HASHED_FILES}
    release = Release(
        folder=folder,
        digest=sha256(contents[MANIFEST_FILE]),
        manifest=manifest,
        schema=schema_from_json(document[INDICATORS_FILE], str(folder / INDICATORS_FILE)),
        calibration=Calibration.from_json(document[CALIBRATION_FILE], str(folder / CALIBRATION_FILE)),
        cuts=GradeCuts.from_json(document[GRADES_FILE], str(folder / GRADES_FILE)),
        golden=Golden.from_json(document[GOLDEN_FILE], str(folder / GOLDEN_FILE)),
        validation=document_of(
            parse_json(document[VALIDATION_FILE], VALIDATION_FILE), VALIDATION_FILE
        ).fields,
        verdict=Verdict.from_json(document[VERDICT_FILE], str(folder / VERDICT_FILE)),
        page=document[PAGE_FILE],
        card=document[CARD_FILE],
        booster=_booster(document[BOOSTER_FILE], folder),
    )
    _check_booster(release)
    return release


def _contents(folder: Path) -> dict[str, bytes]:
    """Every file's bytes, read once so that what is hashed is what is parsed."""
    if not folder.is_dir():
        raise ReleaseNotFound(
            expected="a release folder",
            got=f"nothing at {folder}",
            todo="list the releases with `python -m models show` or make one with `python -m training fit`",
        )
    found = {path.name: path.lstat() for path in folder.iterdir()}
    _check_format(folder, found)
    extra, missing = sorted(set(found) - set(RELEASE_FILES)), sorted(set(RELEASE_FILES) - set(found))
    if extra or missing:
        _damaged(f"the files {', '.join(RELEASE_FILES)}", f"unknown {extra}, missing {missing} in {folder}")
    for name, status in found.items():
        if not stat.S_ISREG(status.st_mode):
            _damaged("plain files", f"{name} in {folder} is a link or a folder")
        if status.st_size > SIZE_LIMITS[name]:
            _damaged(f"{name} of at most {SIZE_LIMITS[name]} bytes", f"{status.st_size} bytes in {folder}")
    return {name: (folder / name).read_bytes() for name in RELEASE_FILES}


def _check_format(folder: Path, found: Mapping[str, os.stat_result]) -> None:
    """Says that a release is of another format before it would seem damaged for lack of today's files."""
    status = found.get(MANIFEST_FILE)
    if status is None or not stat.S_ISREG(status.st_mode) or status.st_size > SIZE_LIMITS[MANIFEST_FILE]:
        return
    made = format_of(_text({MANIFEST_FILE: (folder / MANIFEST_FILE).read_bytes()}, MANIFEST_FILE))
    if made != FORMAT:
        raise ReleaseOutdated(
            expected=f"a release of format {FORMAT}, with its verdict and its change guard",
            got=f"format {made} in {folder}",
            todo="fit it again with `python -m training fit --by NAME`",
        )


def _check_digests(folder: Path, manifest: Manifest, contents: Mapping[str, bytes]) -> None:
    sealed = manifest.sealed().release_id
    if sealed != manifest.release_id:
        _damaged(
            f"the manifest of {manifest.release_id}", f"one whose content is that of {sealed} in {folder}"
        )
    for name in HASHED_FILES:
        digest = sha256(contents[name])
        if digest != manifest.files[name]:
            _damaged(f"{name} with SHA-256 {manifest.files[name]}", f"{digest} in {folder}")


def _booster(text: str, folder: Path) -> lightgbm.Booster:
    import lightgbm  # noqa: PLC0415 - takes seconds, which whoever only names a release saves

    try:
        return lightgbm.Booster(model_str=text)
    except (lightgbm.basic.LightGBMError, ValueError) as error:
        raise ReleaseDamaged(
            expected="a LightGBM text model",
            got=f"{str(error)[:160]} in {folder / BOOSTER_FILE}",
            todo="write the release again with this version of LightGBM",
        ) from error


def _check_booster(release: Release) -> None:
    """The trees speak of the columns of indicators.json and give the trainer's scores on this machine."""
    names = tuple(release.booster.feature_name())
    if names != release.names:
        different = [f"{a} against {b}" for a, b in zip(names, release.names, strict=False) if a != b][:3]
        _damaged(
            f"trees over the {len(release.names)} columns of {INDICATORS_FILE}",
            f"{len(names)} columns, {', '.join(different) or 'the rest missing'} in {release.folder}",
        )
    golden = release.golden.matrix
    if golden.shape[1] != len(names):
        _damaged(f"golden rows of {len(names)} values", f"{golden.shape[1]} in {release.folder}")
    raw = np.asarray(release.booster.predict(golden, raw_score=True, num_threads=1), dtype=np.float64)
    difference = float(np.abs(raw - np.asarray(release.golden.raw)).max())
    if not difference <= GOLDEN_TOLERANCE:
        _damaged(
            f"the trainer's scores on the golden rows to {GOLDEN_TOLERANCE:g}",
            f"a difference of {difference:.3g} in {release.folder} with LightGBM {version('lightgbm')}",
        )


def _text(contents: Mapping[str, bytes], name: str) -> str:
    try:
        return contents[name].decode("utf-8")
    except UnicodeDecodeError as error:
        raise ReleaseDamaged(
            expected=f"UTF-8 text in {name}",
            got=str(error),
            todo="restore the release from its backup or train it again",
        ) from error


def _damaged(expected: str, got: str) -> NoReturn:
    raise ReleaseDamaged(
        expected=expected,
        got=got,
        todo="restore the release from its backup or train it again; do not edit it",
    )

"""The manifest of a release: what it was made from, by whom, and the SHA-256 of every other file.

The release's name ends in a digest of the manifest, so that a name pins every byte of the folder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from models.document import Document, DocumentMismatch, Json, document_of, parse_json, write_json
from models.verdict import VERDICT_FILE

# 2: with the gates' verdict and the validation as a page. A release of format 1 was never judged: fit again.
# 3: with the margin of the change guard beside the cuts; what a release of format 2 would hold, nobody chose.
FORMAT = 3
MANIFEST_FILE = "manifest.json"
BOOSTER_FILE = "booster.txt"
INDICATORS_FILE = "indicators.json"
CALIBRATION_FILE = "calibration.json"
GRADES_FILE = "grades.json"
GOLDEN_FILE = "golden.json"
VALIDATION_FILE = "validation.json"
PAGE_FILE = "validation.html"
CARD_FILE = "card.md"

MEBIBYTE = 1024 * 1024
# A release holds these files and nothing else. The bounds are far above real sizes (a booster of 600 trees
# of depth 6 takes about 3 MiB) and keep a planted file from filling the memory before its digest is known.
SIZE_LIMITS: Mapping[str, int] = {
    MANIFEST_FILE: MEBIBYTE,
    BOOSTER_FILE: 256 * MEBIBYTE,
    INDICATORS_FILE: 4 * MEBIBYTE,
    CALIBRATION_FILE: MEBIBYTE,
    GRADES_FILE: MEBIBYTE,
    GOLDEN_FILE: 16 * MEBIBYTE,
    VALIDATION_FILE: 16 * MEBIBYTE,
    PAGE_FILE: 16 * MEBIBYTE,
    VERDICT_FILE: MEBIBYTE,
    CARD_FILE: MEBIBYTE,
}
RELEASE_FILES: tuple[str, ...] = tuple(SIZE_LIMITS)
HASHED_FILES: tuple[str, ...] = tuple(name for name in RELEASE_FILES if name != MANIFEST_FILE)

_KEYS = (
    "format", "release_id", "city", "outcome", "horizon_days", "trained_by",
    "training_dates", "calibration_dates", "test_dates",
    "lake_digest", "snapshot_digests", "definitions_digest", "code_commit",
    "libraries", "seeds", "parameters", "files",
)  # fmt: skip


def format_of(text: str, place: str = MANIFEST_FILE) -> int:
    """The format that a manifest says it has, whatever else stands in it."""
    return document_of(parse_json(text, place), place).integer("format")


def sha256(content: bytes) -> str:
    """The digest in the spelling of the manifest."""
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Where a release comes from. `release_id` is set by `sealed`."""

    city: str
    outcome: str
    horizon_days: int
    trained_by: str
    training_dates: tuple[date, ...]
    calibration_dates: tuple[date, ...]
    test_dates: tuple[date, ...]
    lake_digest: str
    snapshot_digests: Mapping[str, str]
    definitions_digest: str
    code_commit: str
    libraries: Mapping[str, str]
    seeds: Mapping[str, int]
    parameters: Mapping[str, Json]
    files: Mapping[str, str]
    release_id: str = ""
    format: int = FORMAT

    def __post_init__(self) -> None:
        """Refuses a manifest without training dates or with other files than a release has."""
        if not self.training_dates:
            self._refuse("at least one training date", "none")
        if set(self.files) != set(HASHED_FILES):
            self._refuse(f"digests of {', '.join(HASHED_FILES)}", f"digests of {sorted(self.files)}")
        if self.format != FORMAT:
            self._refuse(f"format {FORMAT}", f"format {self.format}")

    def to_json(self) -> str:
        """The text of manifest.json."""
        return write_json(
            {
                "format": self.format,
                "release_id": self.release_id,
                "city": self.city,
                "outcome": self.outcome,
                "horizon_days": self.horizon_days,
                "trained_by": self.trained_by,
                "training_dates": [day.isoformat() for day in self.training_dates],
                "calibration_dates": [day.isoformat() for day in self.calibration_dates],
                "test_dates": [day.isoformat() for day in self.test_dates],
                "lake_digest": self.lake_digest,
                "snapshot_digests": dict(self.snapshot_digests),
                "definitions_digest": self.definitions_digest,
                "code_commit": self.code_commit,
                "libraries": dict(self.libraries),
                "seeds": dict(self.seeds),
                "parameters": dict(self.parameters),
                "files": dict(self.files),
            }
        )

    @staticmethod
    def from_json(text: str, place: str = MANIFEST_FILE) -> Manifest:
        """Reads manifest.json strictly."""
        document = document_of(parse_json(text, place), place).exactly(*_KEYS)
        return Manifest(
            format=document.integer("format"),
            release_id=document.text("release_id"),
            city=document.text("city"),
            outcome=document.text("outcome"),
            horizon_days=document.integer("horizon_days"),
            trained_by=document.text("trained_by"),
            training_dates=document.dates("training_dates"),
            calibration_dates=document.dates("calibration_dates"),
            test_dates=document.dates("test_dates"),
            lake_digest=document.text("lake_digest"),
            snapshot_digests=document.text_by_name("snapshot_digests"),
            definitions_digest=document.text("definitions_digest"),
            code_commit=document.text("code_commit"),
            libraries=document.text_by_name("libraries"),
            seeds=_seeds(document.inner("seeds")),
            parameters=dict(document.inner("parameters").fields),
            files=document.text_by_name("files"),
        )

    def sealed(self) -> Manifest:
        """The same manifest under the name that its content gives: city, last training date, digest."""
        bare = replace(self, release_id="")
        digest = sha256(bare.to_json().encode("utf-8"))[:8]
        return replace(self, release_id=f"{self.city}-{max(self.training_dates):%Y%m%d}-{digest}")

    def _refuse(self, expected: str, got: str) -> None:
        raise DocumentMismatch(
            expected=expected,
            got=f"{got} in the manifest of {self.release_id or self.city}",
            todo="write the release again with this version of Xinheng",
        )


def _seeds(document: Document) -> dict[str, int]:
    return {name: document.integer(name) for name in document.fields}

"""The scale of a release: from a matrix to its calibrated probability, as training has it."""

from __future__ import annotations

from models.manifest import BOOSTER_FILE
from models.release import Release
from training.rows.parts import Scale


def scale_of(release: Release, *, threads: int = 2) -> Scale:
    """The booster's text, schema and calibration of a loaded release."""
    return Scale(
        schema=release.schema,
        booster=(release.folder / BOOSTER_FILE).read_text("utf-8"),
        calibration=release.calibration,
        threads=threads,
    )

"""The published folder of a drawn plan: the drawn entities with their probabilities, and all as one zip."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

from serving.inspections.plans.bundle import DRAW, BundleRefused

# A fixed time in every entry makes the same bundle the same bytes.
EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A drawn entity as published."""

    entity_id: str
    stratum: str
    grade: str
    inclusion_probability: str
    ticket: str


def drawn_entities(bundle: Path) -> tuple[Drawn, ...]:
    """The drawn entities in the order of their ids."""
    content = json.loads(_read(bundle / DRAW))
    return tuple(Drawn(**entity) for entity in content["selected"])


def zipped(bundle: Path) -> bytes:
    """The whole folder as a zip file, under the plan's name."""
    _read(bundle / DRAW)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path for path in bundle.iterdir() if path.is_file()):
            entry = zipfile.ZipInfo(f"{bundle.name}/{file.name}", EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
    return out.getvalue()


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BundleRefused(
            expected="the published folder of a drawn plan",
            got=f"no readable {file.name} of plan {file.parent.name}",
            todo="draw the plan first, or bring the file back from a copy",
        ) from error

"""Learning: the default model is fitted to 120 indicators of up to a million labelled rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.benchmarks.fit_million import LABEL, MATRIX, MODEL
from tests.benchmarks.subject import Step, Subject, Target, Work

FOLDER = "learning"
# The design's target for a million rows on two cores.
TARGET = Target(seconds=180, gib=8)


def work(home: Path, file: str) -> Work:
    """Every labelled row, and the file that came of them."""
    rows = len(np.load(home / FOLDER / LABEL, mmap_mode="r"))
    return Work(rows=rows, size_bytes=(home / FOLDER / file).stat().st_size)


def made(home: Path) -> Work:
    """The matrix."""
    return work(home, MATRIX)


def fitted(home: Path) -> Work:
    """The model."""
    return work(home, MODEL)


SUBJECT = Subject(
    name="learning",
    title="Learning: the default model on 120 indicators",
    steps=(
        Step(
            name="matrix",
            arguments=("tests.benchmarks.fit_million", f"{{home}}/{FOLDER}", "--rows", "{size}"),
            done=made,
            target=TARGET,
        ),
        Step(
            name="fit",
            arguments=("tests.benchmarks.fit_million", f"{{home}}/{FOLDER}"),
            done=fitted,
            target=TARGET,
        ),
    ),
    sizes=(10_000, 100_000, 1_000_000),
    size_word="rows",
)

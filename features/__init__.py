"""Indicators: one expression each, its meaning and its words, as of a day."""

from __future__ import annotations

from features.as_of import AsOf
from features.catalogue import CATALOGUE, by_name
from features.indicator import Dimension, Indicator
from features.snapshot import Snapshot, build_snapshot, open_snapshot

__all__ = [
    "CATALOGUE",
    "AsOf",
    "Dimension",
    "Indicator",
    "Snapshot",
    "build_snapshot",
    "by_name",
    "open_snapshot",
]

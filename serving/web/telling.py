"""Reasons in words, from the release's own indicators."""

from __future__ import annotations

from models.decision import Reason
from models.release import Release
from models.schema import IndicatorSpec
from models.sentences import sentence


def specs_of(release: Release) -> dict[str, IndicatorSpec]:
    """The release's indicators by name."""
    return {spec.name: spec for spec in release.schema}


def sentence_of(spec: IndicatorSpec, reason: Reason, language: str) -> str:
    """One reason as a sentence."""
    return sentence(spec, reason, language)

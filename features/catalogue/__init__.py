"""Every indicator, in one order: a file for each source (two for the largest), then the combinations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import ibis.expr.types as ir

from data_contracts.near_names import near
from features.as_of import Known
from features.catalogue import (
    annual_reports,
    combinations,
    commitments,
    complaints,
    entities,
    evaluations,
    inspections,
    intellectual_property,
    judicial,
    key_persons,
    licences,
    listings,
    parties,
    penalties,
    penalty_fields,
    products,
    public_opinion,
    registry_changes,
    relations,
    reported_figures,
    tax_social,
    violations,
)
from features.indicator import PARTIES, Indicator, IndicatorError

CATALOGUE: tuple[Indicator, ...] = (
    *entities.INDICATORS,
    *registry_changes.INDICATORS,
    *licences.INDICATORS,
    *annual_reports.INDICATORS,
    *reported_figures.INDICATORS,
    *tax_social.INDICATORS,
    *intellectual_property.INDICATORS,
    *listings.INDICATORS,
    *penalties.INDICATORS,
    *penalty_fields.INDICATORS,
    *judicial.INDICATORS,
    *inspections.INDICATORS,
    *violations.INDICATORS,
    *commitments.INDICATORS,
    *products.INDICATORS,
    *key_persons.INDICATORS,
    *relations.INDICATORS,
    *parties.INDICATORS,
    *complaints.INDICATORS,
    *public_opinion.INDICATORS,
    *evaluations.INDICATORS,
    *combinations.INDICATORS,
)

# What a source's indicators see instead of its known rows: rows and columns made once for all of them.
VIEWS: Mapping[str, Callable[[Known], ir.Table]] = MappingProxyType(
    {
        "annual_reports": lambda known: annual_reports.yearly(known["annual_reports"], known.as_of),
        "inspections": lambda known: inspections.seen(known["inspections"]),
        "relations": relations.counted,
        PARTIES: parties.parties,
        "licences": lambda known: licences.seen(known["licences"], known.as_of),
        "tax_social": lambda known: tax_social.periods(known["tax_social"]),
    }
)


def by_name(catalogue: tuple[Indicator, ...] = CATALOGUE) -> Mapping[str, Indicator]:
    """The indicators by name, in catalogue order."""
    return {indicator.name: indicator for indicator in catalogue}


def find_indicator(name: str, catalogue: tuple[Indicator, ...] = CATALOGUE) -> Indicator:
    """The indicator of that name, or a refusal with the nearest names."""
    named = by_name(catalogue)
    if name not in named:
        raise IndicatorError(
            expected="the name of an indicator",
            got=f"{name!r}{near(name, named)}",
            todo="see `python -m features list`",
        )
    return named[name]

"""Every kind of lawful act, and what the records of one entity offer."""

from __future__ import annotations

from collections.abc import Collection

from models.remedies import device_acts, filing_acts, listing_acts, repair_acts, tax_acts
from models.remedies.offers import Act, Offer
from models.remedies.records import Records

ACTS: tuple[Act, ...] = (
    filing_acts.FILE, filing_acts.CONTACT, filing_acts.FIGURES, listing_acts.REPORT,
    listing_acts.ADDRESS, listing_acts.DISCLOSURE,
    listing_acts.NAME, listing_acts.SERIOUS, listing_acts.JUDGMENT, *listing_acts.TAX_ACTS.values(),
    repair_acts.PENALTY, repair_acts.CHECK, repair_acts.LICENCE, repair_acts.QUALIFICATION,
    repair_acts.COMMITMENT, listing_acts.TAX_SERIOUS, tax_acts.PAY, device_acts.INSPECT, device_acts.RETEST,
)  # fmt: skip


def offers_of(records: Records, counted: Collection[str]) -> tuple[Offer, ...]:
    """The acts open to the entity that aim at an indicator which counts, the lightest kinds first."""
    found = (
        *filing_acts.filing_offers(records),
        *listing_acts.listing_offers(records),
        *repair_acts.repair_offers(records),
        *tax_acts.tax_offers(records),
        *device_acts.device_offers(records),
    )
    return tuple(offer for offer in found if set(offer.act.moves) & set(counted))

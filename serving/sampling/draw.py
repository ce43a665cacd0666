"""The draw: in each stratum the entities with the lowest tickets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nsmallest

from serving.sampling.allocation import Allocation
from serving.sampling.frame import Frame
from serving.sampling.tickets import ENTITIES, ticket_maker


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnEntity:
    """An entity that was drawn, the chance it had, and the ticket that proves it."""

    entity_id: str
    stratum: str
    grade: str
    inclusion_probability: str
    ticket: str

    def as_row(self) -> dict[str, str]:
        """The record as a row of the ledger and of draw.json."""
        return {
            "entity_id": self.entity_id,
            "stratum": self.stratum,
            "grade": self.grade,
            "inclusion_probability": self.inclusion_probability,
            "ticket": self.ticket,
        }


def draw(
    frame: Frame, allocations: Iterable[Allocation], *, seed: str, plan_id: str, side: str = ENTITIES
) -> tuple[DrawnEntity, ...]:
    """The drawn entities in the order of their ids; equal tickets (which nobody has ever seen) go by id."""
    ids = defaultdict[str, list[str]](list)
    for row in frame.rows:
        if not row.exclusion_reason:
            ids[row.stratum].append(row.entity_id)
    drawn: list[DrawnEntity] = []
    for allocation in allocations:
        ticket = ticket_maker(seed, plan_id, side=side, stratum=allocation.stratum)
        tickets = ((ticket(entity_id), entity_id) for entity_id in ids[allocation.stratum])
        lowest = nsmallest(allocation.count, tickets)
        drawn.extend(_drawn(allocation, entity_id, number) for number, entity_id in lowest)
    return tuple(sorted(drawn, key=lambda entity: entity.entity_id))


def _drawn(allocation: Allocation, entity_id: str, ticket: bytes) -> DrawnEntity:
    """One drawn entity with the chance of its stratum."""
    return DrawnEntity(
        entity_id=entity_id,
        stratum=allocation.stratum,
        grade=allocation.grade,
        inclusion_probability=allocation.probability_text,
        ticket=ticket.hex(),
    )

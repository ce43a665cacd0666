"""The draw: in each stratum the entities with the lowest tickets, or as the method orders them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from serving.sampling.allocation import Allocation
from serving.sampling.frame import Frame
from serving.sampling.method import PLAIN, Design, DrawMethod
from serving.sampling.tickets import ENTITIES, ticket_maker
from serving.sampling.unequal import UNIT, UnequalRefused, in_poisson, pareto_key, text_of_target

Ticket = Callable[[str], bytes]

# Tickets made at a time: their bytes are not kept, only their first eight.
_BLOCK = 1 << 16
# Chosen by floating point, decided in whole numbers: doubles of keys are right to 1e-12 by far.
_SLACK = 1 + 1e-9


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
    frame: Frame,
    allocations: Iterable[Allocation],
    *,
    seed: str,
    plan_id: str,
    side: str = ENTITIES,
    method: DrawMethod = PLAIN,
) -> tuple[DrawnEntity, ...]:
    """The drawn entities in the order of their ids; equal tickets (which nobody has ever seen) go by id."""
    if (frame.chances is None) is not (method.design is Design.STRATIFIED):
        raise UnequalRefused(
            expected=f"a frame with the chances of a {method.design} draw",
            got="one with " + ("equal chances" if frame.chances is None else "unequal chances"),
            todo="make the frame with Frame.with_targets for pareto and poisson, without it for stratified",
        )
    members = frame.members()
    label = method.ticket_label(plan_id)
    drawn: list[DrawnEntity] = []
    for one in allocations:
        places = members.get(one.stratum, np.zeros(0, np.int64))
        ticket = ticket_maker(
            seed,
            label,
            side=side,
            stratum=method.ticket_stratum(one.stratum),
            ticket_hash=method.ticket_hash,
        )
        ids = frame.ids_at(places)
        chances = None if frame.chances is None else frame.chances[places]
        for place in _chosen(ids, chances, one.count, ticket, method.design):
            text = one.probability_text if chances is None else text_of_target(int(chances[place]))
            drawn.append(
                DrawnEntity(
                    entity_id=ids[place],
                    stratum=one.stratum,
                    grade=one.grade,
                    inclusion_probability=text,
                    ticket=ticket(ids[place]).hex(),
                )
            )
    return tuple(sorted(drawn, key=lambda entity: entity.entity_id))


def _chosen(
    ids: Sequence[str], chances: np.ndarray | None, count: int, ticket: Ticket, design: Design
) -> Iterator[int]:
    """The places of those of one stratum that are drawn."""
    heads = _heads(ids, ticket)
    if design is Design.POISSON and chances is not None:
        # 2^-48 is far above the error of a double near 1.
        for place in map(int, np.flatnonzero(heads / 2.0**64 < chances / UNIT + 2.0**-48)):
            if in_poisson(int.from_bytes(ticket(ids[place])), int(chances[place])):
                yield place
    elif design is Design.PARETO and chances is not None:
        target = chances / UNIT
        near = _near((heads + 0.5) / (~heads + 0.5) * ((1 - target) / target), count)

        def key(place: int) -> tuple[int, int, str]:
            number = int.from_bytes(ticket(ids[place]))
            return pareto_key(number, int(chances[place])), number, ids[place]

        yield from sorted(near, key=key)[:count]
    else:
        yield from sorted(_near(heads, count), key=lambda place: (ticket(ids[place]), ids[place]))[:count]


def _heads(ids: Sequence[str], ticket: Ticket) -> np.ndarray:
    """The first 64 bits of each ticket."""
    heads = np.empty(len(ids), np.uint64)
    for begin in range(0, len(ids), _BLOCK):
        block = b"".join(map(ticket, ids[begin : begin + _BLOCK]))
        heads[begin : begin + _BLOCK] = np.frombuffer(block, ">u8")[::4]
    return heads


def _near(keys: np.ndarray, count: int) -> list[int]:
    """The places of the lowest keys, and of all that rounding could not tell from them."""
    if count == 0:
        return []
    if count >= len(keys):
        return list(range(len(keys)))
    last = np.partition(keys, count - 1)[count - 1]
    limit = last if keys.dtype == np.uint64 else last * _SLACK
    places: list[int] = np.flatnonzero(keys <= limit).tolist()
    return places

"""How a plan is drawn: which hash makes the tickets, which design, where the seed comes from, with whom.

The plain method (SHA-256, stratified, commit and reveal, alone) is that of every plan that names no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from data_contracts.refusal import Refusal
from serving.sampling.tickets import TicketHash, new_hash

_LONGEST_TEXT = 200


class DrawMethodRefused(Refusal):
    """A method of drawing that cannot be carried out, or not be repeated by others."""


class Design(StrEnum):
    """Who of a stratum is drawn: the same chance for all, unequal with a fixed size, unequal and free."""

    STRATIFIED = "stratified"
    PARETO = "pareto"
    POISSON = "poisson"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicSource:
    """A value that will be public: which one (the red ball of a lottery), and the moment it becomes known."""

    name: str
    published_at: datetime

    def __post_init__(self) -> None:
        """Both must be understood by everyone in the same way."""
        if not 0 < len(self.name.strip()) <= _LONGEST_TEXT or self.published_at.tzinfo is None:
            raise DrawMethodRefused(
                expected=f"the name of a public value, at most {_LONGEST_TEXT} signs, and a time with zone",
                got=f"{self.name!r} at {self.published_at.isoformat()}",
                todo="name source, issue and moment, for example 'lottery 3D, issue 2026187' at its hour",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class JointDraw:
    """Plans that share one seed and one ticket per entity; the ceremony is held on the first by id."""

    label: str
    plans: tuple[str, ...]

    def __post_init__(self) -> None:
        """A joint draw needs partners, each once, in the one order that the seed takes them."""
        if not self.label.strip() or len(self.plans) < 2 or list(self.plans) != sorted(set(self.plans)):
            raise DrawMethodRefused(
                expected="a label and two or more plan ids, each once, in order",
                got=f"{self.label!r} of {', '.join(self.plans) or 'no plans'}",
                todo="create the plans first, then name them all in each of them",
            )

    @property
    def lead(self) -> str:
        """The plan whose officials open the seed of all."""
        return self.plans[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawMethod:
    """The method of one plan."""

    ticket_hash: TicketHash = TicketHash.SHA256
    design: Design = Design.STRATIFIED
    public: PublicSource | None = None
    joint: JointDraw | None = None

    def __post_init__(self) -> None:
        """Refuses at once a hash that this machine cannot make."""
        new_hash(self.ticket_hash)

    @property
    def is_plain(self) -> bool:
        """True for the method that plans need not name."""
        return self == DrawMethod()

    def ticket_label(self, plan_id: str) -> str:
        """What stands for the draw in its tickets: partners share theirs."""
        return self.joint.label if self.joint else plan_id

    def ticket_stratum(self, stratum: str) -> str:
        """The stratum in the tickets; partners may cut their strata differently, so theirs have none."""
        return "" if self.joint else stratum

    def as_json(self) -> dict[str, Any]:
        """The method as written in plan.json and in the ledger."""
        public, joint = self.public, self.joint
        at = public.published_at.astimezone(UTC).isoformat(timespec="seconds") if public else ""
        return {
            "hash": self.ticket_hash.value,
            "design": self.design.value,
            "public": {"name": public.name, "published_at": at} if public else None,
            "joint": {"label": joint.label, "plans": list(joint.plans)} if joint else None,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> DrawMethod:
        """The method back from its record."""
        public, joint = content["public"], content["joint"]
        return cls(
            ticket_hash=TicketHash(content["hash"]),
            design=Design(content["design"]),
            public=PublicSource(
                name=public["name"], published_at=datetime.fromisoformat(public["published_at"])
            )
            if public
            else None,
            joint=JointDraw(label=joint["label"], plans=tuple(joint["plans"])) if joint else None,
        )


PLAIN = DrawMethod()

"""The verdict of a release: named gates with number, limit and reason; what failed keeps it from going live.

Training judges; here a verdict is only kept and read, so that serving can refuse what training failed.
"""

from __future__ import annotations

from dataclasses import dataclass

from data_contracts.refusal import Refusal
from models.document import Document, Json, document_of, parse_json, write_json

VERDICT_FILE = "gates.json"
_KEYS = ("name", "passed", "value", "limit", "reason_zh", "reason_en", "condition")


class VerdictRefused(Refusal):
    """A verdict that names no gate, or one gate twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One named condition: what was measured, what was asked, and why in both languages.

    `condition` names what a promoter must accept in words of their own even where the gate has passed.
    """

    name: str
    passed: bool
    value: float | str | None
    limit: str
    reason_zh: str
    reason_en: str
    condition: str = ""

    def fields(self) -> dict[str, Json]:
        """The gate as an object of gates.json."""
        return {name: getattr(self, name) for name in _KEYS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All gates of a release, each once, in the order they were judged."""

    gates: tuple[Gate, ...]

    def __post_init__(self) -> None:
        """Refuses a verdict without gates, which would let anything pass, and a gate judged twice."""
        names = [gate.name for gate in self.gates]
        if not names or len(set(names)) != len(names):
            raise VerdictRefused(
                expected="at least one gate, and each once",
                got=", ".join(names) or "none",
                todo="judge the release again with `python -m training fit --again`",
            )

    @property
    def passed(self) -> bool:
        """Whether every gate passed."""
        return not self.failed

    @property
    def failed(self) -> tuple[Gate, ...]:
        """The gates that did not pass."""
        return tuple(gate for gate in self.gates if not gate.passed)

    @property
    def conditions(self) -> tuple[Gate, ...]:
        """The passed gates that ask the promoter to accept something."""
        return tuple(gate for gate in self.gates if gate.passed and gate.condition)

    def to_json(self) -> str:
        """The text of gates.json."""
        gates: list[Json] = [gate.fields() for gate in self.gates]
        return write_json({"passed": self.passed, "gates": gates})

    @staticmethod
    def from_json(text: str, place: str = VERDICT_FILE) -> Verdict:
        """Reads gates.json strictly; `passed` must agree with the gates."""
        document = document_of(parse_json(text, place), place).exactly("passed", "gates")
        verdict = Verdict(gates=tuple(_gate(each) for each in document.objects("gates")))
        if document.flag("passed") != verdict.passed:
            raise VerdictRefused(
                expected=f"passed = {verdict.passed}, as its gates say",
                got=f"{document.flag('passed')} in {place}",
                todo="restore the release from its backup; do not edit it",
            )
        return verdict


def _gate(document: Document) -> Gate:
    document.exactly(*_KEYS)
    value = document.fields["value"]
    if value is not None and not isinstance(value, str):
        value = document.number("value")
    return Gate(
        name=document.text("name"),
        passed=document.flag("passed"),
        value=value,
        limit=document.text("limit"),
        reason_zh=document.text("reason_zh"),
        reason_en=document.text("reason_en"),
        condition=document.text("condition"),
    )

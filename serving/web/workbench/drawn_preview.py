"""What a form would draw, line by line as a freeze fixes it, whom it leaves out, what it finds and takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from data_contracts.refusal import Refusal
from models.grades import LETTERS
from serving.inspections.plans.plan import Plan
from serving.inspections.policies.policy_frames import policy_of_terms
from serving.ledger.tokens import Holder
from serving.rosters.item import Item
from serving.sampling.allocation import FULL, Allocation, enterprise_floor
from serving.sampling.policy import ORDINARY, SHIELDS, Policy, check_legal_floor
from serving.sampling.visit_findings import Alike, visit_chances
from serving.web.desk import Desk
from serving.web.hit_rates import Evidence, HitRate, evidence_of
from serving.web.holder import region_for
from serving.web.language import Say, speaker
from serving.web.preview import (
    Preview,
    percent_of,
    preview_of,
    preview_of_lines,
    refused_preview,
    visit_rate,
)
from serving.web.workbench.drawable import OUTSIDE, WHOLE, Drawable, chosen_items, drawable_under
from serving.web.workbench.expected import USUAL_HOURS, Expected, expected_of
from serving.web.workbench.form import PlanForm, hours_in, policy_in
from serving.web.workbench.partners import PartnerLine, by_department, merged, partners_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludedLine:
    """How many are not drawn, and why."""

    label: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLine:
    """An item of the plan: objects among those who may be drawn, its rate by grade (None: unknown), how often
    the plan is expected to check it, and the problems expected there.
    """

    code: str
    name: str
    minutes: int
    objects: int
    rates: tuple[HitRate | None, ...]
    checks: float
    findings: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkbenchPreview:
    """What the form would draw, whom it leaves out, and the officer-hours it takes.

    `whole` are drawn as full coverage, `pierced` are let in by a trigger despite a shield; `no_marks`: the
    policy has shields, and nobody has said of any entity that it bears one. `items` are empty where visits
    are weighed as a whole; `least`: visits with a finding if problems of a visit always come together.
    `alone`: a draw without tasks, which knows no types, caps and shields. `partners`: the plans of a joint
    one; its preview is then that of the visits which they share, in expectation.
    """

    preview: Preview
    drawable: int = 0
    total: int = 0
    excluded: tuple[ExcludedLine, ...] = ()
    ordinary: int = 0
    ordinary_drawn: int = 0
    whole: int = 0
    pierced: int = 0
    shielded: int = 0
    no_marks: bool = False
    hours: float = 0.0
    hours_per_visit: float = USUAL_HOURS
    hours_given: float | None = None
    from_items: bool = False
    items: tuple[ItemLine, ...] = ()
    least: float | None = None
    alone: bool = False
    partners: tuple[PartnerLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A form's counts by line with all that they follow from."""

    policy: Policy
    found: Drawable
    items: tuple[Item, ...]
    expected: Expected
    evidence: Evidence
    allocations: Mapping[str, Allocation]
    partners: tuple[PartnerLine, ...] = ()

    @property
    def rates(self) -> tuple[HitRate, ...]:
        """What a visit to each grade finds, with its interval."""
        return tuple(visit_rate(one, self.expected.chances.get(one), self.evidence) for one in LETTERS)

    @property
    def counts(self) -> dict[str, int]:
        """How many of each line are drawn."""
        return {line: one.count for line, one in self.allocations.items()}


def preview_for(desk: Desk, form: PlanForm, *, holder: Holder, language: str) -> WorkbenchPreview:
    """What the form would draw, or why it is refused."""
    try:
        return drawn_by(desk, form, policy_in(form), region_for(holder, form.region_prefix), language)
    except Refusal as refusal:
        return WorkbenchPreview(preview=refused_preview(refusal, language))


def counted_by(desk: Desk, form: PlanForm, policy: Policy, region: str) -> Drawn:
    """The counts of the form's plan, or of the visits that its joint plans share; raises what is refused."""
    codes = tuple(dict.fromkeys(form.items))
    found = drawable_under(desk, policy, items=codes, region=region, year=form.year, alone=form.draws_only)
    items, hours = chosen_items(desk, codes), hours_in(form.hours_per_visit, "officer-hours of a visit")
    expected = expected_of(desk, found, items, hours_per_visit=hours)
    allocations, partners = found.drawn_under(policy, codes), tuple[PartnerLine, ...]()
    if form.is_joint and len(by_department(items)) > 1:
        partners = partners_of(desk, policy, items, hours_per_visit=hours, region=region, year=form.year)
        allocations = merged(found, partners)
    return Drawn(
        policy=policy,
        found=found,
        items=items,
        expected=expected,
        evidence=evidence_of(desk.release),
        allocations=allocations,
        partners=partners,
    )


def drawn_by(desk: Desk, form: PlanForm, policy: Policy, region: str, language: str) -> WorkbenchPreview:
    """What a policy would draw for the form's items and region; raises what they are refused for."""
    drawn, say = counted_by(desk, form, policy, region), speaker(language)
    found, shown, counts = drawn.found, _preview(drawn), drawn.counts
    hours = sum(one.hours for one in drawn.partners) or drawn.expected.hours_of(counts)
    together = [(counts[line], one.together) for line, one in drawn.expected.chances.items()]
    return WorkbenchPreview(
        preview=with_floor(shown, policy, found, drawn.allocations),
        drawable=sum(found.sizes.values()),
        total=found.total,
        excluded=tuple(
            ExcludedLine(label=say(*OUTSIDE.get(code, (code, code))), count=count)
            for code, count in found.excluded.items()
        ),
        ordinary=found.sizes[ORDINARY],
        ordinary_drawn=counts[ORDINARY],
        whole=counts[WHOLE],
        pierced=found.pierced,
        shielded=sum(found.excluded.get(f"shield_{code}", 0) for code in SHIELDS),
        no_marks=bool(policy.shields) and found.marks is None and not form.draws_only,
        hours=hours,
        hours_per_visit=hours / shown.drawn if shown.drawn else USUAL_HOURS,
        hours_given=hours_in(form.hours, "officer-hours at hand"),
        from_items=drawn.expected.from_items,
        items=_item_lines(drawn, say),
        least=sum(count * chance for count, chance in together) if shown.expected is not None else None,
        alone=form.draws_only,
        partners=drawn.partners,
    )


def with_floor(
    preview: Preview,
    policy: Policy,
    found: Drawable,
    allocations: Mapping[str, Allocation],
    *,
    drawn_already: bool = False,
) -> Preview:
    """The preview with the legal floor held against enterprises alone, over the year and all plans.

    What this plan draws is taken in expectation, unless it is drawn and its visits are among the others.
    """
    floor = enterprise_floor(policy, allocations.values(), found.enterprises, total=found.total_enterprises)
    visited = found.visited_enterprises + (0 if drawn_already else floor.drawn)
    short = max(floor.required - visited, 0)
    return replace(preview, floor_met=short == 0, short=short, of_enterprises=True)


def preview_of_plan(desk: Desk, plan: Plan) -> Preview:
    """What a plan draws: the frozen counts once there are any, before that those of the register."""
    region, evidence = plan.draft.region_prefix, evidence_of(desk.release)
    policy = policy_of_terms(desk.ledger, plan.terms) if plan.terms else None
    if plan.terms is None or policy is None or plan.draft.register_digest != desk.register.digest:
        return _preview_alone(desk, plan)
    codes = plan.terms.item_codes
    try:
        found = drawable_under(desk, policy, items=codes, region=region, year=plan.terms.year)
        items = chosen_items(desk, codes)
    except Refusal:
        # Everybody may have had the visit, or the roster be gone; what is frozen is told without them.
        return _preview_alone(desk, plan)
    counted = found.drawn_under(policy, codes, plan.ratios)
    allocations = _by_line(plan) if plan.allocations else counted
    expected = expected_of(desk, found, items, hours_per_visit=None)
    drawn = Drawn(
        policy=policy, found=found, items=items, expected=expected, evidence=evidence, allocations=allocations
    )
    # What is frozen stands, but enterprises are known as of today: the floor is told of who may be drawn now.
    return with_floor(_preview(drawn), policy, found, counted, drawn_already=plan.is_drawn)


def _preview_alone(desk: Desk, plan: Plan) -> Preview:
    """A plan without who stands behind its lines: grades have the rates of the release, other lines none."""
    evidence = evidence_of(desk.release)
    if not plan.allocations:
        return preview_of(desk.register.counts(plan.draft.region_prefix), plan.ratios, evidence)
    allocations = _by_line(plan)
    known = {(one.grade, ""): (one.rate, 0.0) for one in evidence.rates.values() if one.rate is not None}
    chances = {grade: visit_chances([Alike(grade=grade, items=("",), size=1)], known) for grade, _ in known}
    texts = dict(zip(LETTERS, plan.ratios.texts(), strict=True))
    ratios = {line: texts.get(line) or f"{one.count}/{one.size or 1}" for line, one in allocations.items()}
    shown = preview_of_lines(
        allocations,
        chances,
        ratios={line: f"{percent_of(text)}%" for line, text in ratios.items()},
        evidence=evidence,
    )
    floor = check_legal_floor(drawn=shown.drawn, total=plan.frame_rows)
    return replace(shown, floor_met=floor.met, short=max(floor.required - shown.drawn, 0))


def _by_line(plan: Plan) -> dict[str, Allocation]:
    """The frozen strata summed by line: a letter, ORDINARY or full coverage."""
    sums = dict.fromkeys((*LETTERS, ORDINARY, WHOLE), (0, 0))
    for one in plan.allocations:
        line = WHOLE if one.stratum.endswith(FULL) else one.grade
        size, count = sums[line]
        sums[line] = (size + one.size, count + one.count)
    return {
        line: Allocation(stratum=line, grade=line, size=size, count=count)
        for line, (size, count) in sums.items()
    }


def _preview(drawn: Drawn) -> Preview:
    """The counts with what they find; the floor is held against them afterwards."""
    ratios = drawn.policy.drawn_ratios([item.code for item in drawn.items]) | {WHOLE: "1"}
    return preview_of_lines(
        drawn.allocations,
        drawn.expected.chances,
        ratios={line: f"{percent_of(text)}%" for line, text in ratios.items()},
        evidence=drawn.evidence,
    )


def _item_lines(drawn: Drawn, say: Say) -> tuple[ItemLine, ...]:
    """The items one by one, where past draws tell them apart."""
    rates = {(one.item, one.grade): one for one in drawn.expected.rates}
    if not rates or any(kind.items is None for kind in drawn.found.kinds):
        return ()
    return tuple(
        ItemLine(
            code=item.code,
            name=say(item.name_zh, item.name_en or item.name_zh),
            minutes=item.minutes,
            objects=sum(kind.size for kind in drawn.found.kinds if item.code in (kind.items or ())),
            rates=tuple(
                HitRate(
                    grade=grade,
                    inspected=one.inspected,
                    problems=one.problems,
                    rate=one.rate,
                    low=one.low,
                    high=one.high,
                )
                if (one := rates.get((item.code, grade)))
                else None
                for grade in LETTERS
            ),
            checks=drawn.expected.checks(drawn.counts, item.code),
            findings=drawn.expected.findings(drawn.counts, item.code),
        )
        for item in drawn.items
    )

"""A new plan in the ledger, from the form or the API: under the policy it names, or one of its own."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from serving.inspections.plans.plan import Plan, PlanDraft
from serving.inspections.plans.steps import create_joint_plans, create_plan
from serving.inspections.plans.terms import PlanTerms, TermsRefused
from serving.inspections.policies.policy_frames import policy_of_terms
from serving.inspections.policies.versions import create_policy, list_policies, policy_of_city
from serving.ledger.tokens import Holder
from serving.rosters.items import find_item
from serving.sampling.policy import Policy, Ratios
from serving.sampling.presets import is_preset, preset
from serving.web.desk import Desk
from serving.web.holder import region_for
from serving.web.preview import sizes_in
from serving.web.workbench.drawable import chosen_items, drawable_under
from serving.web.workbench.form import PlanForm, policy_in, same_policy, terms_in
from serving.web.workbench.partners import by_department

OWN_POLICY = ("", 0)


def plans_of_form(desk: Desk, form: PlanForm, holder: Holder) -> tuple[Plan, ...]:
    """Saves the draft, or those of a joint plan; raises what is refused, before anything is written."""
    policy, parts = policy_in(form), _by_department(desk, form)
    terms = [one for part in parts if (one := terms_in(part, policy, OWN_POLICY)) is not None]
    if not terms:
        ratios = policy.graded_ratios(())
        return (new_plan(desk, holder, title=form.title, ratios=ratios, region=form.region_prefix),)
    region, named = region_for(holder, form.region_prefix), named_policy(desk, form, policy)
    if named == OWN_POLICY or len(terms) > 1:
        # Refused before a policy of its own is written, which would stand without a plan.
        for one in terms:
            refuse_unfit(desk, one, policy, region)
    if named == OWN_POLICY:
        named = _own_policy(desk, form, policy, holder)
    terms = [replace(one, policy_id=named[0], policy_version=named[1]) for one in terms]
    # Those of the policy named, which may be written finer than a form shows them: 1/3, not 33.3 %.
    meant = policy_of_terms(desk.ledger, terms[0]) or policy
    if len(terms) == 1:
        ratios = meant.graded_ratios(terms[0].item_codes)
        return (new_plan(desk, holder, title=form.title, ratios=ratios, region=region, terms=terms[0]),)
    drafts = [
        (_draft(desk, f"{form.title} · {one.department}", meant.graded_ratios(one.item_codes), region), one)
        for one in terms
    ]
    return create_joint_plans(desk.ledger, drafts, by=holder.person, now=desk.now())


def _by_department(desk: Desk, form: PlanForm) -> list[PlanForm]:
    """The form, or one for each department of its items where every one is to have a plan."""
    items = chosen_items(desk, form.items) if form.is_joint else ()
    parts = [
        form.model_copy(update={"department": department, "items": list(codes)})
        for department, codes in by_department(items).items()
    ]
    return parts or [form]


def new_plan(
    desk: Desk, holder: Holder, *, title: str, ratios: Ratios, region: str, terms: PlanTerms | None = None
) -> Plan:
    """Creates a plan within the holder's region; under a policy, the ratios are those of the policy."""
    region_prefix = region_for(holder, region)
    sizes_in(desk.register, region_prefix)
    if terms is not None:
        refuse_misfit(desk, terms, ratios, region_prefix)
    draft = _draft(desk, title, ratios, region_prefix)
    return create_plan(desk.ledger, draft, by=holder.person, now=desk.now(), terms=terms)


def _draft(desk: Desk, title: str, ratios: Ratios, region_prefix: str) -> PlanDraft:
    """A draft on the register that is served."""
    return PlanDraft(
        title=title,
        city=desk.city,
        as_of=desk.register.as_of,
        release_id=desk.register.card.release_id,
        register_digest=desk.register.digest,
        ratios=ratios,
        region_prefix=region_prefix,
    )


def named_policy(desk: Desk, form: PlanForm, policy: Policy) -> tuple[str, int]:
    """Id and version of a policy that says the same: the one the form was filled from, else any equal."""
    policy_id, version = form.policy_named
    if is_preset(policy_id):
        if same_policy(preset(policy_id).policy(), policy):
            return policy_id, 0
    elif policy_id:
        stored = policy_of_city(desk.ledger, desk.city, policy_id, version or None)
        if same_policy(stored.policy, policy):
            return stored.policy_id, stored.version
    known = (one for one in list_policies(desk.ledger, desk.city) if same_policy(one.policy, policy))
    return next(((one.policy_id, one.version) for one in known), OWN_POLICY)


def refuse_misfit(desk: Desk, terms: PlanTerms, ratios: Ratios, region: str) -> None:
    """Terms that name a policy, with other ratios or a higher cap than the policy has."""
    policy = policy_of_terms(desk.ledger, terms)
    if policy is None:
        return
    refuse_unfit(desk, terms, policy, region)
    meant = policy.graded_ratios(terms.item_codes)
    if [*map(Fraction, ratios.texts())] != [*map(Fraction, meant.texts())] or not (
        0 < terms.yearly_cap <= policy.yearly_cap
    ):
        raise TermsRefused(
            expected=f"the ratios of policy {terms.policy_id!r}, {meant}, and a yearly cap from 1 to "
            f"{policy.yearly_cap}",
            got=f"{ratios} and a cap of {terms.yearly_cap}",
            todo="take both from the policy, or write a new version of it first",
        )


def refuse_unfit(desk: Desk, terms: PlanTerms, policy: Policy, region: str) -> None:
    """Items of one department, known, whose objects leave somebody to draw."""
    items = [find_item(desk.ledger, desk.city, code) for code in terms.item_codes]
    if others := sorted({item.department for item in items} - {terms.department.strip()}):
        raise TermsRefused(
            expected=f"items of {terms.department!r}: one plan is one department's",
            got=f"items of {', '.join(map(repr, others))}",
            todo="choose several departments together: each gets a plan, and they share their visits",
        )
    drawable_under(desk, policy, items=terms.item_codes, region=region, year=terms.year)


def _own_policy(desk: Desk, form: PlanForm, policy: Policy, holder: Holder) -> tuple[str, int]:
    """Writes the policy down under the plan's title, so that the plan names what it was drawn under."""
    stored = create_policy(
        desk.ledger,
        policy,
        city=desk.city,
        title=form.title,
        by=holder.person,
        reason=f"for the plan {form.title.strip()!r}",
        now=desk.now(),
    )
    return stored.policy_id, stored.version

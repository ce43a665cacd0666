"""关联 · 关联企业违法失信: how many entities are tied to an entity, and the share of those in trouble.

Tied are shareholders, investments and branches that are entities, in both directions, and entities with the
same legal representative or natural shareholder. A shared address or telephone ties nobody. An entity that
is tied in two ways may count twice: once among the direct ties, and once for each person.
"""

from __future__ import annotations

from functools import partial

import ibis
import ibis.expr.types as ir

from features.as_of import AsOf, Known, day
from features.catalogue.relations import CLASSIFICATION, HEAD
from features.indicator import PARTIES, Dimension, Indicator, Missing
from features.portable import any_row, flag, has_any, percent, total, within

DIRECT = ("shareholder", "investment", "branch")
PERSONAL = (HEAD, "shareholder")
LISTS = {"serious": "serious", "abnormal": "abnormal", "debtor": "judgment_debtor"}
TIED = (
    "relations.kind",
    "relations.related_kind",
    "relations.related_id",
    "entities.entity_id",
    "entities.deregistered_on",
)

party = partial(
    Indicator,
    dimension=Dimension.RELATION,
    source=PARTIES,
    direction=1,
    legal_basis=CLASSIFICATION,
)


def parties(known: Known) -> ir.Table:
    """For each entity some rows that add up to its related parties and to those of them with each mark.

    Never a pair of entities for each person they share: the person's totals, less the entity's own marks.
    """
    marks = marked(known)
    return _directly(direct_ties(known), marks).union(_through_persons(personal_ties(known), marks))


def direct_ties(known: Known) -> ir.Table:
    """Pairs of entities tied by shares or as a branch: by open relations, and by those that ended with one of
    the two, `entity_id` or `other`: it stays a related party.
    """
    ties = known["relations"]
    ties = ties.filter(ties.kind.isin(DIRECT), ties.related_kind == "entity")
    ties = ties.filter(ties.related_id != ties.entity_id)
    held = ties.left_join(known.departed(), [("entity_id", "departed_id")])
    held = held.select(*ties.columns, held_until="departed_on")
    held = held.left_join(known.departed(), [("related_id", "departed_id")])
    until = (held.held_until, held.departed_on)
    with_one = ibis.or_(*((held.ended_on >= departed_on).fill_null(False) for departed_on in until))
    return held.filter(held.open_now | with_one).select("entity_id", other="related_id")


def personal_ties(known: Known) -> ir.Table:
    """Entities and the persons that head or own them, or did until the end of the entity; each pair once."""
    ties = known["relations"]
    ties = ties.filter(ties.kind.isin(PERSONAL), ties.related_kind == "person")
    held = ties.left_join(known.departed(), [("entity_id", "departed_id")])
    with_entity = (held.ended_on >= held.departed_on).fill_null(False)
    return held.filter(held.open_now | with_entity).select("entity_id", person="related_id").distinct()


def marked(known: Known) -> ir.Table:
    """Every known entity, each mark 1 or 0; a mark whose table the city lacks has no column."""
    every = known.every_entity()
    gone = (every.deregistered_on <= day(known.as_of.on)).fill_null(False)
    marks = every.select(party="entity_id", parties=ibis.literal(1, type="int64"), deregistered=flag(gone))
    for table, columns in (("listings", _listed), ("penalties", _penalised)):
        if table in known:
            of_table = columns(known[table], known.as_of)
            names = [name for name in of_table.columns if name != "entity_id"]
            joined = marks.left_join(of_table, [("party", "entity_id")]).drop("entity_id")
            marks = joined.mutate(**{name: joined[name].fill_null(0) for name in names})
    return marks


def _listed(listings: ir.Table, _: AsOf) -> ir.Table:
    on_lists = listings.filter(listings.open_now, listings.kind.isin(list(LISTS.values())))
    marks = {name: any_row(on_lists, on_lists.kind == kind) for name, kind in LISTS.items()}
    return on_lists.group_by("entity_id").aggregate(**marks)


def _penalised(penalties: ir.Table, as_of: AsOf) -> ir.Table:
    marks = {
        "revoked": any_row(penalties, has_any(penalties.kinds, ("licence_revoked",))),
        "penalised": any_row(penalties, within(penalties, as_of, 1095)),
    }
    return penalties.group_by("entity_id").aggregate(**marks)


def _names(marks: ir.Table) -> list[str]:
    return [name for name in marks.columns if name != "party"]


def _directly(ties: ir.Table, marks: ir.Table) -> ir.Table:
    """One row for each pair of entities and direction."""
    back = ties.select(entity_id="other", other="entity_id")
    pairs = ties.union(back, distinct=True)
    return pairs.inner_join(marks, [("other", "party")]).select("entity_id", *_names(marks))


def _through_persons(members: ir.Table, marks: ir.Table) -> ir.Table:
    """One row for each entity and person: the marks of all entities of the person, less its own."""
    counted = members.group_by(sharer="person").aggregate(members=members.count())
    # Most persons have one entity: nothing is related through them, and they are not looked up.
    shared = counted.filter(counted.members > 1).select("sharer")
    own = members.semi_join(shared, [("person", "sharer")]).inner_join(marks, [("entity_id", "party")])
    of_person = ibis.window(group_by="person")
    others = {name: own[name].sum().over(of_person) - own[name] for name in _names(marks)}
    return own.select("entity_id", **others)


def share(name: str, mark: str, reads: tuple[str, ...], words: tuple[str, str, str]) -> Indicator:
    """The share of related parties with a mark, in percent; null without related parties."""
    zh, en, they = words
    return party(
        name=name,
        window_days=1095 if name.endswith("_1095d") else None,
        kind="number",
        missing=Missing.NULL,
        family=f"parties_{mark}",
        expression=lambda parties, _: percent(
            total(parties[mark], ibis.literal(True)), total(parties.parties, ibis.literal(True))
        ),
        reads=(*TIED, *reads),
        unit="%",
        unit_en="%",
        label_zh=f"关联企业{zh}比例",
        label_en=f"Share of related entities {en}",
        raises_zh=f"有{{value}}%的关联企业{zh}",
        raises_en=f"{{value}}% of its related entities {they}",
        lowers_zh=f"仅有{{value}}%的关联企业{zh}",
        lowers_en=f"Only {{value}}% of its related entities {they}",
    )


LISTED = ("listings.kind",)
INDICATORS = (
    party(
        name="parties_count_now",
        kind="integer",
        direction=0,
        missing=Missing.ZERO,
        family="parties_count",
        expression=lambda parties, _: total(parties.parties, ibis.literal(True)),
        reads=TIED,
        unit="家",
        unit_en="entities",
        label_zh="关联企业数（含已注销）",
        label_en="Related entities, deregistered ones included",
        raises_zh="有{value}家关联企业（含已注销），此类主体的问题较多",
        raises_en="{value} related entities, deregistered ones included; such entities have more problems",
        lowers_zh="有{value}家关联企业（含已注销），此类主体的问题较少",
        lowers_en="{value} related entities, deregistered ones included; such entities have fewer problems",
    ),
    share(
        "parties_revoked_ever",
        "revoked",
        ("penalties.kinds",),
        ("被吊销许可证件（营业执照）", "with a revoked licence", "have had a licence revoked"),
    ),
    share(
        "parties_serious_now",
        "serious",
        LISTED,
        ("当前被列入严重违法失信名单", "on the serious-violation list", "are on the serious-violation list"),
    ),
    share(
        "parties_abnormal_now",
        "abnormal",
        LISTED,
        ("当前被列入经营异常名录", "on the abnormal list", "are on the abnormal list"),
    ),
    share(
        "parties_penalised_1095d",
        "penalised",
        ("penalties.occurred_on",),
        ("近三年受到行政处罚", "penalised in the last three years", "were penalised in the last three years"),
    ),
    share(
        "parties_debtor_now",
        "debtor",
        LISTED,
        ("当前被列为失信被执行人", "listed as judgment debtors", "are listed judgment debtors"),
    ),
    share(
        "parties_deregistered_ever", "deregistered", (), ("已注销", "deregistered", "have been deregistered")
    ),
)

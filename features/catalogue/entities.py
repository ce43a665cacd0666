"""基础属性: what an entity is, as last known: age, capital, form, industry, region."""

from __future__ import annotations

from functools import partial

import ibis
import ibis.expr.types as ir

from data_contracts.codes import codes_of
from features.as_of import AsOf, day
from features.indicator import Dimension, Indicator, Missing
from features.portable import days_since, yuan

# GB/T 4754-2017: section letter by its last two-digit division; divisions run on without gaps.
SECTIONS = {
    "A": "05", "B": "12", "C": "43", "D": "46", "E": "50", "F": "52", "G": "60", "H": "62", "I": "65",
    "J": "69", "K": "70", "L": "72", "M": "75", "N": "79", "O": "82", "P": "83", "Q": "85", "R": "90",
    "S": "96", "T": "97",
}  # fmt: skip
LETTERED = r"^[A-T]([0-9]{2,4})?$"
NUMBERED = r"^[0-9]{2,4}$"
DAYS_PER_YEAR = 365.25

attribute = partial(
    Indicator,
    dimension=Dimension.BASIC,
    source="entities",
    direction=0,
    missing=Missing.NULL,
    changeable=False,
)


def age(entities: ir.Table, as_of: AsOf) -> ir.Value:
    """Years since registration; null before it."""
    registered = entities.registered_on
    days = days_since(registered, as_of).cast("float64")
    return (registered <= day(as_of.on)).ifelse(days / DAYS_PER_YEAR, ibis.null("float64"))


def capital(entities: ir.Table, _: AsOf) -> ir.Value:
    """Registered capital in yuan: trees need no logarithm, and people read yuan."""
    return yuan(entities.registered_capital_fen)


def section(entities: ir.Table, _: AsOf) -> ir.Value:
    """Section letter of a GB/T 4754 code with or without its letter; null for codes of other systems."""
    code = entities.industry_code
    division = code.substr(0, 2)
    by_division = [(division <= last, letter) for letter, last in SECTIONS.items()]
    numbered = code.re_search(NUMBERED) & (division >= "01") & (division <= "97")
    from_number = ibis.cases(*by_division, else_=ibis.null("string"))
    return ibis.cases(
        (code.re_search(LETTERED), code.substr(0, 1)), (numbered, from_number), else_=ibis.null("string")
    )


def industry(entities: ir.Table, _: AsOf) -> ir.Value:
    """Two-digit division of a GB/T 4754 code; a code of another system stays whole."""
    code = entities.industry_code
    return ibis.cases(
        (code.re_search(LETTERED), code.substr(0, 3)),
        (code.re_search(NUMBERED), code.substr(0, 2)),
        else_=code,
    )


def coordinate(axis: str, zh: str) -> Indicator:
    """One coordinate of the premises: trees cut neighbourhoods out of both, finer than a region's code."""
    return attribute(
        name=f"entity_{axis}_now",
        kind="number",
        family="entity_location",
        expression=lambda entities, _: entities[axis],
        reads=(f"entities.{axis}",),
        unit="度",
        unit_en="degrees",
        label_zh=f"经营场所{zh}",
        label_en=f"{axis.capitalize()} of the premises",
        raises_zh=f"经营场所一带（{zh}{{value}}度附近）主体的问题较多",
        raises_en=f"Problems are more common near its premises ({axis} {{value}} degrees)",
        lowers_zh=f"经营场所一带（{zh}{{value}}度附近）主体的问题较少",
        lowers_en=f"Problems are less common near its premises ({axis} {{value}} degrees)",
    )


INDICATORS = (
    attribute(
        name="entity_age_now",
        kind="number",
        family="entity_age",
        expression=age,
        reads=("entities.registered_on",),
        unit="年",
        unit_en="years",
        label_zh="经营年限",
        label_en="Age",
        raises_zh="成立已有{value}年，成立时间相近的主体问题较多",
        raises_en="Registered for {value} years; entities of this age have more problems",
        lowers_zh="成立已有{value}年，成立时间相近的主体问题较少",
        lowers_en="Registered for {value} years; entities of this age have fewer problems",
    ),
    attribute(
        name="entity_capital_now",
        kind="number",
        family="entity_capital",
        expression=capital,
        reads=("entities.registered_capital_fen",),
        unit="元",
        unit_en="yuan",
        label_zh="注册资本",
        label_en="Registered capital",
        raises_zh="注册资本为{value}元，同等规模主体的问题较多",
        raises_en="Registered capital is {value} yuan; entities of this size have more problems",
        lowers_zh="注册资本为{value}元，同等规模主体的问题较少",
        lowers_en="Registered capital is {value} yuan; entities of this size have fewer problems",
    ),
    attribute(
        name="entity_type_now",
        kind="category",
        family="entity_type",
        categories=codes_of("entities", "entity_type"),
        expression=lambda entities, _: entities.entity_type,
        reads=("entities.entity_type",),
        unit="",
        unit_en="",
        label_zh="主体类型",
        label_en="Entity type",
        raises_zh="主体类型为{value}，同类主体的问题较多",
        raises_en="Entity type is {value}; entities of this type have more problems",
        lowers_zh="主体类型为{value}，同类主体的问题较少",
        lowers_en="Entity type is {value}; entities of this type have fewer problems",
    ),
    attribute(
        name="entity_section_now",
        kind="category",
        family="entity_industry",
        categories=tuple(SECTIONS),
        expression=section,
        reads=("entities.industry_code",),
        unit="",
        unit_en="",
        label_zh="行业门类",
        label_en="Industry section",
        raises_zh="行业门类为{value}，该门类主体的问题较多",
        raises_en="Industry section is {value}, where problems are more common",
        lowers_zh="行业门类为{value}，该门类主体的问题较少",
        lowers_en="Industry section is {value}, where problems are less common",
        legal_basis="GB/T 4754-2017 国民经济行业分类",
    ),
    attribute(
        name="entity_industry_now",
        kind="category",
        family="entity_industry",
        expression=industry,
        reads=("entities.industry_code",),
        unit="",
        unit_en="",
        label_zh="行业大类",
        label_en="Industry division",
        raises_zh="行业为{value}，该行业主体的问题较多",
        raises_en="Industry is {value}, where problems are more common",
        lowers_zh="行业为{value}，该行业主体的问题较少",
        lowers_en="Industry is {value}, where problems are less common",
        legal_basis="GB/T 4754-2017 国民经济行业分类",
    ),
    attribute(
        name="entity_region_now",
        kind="category",
        family="entity_region",
        expression=lambda entities, _: entities.region_code,
        reads=("entities.region_code",),
        unit="",
        unit_en="",
        label_zh="所在区域",
        label_en="Region",
        raises_zh="所在区域为{value}，该区域主体的问题较多",
        raises_en="Region is {value}, where problems are more common",
        lowers_zh="所在区域为{value}，该区域主体的问题较少",
        lowers_en="Region is {value}, where problems are less common",
    ),
    coordinate("latitude", "纬度"),
    coordinate("longitude", "经度"),
    attribute(
        name="entity_ownership_now",
        kind="category",
        family="entity_ownership",
        categories=codes_of("entities", "ownership"),
        expression=lambda entities, _: entities.ownership,
        reads=("entities.ownership",),
        unit="",
        unit_en="",
        label_zh="所有制类型",
        label_en="Ownership",
        raises_zh="所有制类型为{value}",
        raises_en="Ownership is {value}",
        lowers_zh="所有制类型为{value}",
        lowers_en="Ownership is {value}",
        # The State Council asks that all enterprises be graded without favour.
        default_on=False,
    ),
)

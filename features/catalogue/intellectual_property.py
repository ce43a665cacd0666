"""动态 · 知识产权: trademarks, patents and software copyrights held, newly granted, pledged.

How good a right is, its number does not tell; holders are larger and older, so no direction is claimed.
"""

from __future__ import annotations

from functools import partial

from features.indicator import Dimension, Expression, Indicator, Missing
from features.portable import count, within

PATENTS = ("invention_patent", "utility_patent", "design_patent")
RIGHTS = ("trademark", *PATENTS, "software_copyright")
DAYS = 1095
KIND = ("intellectual_property.occurred_on", "intellectual_property.kind")

right = partial(
    Indicator,
    dimension=Dimension.DYNAMIC,
    source="intellectual_property",
    kind="integer",
    direction=0,
    missing=Missing.ZERO,
    changeable=False,
    reads=KIND,
    unit="件",
    unit_en="rights",
)


def in_force(*kinds: str) -> Expression:
    """How many rights of these kinds are in force at the date."""
    return lambda rights, _: count(rights, rights.open_now & rights.kind.isin(kinds))


def held(name: str, kinds: tuple[str, ...], words: tuple[str, str], *, basis: str) -> Indicator:
    """How many rights of some kinds the entity holds."""
    zh, en = words
    return right(
        name=name,
        family="rights_held",
        expression=in_force(*kinds),
        label_zh=f"当前有效{zh}件数",
        label_en=f"{en} in force",
        raises_zh=f"当前持有{{value}}件有效{zh}，此类主体的问题较多",
        raises_en=f"{{value}} {en.lower()} in force; such entities have more problems",
        lowers_zh=f"当前持有{{value}}件有效{zh}，此类主体的问题较少",
        lowers_en=f"{{value}} {en.lower()} in force; such entities have fewer problems",
        legal_basis=basis,
    )


INDICATORS = (
    held("trademarks_held_now", ("trademark",), ("注册商标", "Trademarks"), basis="商标法"),
    held("patents_held_now", PATENTS, ("授权专利", "Patents"), basis="专利法"),
    held("inventions_held_now", ("invention_patent",), ("发明专利", "Invention patents"), basis="专利法"),
    held(
        "software_held_now",
        ("software_copyright",),
        ("软件著作权", "Software copyrights"),
        basis="计算机软件保护条例",
    ),
    right(
        name="rights_granted_1095d",
        window_days=DAYS,
        family="rights_granted",
        expression=lambda rights, as_of: count(
            rights, within(rights, as_of, DAYS) & rights.kind.isin(RIGHTS)
        ),
        label_zh="近三年新获知识产权件数",
        label_en="Rights newly granted in the last three years",
        raises_zh="近三年新获{value}件商标、专利或软件著作权，此类主体的问题较多",
        raises_en="{value} rights newly granted in the last three years; such entities have more problems",
        lowers_zh="近三年新获{value}件商标、专利或软件著作权，此类主体的问题较少",
        lowers_en="{value} rights newly granted in the last three years; such entities have fewer problems",
    ),
    right(
        name="rights_pledged_now",
        family="rights_pledged",
        expression=in_force("pledge"),
        unit="笔",
        unit_en="pledges",
        label_zh="当前未解除的知识产权质押数",
        label_en="Pledges of intellectual property in force",
        raises_zh="当前有{value}笔知识产权质押尚未解除，此类主体的问题较多",
        raises_en="{value} pledges of intellectual property in force; such entities have more problems",
        lowers_zh="当前有{value}笔知识产权质押尚未解除，此类主体的问题较少",
        lowers_en="{value} pledges of intellectual property in force; such entities have fewer problems",
    ),
)

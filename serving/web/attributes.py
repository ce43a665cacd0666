"""Attributes of an entity in words: its type by the contract, its industry by the sections of GB/T 4754."""

from __future__ import annotations

from functools import cache

from data_contracts.contract import Code, load_contract

SECTIONS = {
    "A": ("农、林、牧、渔业", "agriculture"),
    "B": ("采矿业", "mining"),
    "C": ("制造业", "manufacturing"),
    "D": ("电力、热力、燃气及水", "energy and water"),
    "E": ("建筑业", "construction"),
    "F": ("批发和零售业", "wholesale and retail"),
    "G": ("交通运输、仓储和邮政业", "transport and storage"),
    "H": ("住宿和餐饮业", "accommodation and food"),
    "I": ("信息传输、软件和信息技术", "information technology"),
    "J": ("金融业", "finance"),
    "K": ("房地产业", "real estate"),
    "L": ("租赁和商务服务业", "leasing and business services"),
    "M": ("科学研究和技术服务业", "research and technical services"),
    "N": ("水利、环境和公共设施", "environment and facilities"),
    "O": ("居民服务、修理和其他服务业", "personal services"),
    "P": ("教育", "education"),
    "Q": ("卫生和社会工作", "health and social work"),
    "R": ("文化、体育和娱乐业", "culture, sports, entertainment"),
    "S": ("公共管理和社会组织", "public administration"),
    "T": ("国际组织", "international organisations"),
}


def type_label(entity_type: str | None, language: str) -> str:
    """The entity type in words."""
    code = _types().get(entity_type or "")
    if code is None:
        return entity_type or "–"
    return code.en if language == "en" else code.zh


def industry_label(industry_code: str | None, language: str) -> str:
    """The code with the name of its section, if it is one of the standard; else the code as it is."""
    if not industry_code:
        return "–"
    names = SECTIONS.get(industry_code[0])
    rest = industry_code[1:]
    if names is None or (rest and not rest.isdigit()):
        return industry_code
    return f"{industry_code} {names[1] if language == 'en' else names[0]}"


@cache
def _types() -> dict[str, Code]:
    return {code.code: code for code in load_contract("entities").column("entity_type").codes}

"""Which records an indicator's family counts, and how one of them is called with its measure word."""

from __future__ import annotations

from dataclasses import dataclass

# A family is told by its first word, except these, whose first word others share.
BY_FAMILY = {
    "capital_moves": "registry_changes",
    "capital_idle": "derived",
    "contact_unconfirmed": "annual_reports",
    "contact_sharing": "relations",
    "tax_abnormal": "listings",
    "tax_violation": "listings",
    "listed_overdue": "derived",
}
BY_FIRST_WORD = {
    "entity": "entities",
    "changes": "registry_changes",
    "licences": "licences",
    **dict.fromkeys(("report", "revenue", "profit", "debt", "staff", "tax"), "annual_reports"),
    **dict.fromkeys(("insured", "arrears", "taxes", "sales", "declarations"), "tax_social"),
    "rights": "intellectual_property",
    **dict.fromkeys(("abnormal", "serious", "debtor", "listings"), "listings"),
    "penalties": "penalties",
    **dict.fromkeys(
        ("lawsuits", "enforcement", "freezes", "pledges", "mortgages", "bankruptcy", "liquidation"),
        "judicial",
    ),
    "inspections": "inspections",
    "commitments": "commitments",
    **dict.fromkeys(("devices", "products"), "products"),
    **dict.fromkeys(("persons", "qualifications", "safety"), "key_persons"),
    **dict.fromkeys(("shareholders", "investments", "branches", "address", "head"), "relations"),
    "parties": "parties",
    **dict.fromkeys(("complaints", "contacts"), "complaints"),
    "opinion": "public_opinion",
    "evaluations": "evaluations",
    "violations": "violations",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordWords:
    """A record's name and measure word, and what is said of points that moved without a record seen to."""

    zh: str
    measure: str
    en: str
    many_en: str
    otherwise_zh: str
    otherwise_en: str


def _words(zh: str, measure: str, en: str, many_en: str) -> RecordWords:
    # Time passing, an end of the window, or a record that may not be told any more: never which.
    return RecordWords(
        zh=zh,
        measure=measure,
        en=en,
        many_en=many_en,
        otherwise_zh=f"{zh}情况变化",
        otherwise_en=f"the state of {many_en}",
    )


FAMILY_WORDS = {
    "entities": _words("基础属性", "项", "basic attribute", "basic attributes"),
    "registry_changes": _words("变更登记", "次", "registry change", "registry changes"),
    "licences": _words("行政许可", "项", "licence", "licences"),
    "annual_reports": _words("年度报告", "份", "annual report", "annual reports"),
    "tax_social": _words(
        "税务社保申报", "次", "tax or social-security filing", "tax and social-security filings"
    ),
    "intellectual_property": _words("知识产权", "项", "intellectual property right", "intellectual property"),
    "listings": _words("名录名单列入", "次", "listing", "listings"),
    "penalties": _words("行政处罚", "起", "penalty", "penalties"),
    "judicial": _words("司法事项", "件", "court matter", "court matters"),
    "inspections": _words("监督检查", "次", "inspection", "inspections"),
    "commitments": _words("信用承诺", "项", "commitment", "commitments"),
    "products": _words("产品与设备事项", "项", "product or device", "products and devices"),
    "key_persons": _words("关键人员登记", "项", "key-person entry", "key persons"),
    "relations": _words("关联关系", "项", "relation", "relations"),
    "parties": _words("关联主体", "户", "related party", "related parties"),
    "complaints": _words("投诉举报", "件", "complaint", "complaints"),
    "public_opinion": _words("舆情", "条", "opinion report", "public opinion"),
    "evaluations": _words("行业评价", "次", "evaluation", "evaluations"),
    "violations": _words("违规记录", "起", "violation", "violations"),
    "derived": _words("综合指标", "项", "combined indicator", "combined indicators"),
    "bounds": RecordWords(
        zh="上下限",
        measure="项",
        en="bound",
        many_en="bounds",
        otherwise_zh="分值限于0至1000分",
        otherwise_en="the score kept within 0 and 1000",
    ),
}
OTHER = FAMILY_WORDS["derived"]
# A new one of these is never the cause of a fall, and one that leaves a window never that of a rise.
ADVERSE = frozenset({"complaints", "listings", "penalties", "violations"})


def record_kind(family: str) -> str:
    """The table whose records a family of indicators counts; `derived` where it combines several."""
    return BY_FAMILY.get(family) or BY_FIRST_WORD.get(family.split("_", maxsplit=1)[0], "derived")

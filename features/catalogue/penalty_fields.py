"""监管 · 行政处罚的领域: penalties told apart by what they were for.

Offices write the field in words of their own, from "食品安全" to a sentence: words in it are looked for.
"""

from __future__ import annotations

from functools import reduce
from operator import or_

import ibis.expr.types as ir

from features.as_of import AsOf
from features.catalogue.penalties import penalty
from features.indicator import Expression, Indicator
from features.portable import count, within

DAYS = 1095
# A penalty stands in each field of which its text has a word; a text without any is counted in none.
WORDS = {
    "food": ("食品", "餐饮", "food"),
    "drugs": ("药品", "医疗器械", "化妆品", "drug"),
    "equipment": ("特种设备", "电梯", "锅炉", "压力容器", "special_equipment"),
    "quality": ("产品质量", "不合格产品", "假冒伪劣", "product_quality"),
    "adverts": ("广告", "advert"),
    "price": ("价格", "违规收费", "明码标价", "price"),
    "competition": ("不正当竞争", "虚假宣传", "商业贿赂", "商业秘密", "垄断", "competition"),
    "trading": ("网络交易", "电子商务", "直播", "搭售", "合同违法", "格式条款", "online_trade"),
    "data": ("数据安全", "网络安全", "个人信息", "data_security"),
    "labour": ("劳动", "用工", "工资", "社会保险", "labour"),
}


def penalised_for(field: str) -> Expression:
    """How many penalties of the window have a word of the field."""

    def expression(penalties: ir.Table, as_of: AsOf) -> ir.Value:
        of_field = reduce(or_, (penalties.field.contains(word) for word in WORDS[field]))
        return count(penalties, within(penalties, as_of, DAYS) & of_field)

    return expression


def counted(field: str, zh: str, en: str, basis: str) -> Indicator:
    """How many penalties of the window were for one field."""
    return penalty(
        name=f"penalties_{field}_{DAYS}d",
        window_days=DAYS,
        kind="integer",
        family=f"penalties_{field}",
        expression=penalised_for(field),
        reads=("penalties.occurred_on", "penalties.field"),
        unit="次",
        unit_en="times",
        label_zh=f"近三年因{zh}违法受到行政处罚次数",
        label_en=f"Penalties concerning {en} in the last three years",
        raises_zh=f"近三年因{zh}违法受到行政处罚{{value}}次",
        raises_en=f"{{value}} penalties concerning {en} in the last three years",
        lowers_zh=f"近三年仅有{{value}}次因{zh}违法受到行政处罚",
        lowers_en=f"Only {{value}} penalties concerning {en} in the last three years",
        legal_basis=basis,
    )


INDICATORS = (
    counted("food", "食品安全", "food safety", "食品安全法"),
    counted("drugs", "药品、医疗器械或化妆品", "drugs, medical devices or cosmetics", "药品管理法"),
    counted("equipment", "特种设备", "special equipment", "特种设备安全法"),
    counted("quality", "产品质量", "product quality", "产品质量法"),
    counted("adverts", "广告", "advertising", "广告法"),
    counted("price", "价格", "prices", "价格法"),
    counted("competition", "不正当竞争或垄断", "unfair competition or monopoly", "反不正当竞争法；反垄断法"),
    counted("trading", "网络交易或合同", "online trade or contracts", "电子商务法；网络交易监督管理办法"),
    counted(
        "data",
        "数据安全或个人信息保护",
        "data security or personal information",
        "数据安全法；个人信息保护法",
    ),
    counted("labour", "劳动用工", "labour", "劳动法；劳动保障监察条例"),
)

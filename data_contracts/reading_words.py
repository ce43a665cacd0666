"""What people write in cells: words for yes, no and nothing, marks of dates and money, full width."""

from __future__ import annotations

FULL_WIDTH = "０１２３４５６７８９／－．：，；（）＋％　" + "".join(
    chr(0xFF21 + place) for place in range(26)
)
HALF_WIDTH = "0123456789/-.:,;()+% " + "".join(chr(0x41 + place) for place in range(26))
# For text columns only the empty text counts as nothing; these hold for dates, numbers, amounts and codes.
NOTHING = ("", "/", "-", "--", "—", "——", "null", "none", "nan", "nat", "n/a", "#n/a")
YES = ("true", "t", "yes", "y", "1", "是", "有")
NO = ("false", "f", "no", "n", "0", "否", "无")
YEAR, MONTH, DAY = "年", "月", "日"
MONEY_BEFORE, MONEY_AFTER = "¥￥", "元"
# How names of entities end, and the most frequent surnames: where they stand, stands a value and no heading.
ENTITY_ENDINGS = (
    "有限公司",
    "有限责任公司",
    "分公司",
    "合伙企业",
    "经营部",
    "合作社",
    "商行",
    "超市",
    "饭店",
    "药房",
    "餐饮店",
    "食品店",
)
SURNAMES = tuple(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆"
    "郝孔白崔康毛邱秦江史顾侯邵孟龙万段钱汤尹黎易常武乔贺赖龚文"
)
HIDDEN_NAME = "某"

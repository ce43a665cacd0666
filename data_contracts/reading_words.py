"""What people write in cells: words for yes, no and nothing, marks of dates and money, full width."""

from __future__ import annotations

FULL_WIDTH = "０１２３４５６７８９／－．：，；（）＋％　" + "".join(
    chr(start + place) for start in (0xFF21, 0xFF41) for place in range(26)
)
HALF_WIDTH = "0123456789/-.:,;()+% " + "".join(
    chr(start + place) for start in (0x41, 0x61) for place in range(26)
)
# In texts only the empty one is nothing: a name 无 stays. The first are nothing among codes as well, where a
# word may be a code of the source; all of them among dates, numbers, amounts, yes or no, ids of entities.
NOTHING = ("", "/", "-", "--", "—", "——", "null", "none", "nan", "nat", "n/a", "#n/a")
NOTHING_BUT_A_WORD = ("---", "\\", "无", "暂无", "空", "不详", "未知", "不适用", "未填", "未填写", "无数据")
YES = ("true", "t", "yes", "y", "1", "是", "有")
NO = ("false", "f", "no", "n", "0", "否", "无")
YEAR, MONTH, DAY = "年", "月", "日"
YUAN_SIGNS, YUAN, TEN_THOUSAND, HUNDRED_MILLION = "¥￥", "元", "万", "亿"
# What stands around and inside codes that people typed or copied: blanks and format signs, seen or not.
BLANK = r"\t\n\x0b\f\r\p{Z}\p{Cf}"
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
HIDDEN_NAME = "某"
SURNAMES = tuple(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆"
    "郝孔白崔康毛邱秦江史顾侯邵孟龙万段钱汤尹黎易常武乔贺赖龚文"
)

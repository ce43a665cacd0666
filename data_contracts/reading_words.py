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

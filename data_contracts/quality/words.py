"""The words of the problem lists that go to the offices: 中文 for each dimension, heading and kind
of problem.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_BILINGUAL = re.compile(r"(\S*[^\x00-\x7f]\S*) [\x00-\x7f]+")


class Words(NamedTuple):
    """What is wrong, and what the office should do."""

    problem: str
    todo: str


DIMENSION_WORDS = {
    "completeness": "完整性",
    "conformity": "规范性",
    "redundancy": "冗余性",
    "linkage": "关联性",
    "accuracy": "准确性",
    "timeliness": "及时性",
    "coverage": "全面性",
}
SHORT = {name: word[:2] for name, word in DIMENSION_WORDS.items()}
HEADINGS = {
    "responsible": "责任单位",
    "provider": "提供单位",
    "table": "数据表",
    "dimension": "质量维度",
    "reason": "问题",
    "month": "所属月份",
    "file": "来源文件",
    "line": "行号",
    "key": "记录标识",
    "column": "字段",
    "value": "问题值",
    "candidate": "疑似正确值",
    "todo": "处理建议",
    "code": "问题代码",
}
SUMMARY_FILE = "00-汇总"
SUMMARY_HEADINGS = ("责任单位", "数据表", "质量维度", "问题", "问题数", "所列文件", "问题代码")
WHOLE_ROW = "整行"
_DATES = "请核对两个日期，更正后重新报送"
_FUTURE = "日期晚于数据导出日，请更正后重新报送"
_BOUNDS = "请核对数值，更正后重新报送"

REASONS = {
    # Lines and cells that cannot be read.
    "undecodable": Words("编码错误，文字无法识别", "请将整个文件以同一种编码（建议 UTF-8）另存后重新报送"),
    "misplaced_quote": Words("引号不配对", "请补全引号；单元格内的引号请写两个"),
    "wrong_field_count": Words("列数与表头不符", "请使该行列数与表头一致；含分隔符的内容请加引号"),
    "error_cell": Words("单元格是错误值", "请更正公式或数值，或直接填写结果"),
    "formula_without_result": Words("公式没有计算结果", "请用电子表格软件打开并保存文件，使结果随公式存入"),
    "malformed_record": Words("记录格式错误", "请更正该条 JSON 记录：一个对象，名称不重复"),
    "formula_cell": Words("内容以公式符号开头", "请删去开头的等号等符号：电子表格会把它当作公式执行"),
    "damaged_number": Words(
        "代码被电子表格当作数字损坏", "请将该列设为文本格式后重新导出；损坏的代码无法还原"
    ),
    "missing": Words("必填项为空", "请补填后重新报送"),
    "not_a_date": Words("日期无法识别", "请改为 2026-06-30 这样的日期"),
    "not_an_amount": Words("金额无法识别", "请填写纯数字金额，单位按接口约定，单元格内勿写其他单位"),
    "not_an_integer": Words("应为整数", "请改为整数"),
    "not_a_number": Words("应为数字", "请改为数字"),
    "not_true_or_false": Words("应为是或否", "请改为“是”或“否”"),
    "unknown_code": Words("代码不在约定范围", "请改为标准代码；确属新代码的，请告知数据管理部门补入对照表"),
    "below_minimum": Words("数值小于下限", _BOUNDS),
    "above_maximum": Words("数值大于上限", _BOUNDS),
    "too_short": Words("内容过短", "请核对并补全内容"),
    "too_long": Words("内容过长", "请核对是否多列并入一格"),
    # Rows that contradict each other.
    "conflicting_key": Words(
        "同一标识的记录相互矛盾", "请确认哪一条正确，保留一条；确为不同记录的，请使用不同标识"
    ),
    "nothing_to_retract": Words("撤销的记录不存在", "请核对所撤销记录的标识，或先报送原记录"),
    # Findings in admitted rows.
    "empty": Words("应填项为空", "请补填该字段"),
    "outside_code_table": Words(
        "代码在当日的国家代码表中不存在", "请改用当日有效的代码；使用自有代码的，请一并报送代码表"
    ),
    "no_such_record": Words(
        "所指记录不存在", "请核对标识；如有“疑似正确值”，请确认后更正，否则请先报送所指记录"
    ),
    "bad_organisation_code": Words(
        "统一社会信用代码内的组织机构代码校验不符（GB 11714）", "请对照营业执照核对统一社会信用代码"
    ),
    # Rules of the contracts.
    "bad_registration_id": Words("15位注册号校验不符", "请对照营业执照更正注册号"),
    "bad_uscc": Words("统一社会信用代码校验不符（GB 32100）", "请对照营业执照更正统一社会信用代码"),
    "bad_uscc_id": Words(
        "作为标识的统一社会信用代码校验不符（GB 32100）", "请对照营业执照更正统一社会信用代码"
    ),
    "clean_and_problem": Words("“未发现问题”与其他结果并存", "请核对检查结果，只保留实际结果"),
    "corrected_before_it_was_found": Words("整改日期早于发现日期", _DATES),
    "corrected_in_future": Words("整改日期晚于数据导出日", _FUTURE),
    "deregistered_before_registered": Words("注销日期早于成立日期", _DATES),
    "due_before_it_was_made": Words("履行期限早于承诺日期", _DATES),
    "due_before_registration": Words("下次检验日期早于登记日期", _DATES),
    "end_known_in_future": Words("终止知悉日期晚于数据导出日", _FUTURE),
    "end_reason_without_end": Words("有终止原因而无终止日期", "请补填终止日期，或删去终止原因"),
    "end_without_knowledge": Words("有终止日期而无知悉日期", "请补填终止知悉日期"),
    "ended_before_it_began": Words("终止日期早于开始日期", _DATES),
    "expired_while_valid": Words("在有效期内登记为到期", "请核对有效期和终止原因"),
    "forgotten_before_it_happened": Words("信用修复日期早于事件日期", _DATES),
    "implausibly_old": Words("日期早于1949年10月1日", "请更正日期"),
    "invalid_before_valid": Words("代码失效日期早于生效日期", _DATES),
    "its_own_parent": Words("代码以自己为上级", "请更正上级代码"),
    "known_before_it_happened": Words("知悉日期早于事件日期", _DATES),
    "known_in_future": Words("知悉日期晚于数据导出日", _FUTURE),
    "outcome_known_in_future": Words("办结日期晚于数据导出日", _FUTURE),
    "outcome_without_date": Words("有结果而无结果日期", "请补填结果日期"),
    "period_does_not_match": Words("所属期与期末日期不符", "请核对所属期和日期"),
    "period_unreadable": Words("所属期无法识别", "请写成 2026 或 2026-06"),
    "probability_without_draw": Words("入样概率与选取方式不符", "随机抽取请补填概率；其他方式请勿填写概率"),
    "related_to_itself": Words("关联对象是自己", "请更正关联对象"),
    "reported_before_the_year": Words("报送日期早于报告年度", "请核对报告年度和报送日期"),
    "settled_before_it_was_made": Words("办结日期早于受理日期", _DATES),
    "valid_before_issue": Words("有效期早于发证日期", _DATES),
    "zero_with_sales": Words("零申报而有销售额", "请核对零申报标志和销售额"),
}


def chinese_of(owner: str) -> str:
    """The 中文 of an owner that a contract names as `中文 English`; any other name whole."""
    both = _BILINGUAL.fullmatch(owner)
    return both.group(1) if both else owner

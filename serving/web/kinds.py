"""How each type of refusal is told: its status, and in 中文 its title, expectation, finding and advice."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
LONGEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One type. `value` finds the offending values in the English finding; `words` tells coded ones."""

    status: int
    title_en: str
    title_zh: str
    expected_zh: str
    got_zh: str
    todo_zh: str
    value: re.Pattern[str] = QUOTED
    words: Mapping[str, str] | None = None

    def found(self, got: str) -> str:
        """What came, in 中文: the finding of this type with the offending values and nothing else of it."""
        values = [found.group(found.lastindex or 0).strip("'\"") for found in self.value.finditer(got)]
        shown = "、".join(dict.fromkeys((self.words or {}).get(value, value) for value in values))
        cut = "…" if len(shown) > LONGEST else ""
        return f"{self.got_zh}：{shown[:LONGEST]}{cut}" if values else self.got_zh


ROLES = {
    "analyst": "分析员",
    "planner": "计划员",
    "supervisor": "监管员",
    "auditor": "审计员",
    "administrator": "管理员",
}
STATES = {
    "draft": "草案",
    "frozen": "已冻结",
    "committed": "已承诺",
    "revealing": "揭示中",
    "revealed": "已揭示",
    "drawn": "已抽取",
    "staffed": "已选派",
    "in the field": "检查中",
    "results": "录入结果",
    "closed": "已办结",
    "void": "已作废",
}
# What a field of a form or address takes.
FIELDS = {
    "text": ("查询文字", "120字以内"),
    "grade": ("风险等级", "A、B、C、D之一，或不填"),
    "region": ("辖区代码", "12位以内"),
    "region_prefix": ("辖区代码", "12位以内"),
    "offset": ("起始位置", "0至10亿之间的整数"),
    "language": ("语言", "zh或en"),
    "token": ("访问令牌", "200字以内，不能为空"),
    "next": ("登录后的地址", "500字以内"),
    "title": ("计划名称", "120字以内，不能为空"),
    "official": ("公职人员姓名", "120字以内"),
    "commitment": ("承诺", "64位十六进制数"),
    "secret": ("秘密", "64位十六进制数"),
    "reason": ("理由", "500字以内，不能为空"),
    **{grade.lower(): (f"{grade}级抽查比例", "0至100%之间的数") for grade in "ABCD"},
}
OTHER_FIELD = ("请求内容", "符合本页表单要求的内容")

# By name, because web stands above the modules that raise them and a name needs no import of each.
KINDS = {
    "TokenMissing": Kind(
        status=401,
        title_en="Please log in",
        title_zh="请先登录",
        expected_zh="访问令牌",
        got_zh="没有令牌",
        todo_zh="在登录页填写令牌；令牌由管理员发放",
    ),
    "TokenUnknown": Kind(
        status=401,
        title_en="This token is not valid",
        title_zh="令牌无效",
        expected_zh="有效且未过期的令牌",
        got_zh="无法识别、已撤销或已过期的令牌",
        todo_zh="请管理员重新发放令牌",
    ),
    "ForeignForm": Kind(
        status=403,
        title_en="Form from another site",
        title_zh="来自其他网站的表单",
        expected_zh="本站页面提交的表单",
        got_zh="从其他地方提交的表单",
        todo_zh="在本站页面重新提交",
        value=re.compile(r"\(([^()]+)\)"),
        words={"cross-site": "其他网站", "same-site": "同域的其他网站", "null": "来源不明"},
    ),
    "RoleRefused": Kind(
        status=403,
        title_en="Not within your role",
        title_zh="权限不足",
        expected_zh="计划员或管理员角色的令牌",
        got_zh="当前角色不能进行这项操作",
        todo_zh="请计划员操作，或请管理员发放相应角色的令牌",
        value=re.compile(r"role (\w+)"),
        words=ROLES,
    ),
    "FieldRoleRefused": Kind(
        status=403,
        title_en="Not within your role",
        title_zh="权限不足",
        expected_zh="监管员、计划员或管理员角色的令牌",
        got_zh="当前角色不能进行这项操作",
        todo_zh="请检查人员或计划员操作，或请管理员发放相应角色的令牌",
        value=re.compile(r"role (\w+)"),
        words=ROLES,
    ),
    "RegionRefused": Kind(
        status=403,
        title_en="Outside your region",
        title_zh="超出辖区",
        expected_zh="本人辖区内的代码",
        got_zh="辖区之外的代码",
        todo_zh="在本辖区内查询，或使用相应辖区的令牌",
    ),
    "RegionEmpty": Kind(
        status=422,
        title_en="No entities in this region",
        title_zh="辖区内没有经营主体",
        expected_zh="登记册中有经营主体的辖区代码（可只填前几位）",
        got_zh="没有经营主体的代码",
        todo_zh="核对辖区代码，或留空表示全市",
    ),
    "UnknownEntity": Kind(
        status=404,
        title_en="No such entity",
        title_zh="没有这户经营主体",
        expected_zh="登记册中的经营主体",
        got_zh="登记册中没有的代码",
        todo_zh="核对代码，或按名称查询；当日已注销或尚未知悉的主体不分级",
    ),
    "SchemaMismatch": Kind(
        status=422,
        title_en="Columns do not match",
        title_zh="指标列不符",
        expected_zh="与模型版本完全一致的指标列及顺序",
        got_zh="不一致的指标列或数值",
        todo_zh="按 /api/v1/grades 所列的列名和顺序提交",
    ),
    "RatiosRefused": Kind(
        status=422,
        title_en="Ratios refused",
        title_zh="抽查比例不成立",
        expected_zh="每级比例在 0 与 100% 之间，A ≤ B ≤ C ≤ D，且均大于零",
        got_zh="不符合要求的比例（1即100%）",
        todo_zh="修改比例，例如 2%、5%、20%、100%",
        value=re.compile(r"\b[ABCD]='?[^\s';]*"),
    ),
    "FrameRefused": Kind(
        status=422,
        title_en="No frame to draw from",
        title_zh="名录库不能用于抽取",
        expected_zh="至少有一户可以抽取、且代码各不相同的经营主体",
        got_zh="不符合要求的名录库",
        todo_zh="核对辖区代码和登记册",
    ),
    "RequestMalformed": Kind(
        status=422,
        title_en="Request refused",
        title_zh="请求内容不符",
        expected_zh="符合要求的请求",
        got_zh="无法读取的内容",
        todo_zh="修改后重新提交",
    ),
    "RouteUnknown": Kind(
        status=404,
        title_en="Not found",
        title_zh="没有这个页面",
        expected_zh="本站的页面或接口地址",
        got_zh="本站没有的地址",
        todo_zh="回到总览重新查找",
        value=re.compile(r"^\w+ (.*) \(\d+\)$", re.DOTALL),
    ),
    "MethodRefused": Kind(
        status=405,
        title_en="Not done this way here",
        title_zh="这个地址不支持该操作",
        expected_zh="该地址支持的操作",
        got_zh="不支持的操作",
        todo_zh="回到总览，从页面上的链接和按钮进入",
        value=re.compile(r"^(.*) \(\d+\)$", re.DOTALL),
    ),
    "Broken": Kind(
        status=500,
        title_en="Something broke on our side",
        title_zh="系统出错",
        expected_zh="正常的答复",
        got_zh="系统内部错误",
        todo_zh="稍后再试；若仍出错，请把时间告诉管理员",
    ),
    "PlanNotFound": Kind(
        status=404,
        title_en="No such plan",
        title_zh="没有这个计划",
        expected_zh="已建立的计划",
        got_zh="没有的计划编号",
        todo_zh="在计划列表中查找",
    ),
    "PlanRefused": Kind(
        status=409,
        title_en="The plan cannot take this step",
        title_zh="计划不能走这一步",
        expected_zh="计划处于允许这一步的阶段，且姓名、承诺与秘密相符",
        got_zh="不能走这一步的计划，或不相符的内容",
        todo_zh="按“草案—冻结—承诺—揭示—抽取”的顺序进行，并核对姓名和秘密；秘密遗失的，说明理由作废后另建计划",
        value=re.compile(r"which is ([a-z ]+)|'([^']*)'"),
        words=STATES,
    ),
    "TermsRefused": Kind(
        status=422,
        title_en="These terms cannot be followed",
        title_zh="计划内容不完整",
        expected_zh="实施部门、至少一个事项、同一年内的检查起止日期、不小于0的年度上限；联合的计划须为同城同年",
        got_zh="缺少或不符的内容",
        todo_zh="补正后重新提交；跨年的检查请分为两个计划",
    ),
    "TaskNotFound": Kind(
        status=404,
        title_en="No such task or visit",
        title_zh="没有这个任务",
        expected_zh="已生成的任务或检查的编号",
        got_zh="没有的编号",
        todo_zh="在计划的任务列表中查找",
    ),
    "TaskRefused": Kind(
        status=409,
        title_en="The visit cannot take this step",
        title_zh="任务不能走这一步",
        expected_zh="已选派、尚未开始、日期在检查期限内的检查，且联合的计划均已抽取",
        got_zh="不能走这一步的任务",
        todo_zh="先选派检查人员，核对日期；联合计划未抽取的，先抽取或说明理由作废",
    ),
    "ResultRefused": Kind(
        status=422,
        title_en="The result cannot be taken so",
        title_zh="检查结果不符合要求",
        expected_zh="已选派任务的检查结果：事项属于计划，日期在抽取之后、今天之前，结果代码已知且互不矛盾，更正须写明理由",
        got_zh="不符的内容",
        todo_zh="一次改正所列各项后重新提交",
    ),
    "ImportNotFound": Kind(
        status=404,
        title_en="No rejected rows of such an import",
        title_zh="没有这次导入的拒收记录",
        expected_zh="本人导入且有拒收行的文件",
        got_zh="没有的导入",
        todo_zh="按导入回执中的编号查找；没有拒收行就没有文件",
    ),
    "YearlyPlanNotFound": Kind(
        status=404,
        title_en="No such yearly plan",
        title_zh="没有这个年度计划",
        expected_zh="已建立的年度抽查工作计划",
        got_zh="没有的编号",
        todo_zh="在年度计划列表中查找",
    ),
    "YearlyPlanRefused": Kind(
        status=422,
        title_en="The yearly plan cannot be taken so",
        title_zh="年度计划不符合要求",
        expected_zh="每行名称、事项、对象范围、一般或重点、数量或比例、月份、实施单位齐全；调整须写明理由",
        got_zh="缺少或不符的内容",
        todo_zh="补正后重新提交",
    ),
    "PolicyRefused": Kind(
        status=422,
        title_en="The policy does not hold",
        title_zh="抽查政策不成立",
        expected_zh="各项取值已知、合法，且不低于探索底线的抽查政策",
        got_zh="不成立的内容",
        todo_zh="一次改正所列各项；可从已公布的做法开始",
        value=re.compile(r"'[^']*'|\b\w+=[^\s;:]+"),
    ),
    "PolicyNotFound": Kind(
        status=404,
        title_en="No such policy",
        title_zh="没有这项抽查政策",
        expected_zh="已建立的抽查政策及其版本",
        got_zh="没有的政策编号或版本",
        todo_zh="在政策列表中查找",
    ),
    "PolicyVersionRefused": Kind(
        status=409,
        title_en="This version cannot stand",
        title_zh="不能写入这个版本",
        expected_zh="在最新版本之上、有改动、有理由的版本",
        got_zh="他人已写入新版本，或没有改动、没有理由",
        todo_zh="查看最新版本，在其上修改并写明理由",
    ),
    "PlanInfeasible": Kind(
        status=409,
        title_en="No plan keeps all limits",
        title_zh="各项要求不能同时满足",
        expected_zh="能够同时满足的要求",
        got_zh="相互冲突的要求",
        todo_zh="放宽所列要求中的任何一项即可",
    ),
    "NoPastDraws": Kind(
        status=409,
        title_en="No past draw can tell",
        title_zh="没有可用的历史抽查",
        expected_zh="有入样概率、有结果、检查前已评级的随机抽查",
        got_zh="没有这样的抽查记录",
        todo_zh="先对较早的日期评级，再回放其后的抽查",
    ),
    "ItemNotFound": Kind(
        status=404,
        title_en="No such inspection item",
        title_zh="没有这个抽查事项",
        expected_zh="事项清单中的编码",
        got_zh="清单中没有的编码",
        todo_zh="在抽查事项清单中查找",
    ),
    "ItemRefused": Kind(
        status=422,
        title_en="Inspection item refused",
        title_zh="抽查事项不成立",
        expected_zh="要素齐全、起止日期有序的抽查事项",
        got_zh="不符合要求的抽查事项",
        todo_zh="按提示修改后重新提交",
    ),
    "InspectorNotFound": Kind(
        status=404,
        title_en="No such inspector",
        title_zh="没有这名检查人员",
        expected_zh="检查人员名录库中的工号",
        got_zh="名录库中没有的工号",
        todo_zh="在检查人员名录库中查找",
    ),
    "InspectorRefused": Kind(
        status=422,
        title_en="Inspector refused",
        title_zh="检查人员信息不成立",
        expected_zh="要素齐全、与现有请假和回避记录不矛盾的信息",
        got_zh="不符合要求的信息",
        todo_zh="核对名录库后重新提交",
    ),
    "RosterRefused": Kind(
        status=409,
        title_en="The roster has changed",
        title_zh="名录库已变动",
        expected_zh="有姓名、有理由、未与他人同时进行的变更",
        got_zh="不符合要求的变更",
        todo_zh="查看最新的名录库后重新提交",
    ),
    "ObjectsMissing": Kind(
        status=404,
        title_en="No object roster yet",
        title_zh="尚无检查对象库",
        expected_zh="与当前登记册一致的检查对象库",
        got_zh="没有检查对象库",
        todo_zh="请管理员在分级后生成检查对象库",
    ),
    "StaffingRefused": Kind(
        status=422,
        title_en="Staffing refused",
        title_zh="人员选派不成立",
        expected_zh="互不矛盾的检查任务、检查人员与回避申请",
        got_zh="不符合要求的内容",
        todo_zh="核对检查任务和检查人员后重新选派",
    ),
    "CapacityRefused": Kind(
        status=422,
        title_en="This cannot be weighed",
        title_zh="无法测算权衡曲线",
        expected_zh="每个有户数的等级都有实测问题发现率，工时大于0",
        got_zh="缺少或不符的内容",
        todo_zh="先在缺少数据的等级中随机抽查，或换用有实测数据的模型版本",
    ),
    "BundleRefused": Kind(
        status=409,
        title_en="The bundle is not whole",
        title_zh="复核包不完整",
        expected_zh="与冻结时一致的复核包文件",
        got_zh="缺失或被改动的文件",
        todo_zh="从副本恢复冻结时的文件，或说明理由作废计划",
        value=re.compile(r"[\w-]+\.(?:csv|json|py)\b"),
    ),
}
OTHER = Kind(
    status=422,
    title_en="Refused",
    title_zh="无法接受",
    expected_zh="符合要求的内容",
    got_zh="不符合要求的内容",
    todo_zh="核对后重新提交；若仍被拒绝，请把时间告诉管理员",
)

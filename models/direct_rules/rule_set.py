"""The table of direct rules, as data: what holds, which law, from when to when, in which words, and proof.

Every paper here makes a fact or an act that anyone can look up. None says what grade follows: that is this
product's policy, in the manner of published local standards (Guangxi DB45/T 2779-2023 puts an entity of one
qualitative fact into "B or worse" or "C or worse" before it scores the others). No national list of such
rules is public, and drafts are no law: the draft of October 2025 on the serious list is not here.
"""

from __future__ import annotations

from datetime import date

from models.direct_rules.rule import Condition, DirectRule, EvidenceSource
from models.grades import Grade

# 国市监信发〔2022〕6号 brought the grades A to D; a floor that is policy alone cannot be older than they are.
GRADES_BEGIN = date(2022, 1, 13)
# Three years with a leap day in them: on that day they are over, however they lie.
THREE_YEARS = 1096
# As the indicator penalties_severe_1095d counts them: what stops the trade, a licence or a person.
HEAVY_KINDS = (
    "licence_suspended", "qualification_lowered", "licence_revoked",
    "activity_restricted", "suspension", "closure", "practice_restricted", "detention",
)  # fmt: skip
LISTING = ("kind", "ground", "authority")


def listed(kind: str, *, grounds: tuple[str, ...] = (), for_days: int | None = None) -> EvidenceSource:
    """Listings of a kind that are open on the day; `for_days` asks for those as old as that."""
    codes = (("kind", (kind,)), ("ground", grounds)) if grounds else (("kind", (kind,)),)
    return EvidenceSource(table="listings", codes=codes, shown=LISTING, open_now=True, for_days=for_days)


RULES: tuple[DirectRule, ...] = (
    DirectRule(
        code="serious_violation_list",
        conditions=(Condition(column="serious_listed_now"),),
        grade=Grade.D,
        legal_basis_zh=(
            "《市场监督管理严重违法失信名单管理办法》（国家市场监督管理总局令第44号，2021年9月1日起施行）"
        ),
        legal_basis_en=(
            "Measures for the Administration of the List of Serious Violations and Dishonesty "
            "in Market Regulation "
            "(SAMR Order No. 44, in force since 1 September 2021)"
        ),
        valid_from=date(2021, 9, 1),
        valid_until=None,
        sentence_zh=(
            "目前列入严重违法失信名单，名单管理办法要求对其重点监管，本系统据此直接判定为D级（高风险）。"
        ),
        sentence_en=(
            "It is on the list of serious violations and dishonesty. The rules of that list ask for key "
            "supervision; by this system's direct rule that means grade D (high risk)."
        ),
        evidence=listed("serious"),
    ),
    DirectRule(
        code="serious_violation_list_2016",
        conditions=(Condition(column="serious_listed_now"),),
        grade=Grade.D,
        legal_basis_zh=(
            "《严重违法失信企业名单管理暂行办法》"
            "（原国家工商行政管理总局令第83号，2016年4月1日起施行，2021年9月1日由总局令第44号取代）"
        ),
        legal_basis_en=(
            "Interim Measures for the List of Enterprises of Serious Violations and Dishonesty (SAIC Order "
            "No. 83, in force from 1 April 2016, replaced by SAMR Order No. 44 on 1 September 2021)"
        ),
        valid_from=date(2016, 4, 1),
        valid_until=date(2021, 8, 31),
        sentence_zh="当时列入严重违法失信企业名单，本系统据此直接判定为D级（高风险）。",
        sentence_en=(
            "It was on the list of enterprises of serious violations and dishonesty; by this system's direct "
            "rule that means grade D (high risk)."
        ),
        evidence=listed("serious"),
    ),
    DirectRule(
        code="abnormal_three_years_2016",
        conditions=(Condition(column="abnormal_days_now", at_least=THREE_YEARS),),
        grade=Grade.D,
        legal_basis_zh=(
            "《严重违法失信企业名单管理暂行办法》（原国家工商行政管理总局令第83号，2016年4月1日起施行，"
            "2021年9月1日由总局令第44号取代）第五条第一款第（一）项"
        ),
        legal_basis_en=(
            "Interim Measures for the List of Enterprises of Serious Violations and Dishonesty (SAIC Order "
            "No. 83, in force from 1 April 2016, replaced by SAMR Order No. 44 on 1 September 2021), "
            "article 5 paragraph 1 item 1"
        ),
        valid_from=date(2016, 4, 1),
        valid_until=date(2021, 8, 31),
        sentence_zh=(
            "被列入经营异常名录已满三年仍未移出，按当时的规定应列入严重违法失信企业名单，"
            "本系统据此直接判定为D级（高风险）。"
        ),
        sentence_en=(
            "It had been on the abnormal-operation list for three years, a ground for the serious list under "
            "the rules of the time; by this system's direct rule that means grade D (high risk)."
        ),
        evidence=listed("abnormal", for_days=THREE_YEARS),
    ),
    DirectRule(
        code="revocation_due",
        conditions=(
            Condition(column="report_missing_2y", at_least=2),
            Condition(column="abnormal_report_now"),
            Condition(column="abnormal_unreachable_now"),
        ),
        grade=Grade.D,
        legal_basis_zh=(
            "《企业信息公示暂行条例》（国务院令第654号公布，2024年3月10日国务院令第777号修订，"
            "2024年5月1日起施行）关于连续两年未报送年度报告且无法联系的企业的规定"
        ),
        legal_basis_en=(
            "Interim Regulations on Enterprise Information Disclosure (State Council Order No. 654, as "
            "amended by Order No. 777, in force since 1 May 2024), on enterprises that file no annual report "
            "for two years running and cannot be reached"
        ),
        valid_from=date(2024, 5, 1),
        valid_until=None,
        sentence_zh=(
            "连续两年未报送年度报告被列入经营异常名录，且通过登记的住所无法联系，符合条例规定的吊销营业执照情形，"
            "本系统据此直接判定为D级（高风险）。"
        ),
        sentence_en=(
            "No annual report for two years running, listed for it, and not reachable at its address: the "
            "case in which the regulations have a business licence revoked. By this system's direct rule "
            "that means grade D (high risk)."
        ),
        evidence=listed("abnormal", grounds=("annual_report_missing", "unreachable")),
    ),
    DirectRule(
        code="judgment_debtor",
        conditions=(Condition(column="debtor_listed_now"),),
        grade=Grade.C,
        legal_basis_zh=(
            "《最高人民法院关于公布失信被执行人名单信息的若干规定》"
            "（法释〔2013〕17号，2017年1月16日修正）第八条"
        ),
        legal_basis_en=(
            "Provisions of the Supreme People's Court on Publishing the List of Dishonest Judgment Debtors "
            "(Fashi [2013] No. 17, as amended on 16 January 2017), article 8"
        ),
        valid_from=GRADES_BEGIN,
        valid_until=None,
        sentence_zh=(
            "目前被列为失信被执行人，人民法院已通报有关部门实施信用惩戒，"
            "本系统据此直接判定风险不低于C级（中高）。"
        ),
        sentence_en=(
            "It is a listed dishonest judgment debtor, of which courts notify the authorities; by this "
            "system's direct rule its grade is C (medium-high risk) or worse."
        ),
        evidence=listed("judgment_debtor"),
    ),
    DirectRule(
        code="major_tax_violation",
        conditions=(Condition(column="tax_violation_now"),),
        grade=Grade.C,
        legal_basis_zh=(
            "《重大税收违法失信主体信息公布管理办法》（国家税务总局令第54号，2022年2月1日起施行）"
        ),
        legal_basis_en=(
            "Measures for Publishing Entities of Major Tax Violations and Dishonesty (State Taxation "
            "Administration Order No. 54, in force since 1 February 2022)"
        ),
        valid_from=date(2022, 2, 1),
        valid_until=None,
        sentence_zh="目前被公布为重大税收违法失信主体，本系统据此直接判定风险不低于C级（中高）。",
        sentence_en=(
            "It is published as an entity of a major tax violation; by this system's direct rule its grade "
            "is C (medium-high risk) or worse."
        ),
        evidence=listed("tax_serious"),
    ),
    DirectRule(
        code="heavy_penalty",
        conditions=(Condition(column="penalties_severe_1095d"),),
        grade=Grade.C,
        legal_basis_zh="《中华人民共和国行政处罚法》（2021年7月15日起施行）第九条第（三）至（五）项",
        legal_basis_en=(
            "Law on Administrative Penalties (in force since 15 July 2021), article 9 items 3 to 5"
        ),
        valid_from=GRADES_BEGIN,
        valid_until=None,
        sentence_zh=(
            "近三年受到过责令停产停业、暂扣或吊销许可证件等较重行政处罚，"
            "本系统据此直接判定风险不低于C级（中高）。"
        ),
        sentence_en=(
            "In the last three years it received a heavy penalty, such as closure or a revoked licence; by "
            "this system's direct rule its grade is C (medium-high risk) or worse."
        ),
        evidence=EvidenceSource(
            table="penalties",
            codes=(("kinds", HEAVY_KINDS),),
            shown=("kinds", "field", "authority"),
            within_days=1095,
        ),
    ),
    DirectRule(
        code="inspection_refused",
        conditions=(Condition(column="inspections_uncooperative_1095d"),),
        grade=Grade.C,
        legal_basis_zh=(
            "《企业信息公示暂行条例》（国务院令第654号，2014年10月1日起施行）关于不予配合检查情节严重的规定"
        ),
        legal_basis_en=(
            "Interim Regulations on Enterprise Information Disclosure (State Council Order No. 654, in force "
            "since 1 October 2014), on grave refusals to cooperate with a check"
        ),
        valid_from=GRADES_BEGIN,
        valid_until=None,
        sentence_zh="近三年有不配合检查且情节严重的记录，本系统据此直接判定风险不低于C级（中高）。",
        sentence_en=(
            "In the last three years it gravely refused to cooperate with an inspection; by this system's "
            "direct rule its grade is C (medium-high risk) or worse."
        ),
        evidence=EvidenceSource(
            table="inspections",
            codes=(("result_codes", ("uncooperative",)),),
            shown=("result_codes",),
            within_days=1095,
        ),
    ),
    DirectRule(
        code="abnormal_three_years",
        conditions=(Condition(column="abnormal_days_now", at_least=THREE_YEARS),),
        grade=Grade.B,
        legal_basis_zh="《企业经营异常名录管理办法》（原国家工商行政管理总局令第68号公布，2025年3月18日修订）",
        legal_basis_en=(
            "Measures for the Administration of the Abnormal-Operation List (SAIC Order No. 68, as amended "
            "on 18 March 2025)"
        ),
        valid_from=GRADES_BEGIN,
        valid_until=None,
        sentence_zh="被列入经营异常名录已满三年仍未移出，本系统据此直接判定风险不低于B级（中）。",
        sentence_en=(
            "It has been on the abnormal-operation list for three years without removal; by this system's "
            "direct rule its grade is B (medium risk) or worse."
        ),
        evidence=listed("abnormal", for_days=THREE_YEARS),
    ),
)

"""The invented city 信宁市 as lists: districts, industries, legal forms, ownership; shares and effects.

An effect is on the log-odds scale of the hidden riskiness.
"""

from __future__ import annotations

import numpy as np

DISTRICT_CODES = np.array([f"9901{number:02d}" for number in range(1, 17)])
DISTRICT_NAMES = (
    "东湖", "西陵", "南浦", "北塘", "江口", "云台", "青岚", "白沙",
    "临川", "古城", "新港", "高桥", "石门", "兰溪", "平望", "望山",
)  # fmt: skip
DISTRICT_SHARES = np.array([15, 12, 11, 9, 8, 7, 7, 6, 5, 5, 4, 3, 3, 2, 2, 1]) / 100
DISTRICT_EFFECTS = np.array(
    [-0.15, -0.1, 0.05, 0.1, 0.2, -0.05, 0, 0.1, -0.1, 0.15, 0.3, -0.2, 0.05, 0, -0.1, 0.2]
)

# GB/T 4754 sections; the trade word goes into names; complaints say how often consumers meet the trade.
INDUSTRIES = "ACEFGHIJKLMNOPQR"
INDUSTRY_CODES = np.array(list(INDUSTRIES))
INDUSTRY_WORDS = (
    "农业", "制造", "建设工程", "商贸", "物流", "餐饮", "信息技术", "投资咨询",
    "置业", "商务服务", "科技", "环保", "生活服务", "教育咨询", "健康管理", "文化传媒",
)  # fmt: skip
INDUSTRY_SHARES = np.array([4, 9, 5, 33, 4, 12, 5, 1, 3, 8, 4, 1, 6, 2, 1, 2]) / 100
INDUSTRY_EFFECTS = np.array(
    [-0.4, 0.1, 0.5, 0.0, 0.2, 0.45, -0.4, 0.9, 0.35, -0.1, -0.5, 0.1, 0.15, 0.6, 0.3, -0.2]
)
INDUSTRY_COMPLAINTS = np.array(
    [0.2, 0.4, 0.5, 1.3, 0.8, 1.8, 0.8, 0.6, 1.2, 0.4, 0.4, 0.3, 1.5, 2.5, 1.5, 1.0]
)

FORM_WORDS = np.array(["公司", "个体工商户", "合伙企业", "农民专业合作社", "分支机构", "其他"])
FORM_SHARES = np.array([0.40, 0.50, 0.03, 0.02, 0.04, 0.01])
FORM_EFFECTS = np.array([0.1, -0.1, 0.1, 0.3, -0.2, 0.0])
FORM_SUFFIXES = np.array(["有限公司", "店", "合伙企业（有限合伙）", "专业合作社", "有限公司分公司", "中心"])
FORM_REGISTER_KINDS = np.array([1, 2, 1, 3, 1, 9], np.int8)  # second character of the credit code
FORM_CAPITAL_LOGS = np.log(np.array([1_000_000, 50_000, 3_000_000, 1_000_000, 100_000, 200_000]))  # yuan
FORM_CAPITAL_SPREADS = np.array([1.5, 0.9, 1.6, 1.0, 0.3, 1.0])
COMPANY, SOLE_TRADER, PARTNERSHIP, COOPERATIVE, BRANCH = range(5)

OWNERSHIP_WORDS = np.array(["国有", "民营", "外资", "其他"])
OWNERSHIP_SHARES = np.array([0.04, 0.91, 0.03, 0.02])

BRAND_HEADS = "信恒嘉瑞华鼎盛远宏泰安康博达鑫隆佳美天成永兴富源金石启明优品雅正德福海川"
BRAND_TAILS = "合昌辉凯诚和顺通宇润丰茂景荣晟泽维创飞越悦宁祥晨皓澜峰林铭语禾桥月舟"

"""What the fields of forms and addresses are called in 中文, and what they take."""

from __future__ import annotations

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

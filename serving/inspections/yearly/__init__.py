"""Yearly plans (年度抽查工作计划), published in versions."""

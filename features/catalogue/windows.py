"""How the windows are spoken of, so that every sentence names one the same way."""

from __future__ import annotations

IN_CHINESE = {30: "近一个月", 90: "近三个月", 365: "近一年", 1095: "近三年"}
IN_ENGLISH = {
    30: "in the last month",
    90: "in the last three months",
    365: "in the last year",
    1095: "in the last three years",
}

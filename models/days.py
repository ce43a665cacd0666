"""Days as people write them, and the same day some months later."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


def date_text(day: date, language: str) -> str:
    """2026年6月30日, or 30 June 2026."""
    return day_en(day) if language == "en" else day_zh(day)


def day_zh(day: date, today: date | None = None) -> str:
    """2026年6月30日; without its year where that is today's."""
    year = "" if today is not None and day.year == today.year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日"


def day_en(day: date) -> str:
    """30 June 2026."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def months_later(start: date, months: int) -> date:
    """The same day so many months later, or the last of a shorter month (Civil Code, article 202)."""
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))

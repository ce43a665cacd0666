"""Moments in the ledger are UTC and never naive, on engines with and without time zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

from sqlalchemy import DateTime, Dialect
from sqlalchemy.types import TypeDecorator

from data_contracts.refusal import Refusal

# One zone for the whole country, without summer time since 1991.
CHINA = timezone(timedelta(hours=8))


def day_in_china(moment: datetime) -> date:
    """The calendar day on which a moment falls where the offices are; periods of the law run in such days."""
    return moment.astimezone(CHINA).date()


class MomentRefused(Refusal):
    """A time without a time zone."""


class Moment(TypeDecorator[datetime]):
    """A time that is stored in UTC and comes back with its zone; SQLite itself would drop it."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuses a naive time, whose place nobody could tell later."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise MomentRefused(
                expected="a time with its time zone",
                got=f"{value.isoformat()} without one",
                todo="pass an aware time, best in UTC",
            )
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Gives the time zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

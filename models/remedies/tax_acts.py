"""Acts about taxes and contributions: pay what is owed, so that the next period ends without arrears."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

from models.days import months_later
from models.remedies.offers import Act, Offer, always
from models.remedies.records import Edit, Records, Row, added, key_of, next_day

MONTH_LENGTH = len("2024-02")
OWED = ("tax_owed_fen", "social_owed_fen")
PAY = Act(
    code="pay_arrears",
    basis_zh="税收征收管理法、社会保险法",
    basis_en="Law on the Administration of Tax Collection; Social Insurance Law",
    moves=("tax_arrears_last", "social_arrears_last", "arrears_share_3y"),
    decided=False,
)
# What every period has of its own.
_OWN = frozenset(
    {"period", "entity_id", "occurred_on", "known_on", "forgotten_on", "superseded_on", "retracted"}
)


def tax_offers(records: Records) -> Iterator[Offer]:
    """One offer where something was owed at the end of the latest period."""
    known = records.live("tax_social") if "tax_social" in records.rows else []
    monthly = [row for row in known if len(row["period"]) == MONTH_LENGTH]
    latest = max(monthly or known, key=lambda row: (row["occurred_on"], row["known_on"]), default=None)
    if latest is None or not any(latest[name] for name in OWED):
        return
    first = next_day(records.days.on)
    after = _periods_to(latest, first)
    yield Offer(
        act=PAY,
        earliest=first,
        words=always(
            "缴清欠税和欠缴的社会保险费", "pay the taxes and social insurance contributions that are owed"
        ),
        edits=partial(_paid, records, latest, after),
        known_from=after[-1] + _told_after(latest),
    )


def _told_after(row: Row) -> timedelta:
    """How long after its end a period is known: as long as the latest one took."""
    lag: timedelta = row["known_on"] - row["occurred_on"]
    return lag


def _periods_to(latest: Row, day: date) -> list[date]:
    """The last days of the periods after the latest one known, up to the one in which a day lies."""
    months = 1 if len(latest["period"]) == MONTH_LENGTH else 12
    ends: list[date] = []
    while not ends or ends[-1] < day:
        begins = (ends[-1] if ends else latest["occurred_on"]) + timedelta(days=1)
        ends.append(months_later(begins, months) - timedelta(days=1))
    return ends


def _paid(records: Records, latest: Row, ends: list[date], on: date) -> list[Edit]:
    """The periods between as the latest one was, figures and arrears; nothing owed at the end of the last."""
    figures = {name: latest[name] for name in latest if name not in _OWN | {key_of("tax_social")}}
    first, found = next_day(records.days.on), []
    for end in ends:
        known, month = max(end + _told_after(latest), first), f"{end:%Y-%m}"
        owed = dict.fromkeys(OWED, 0) if end == ends[-1] else {}
        if known <= on:
            period = month if len(latest["period"]) == MONTH_LENGTH else month[:4]
            values = {**figures, **owed, "period": period, "occurred_on": end, "known_on": known}
            found.append(added("tax_social", records, f"remedy:{records.entity_id}:{period}", on, **values))
    return found

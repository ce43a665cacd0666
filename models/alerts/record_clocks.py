"""Clocks of one record: a licence near its end (许可到期), three years on the abnormal list (列异满三年)."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.contract import load_contract
from models.alerts.alert import Alert
from models.days import day_en, day_zh, months_later

# An application to renew comes 30 days before the end (Administrative Licensing Law, article 50); the same
# 60 days as in the indicator licences_expiring_now leave a month to say so.
RENEW_WITHIN, RENEW_BY = 60, 30
# Interim measures for the abnormal-operation list (SAIC, 2014): within the 60 days before three years on the
# list are full, the office reminds by announcement; a ground that lasts beyond leads to the serious list.
CLOCK_YEARS, NOTICE_DAYS, LAST_DAYS = 3, 60, 15


def licence_expiries(licences: pa.Table, on: date) -> list[Alert]:
    """Licences whose last day comes within 60 days, or has passed without a recorded end.

    `licences` has entity_id, licence_id, kind and valid_until of the licences open on the day; of several of
    one kind the last to end counts, for a new one renews the old. 31 to 60 days: low; 30 and less, when the
    application to renew is due: medium; past: high.
    """
    horizon = pa.scalar(on + timedelta(days=RENEW_WITHIN), pa.date32())
    last = licences.filter(_is_last(licences))
    due = last.filter(pc.less_equal(last["valid_until"], horizon))
    return [
        _licence(row["entity_id"], row["licence_id"], row["kind"], row["valid_until"], on)
        for row in due.to_pylist()
    ]


def _is_last(licences: pa.Table) -> pa.Array:
    """Whether each licence is the last to end of its entity and kind; of equals the lowest id."""
    keys = [("entity_id", "ascending"), ("kind", "ascending"), ("valid_until", "descending")]
    order = np.asarray(pc.sort_indices(licences, sort_keys=[*keys, ("licence_id", "ascending")]))
    entity, kind = (np.asarray(licences[name].to_numpy())[order] for name in ("entity_id", "kind"))
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (entity[1:] != entity[:-1]) | (kind[1:] != kind[:-1])
    mask = np.zeros(len(order), dtype=np.bool_)
    mask[order[first]] = True
    return pa.array(mask)


def _licence(entity_id: str, licence_id: str, kind: str, last: date, on: date) -> Alert:
    left = (last - on).days
    zh, en = load_contract("licences").column("kind").in_words(kind)
    return Alert(
        entity_id=entity_id,
        kind="licence_expiry",
        severity="high" if left < 0 else "medium" if left <= RENEW_BY else "low",
        since=last + timedelta(days=1) if left < 0 else last - timedelta(days=RENEW_WITHIN),
        until=None if left < 0 else last,
        statistic=None,
        sentence_zh=f"{zh if zh.endswith('许可') else f'行政许可（{zh}）'}{_expiry_zh(last, left, on)}",
        sentence_en=f"Its licence ({en}) {_expiry_en(last, left)}",
        evidence=(f"licences:{licence_id}",),
    )


def _expiry_zh(last: date, left: int, on: date) -> str:
    if left < 0:
        return f"已于{day_zh(last, on)}到期，未见延续或终止的记录。"
    if left == 0:
        return "今天到期。"
    renew = "，应已提出延续申请" if left <= RENEW_BY else ""
    return f"将于{day_zh(last, on)}到期，还有{left}天{renew}。"


def _expiry_en(last: date, left: int) -> str:
    if left < 0:
        return f"ran out on {day_en(last)}; neither a renewal nor an end is on record."
    if left == 0:
        return "runs out today."
    renew = "; the application to renew is due" if left <= RENEW_BY else ""
    return f"runs out on {day_en(last)}, in {_days_en(left)}{renew}."


def abnormal_clocks(listings: pa.Table, on: date) -> list[Alert]:
    """Open listings on the abnormal list that will soon have lasted three years, or have.

    `listings` has entity_id, listing_id, ground and occurred_on of the abnormal listings open on the day.
    From the 60th day before, when the office is to remind by announcement: medium; from the 15th before to
    the 60th after: high. Later it is no news any more: low.
    """
    # Three years are 1,095 days or one more: whatever this leaves out is not in its notice period yet.
    oldest_needed = pa.scalar(on - timedelta(days=365 * CLOCK_YEARS - NOTICE_DAYS - 1), pa.date32())
    long_ago = listings.filter(pc.less_equal(listings["occurred_on"], oldest_needed))
    return [
        _listed(row["entity_id"], row["listing_id"], row["ground"], row["occurred_on"], on)
        for row in long_ago.to_pylist()
        if (three_years_after(row["occurred_on"]) - on).days <= NOTICE_DAYS
    ]


def _listed(entity_id: str, listing_id: str, ground: str | None, listed_on: date, on: date) -> Alert:
    full = three_years_after(listed_on)
    left = (full - on).days
    zh, en = load_contract("listings").column("ground").in_words(ground or "")
    return Alert(
        entity_id=entity_id,
        kind="abnormal_clock",
        severity="medium" if left > LAST_DAYS else "high" if left >= -NOTICE_DAYS else "low",
        since=full if left <= 0 else full - timedelta(days=NOTICE_DAYS),
        until=None if left <= 0 else full,
        statistic=None,
        sentence_zh=(
            f"{day_zh(listed_on, on)}列入经营异常名录{f'（{zh}）' if zh else ''}，"
            + _clock_zh(full, left, on)
        ),
        sentence_en=(
            f"On the abnormal-operation list since {day_en(listed_on)}{f' ({en})' if en else ''}; "
            + _clock_en(full, left)
        ),
        evidence=(f"listings:{listing_id}",),
    )


def _clock_zh(full: date, left: int, on: date) -> str:
    if left <= 0:
        return f"到{day_zh(full, on)}已满三年，仍未移出。"
    return f"到{day_zh(full, on)}满三年，还有{left}天，应公告提示其履行义务。"


def _clock_en(full: date, left: int) -> str:
    if left <= 0:
        return f"three years were full on {day_en(full)}, and it is still listed."
    return (
        f"three years are full on {day_en(full)}, in {_days_en(left)}: the reminder by announcement is due."
    )


def three_years_after(day: date) -> date:
    """The same day three years later, or the last of its month if it has none (Civil Code, art. 202)."""
    return months_later(day, 12 * CLOCK_YEARS)


def _days_en(count: int) -> str:
    return f"{count} {'day' if count == 1 else 'days'}"

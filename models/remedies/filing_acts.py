"""Acts about annual reports: file what is missing, let the contact be confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

from features.as_of import AsOf
from features.catalogue.annual_reports import YEARS_BACK, due_year
from models.remedies.offers import Act, Edits, Offer, Words, always
from models.remedies.records import Edit, Records, Row, added, corrected, next_day
from models.remedies.waiting import HORIZON_DAYS

REPORTING = ("企业信息公示暂行条例第八条", "Interim Regulations on Enterprise Information Disclosure, art. 8")

FILE = Act(
    code="file_report", basis_zh=REPORTING[0], basis_en=REPORTING[1], decided=False,
    moves=("report_filed_last", "report_filed_previous", "report_missing_2y"),
)  # fmt: skip
CONTACT = Act(
    code="confirm_contact", basis_zh=REPORTING[0], basis_en=REPORTING[1], moves=("contact_unconfirmed_last",)
)
FIGURES = Act(
    code="correct_figures",
    basis_zh="企业信息公示暂行条例第十二条",
    basis_en="Interim Regulations on Enterprise Information Disclosure, art. 12",
    moves=("report_zero_last",),
    certain=False,
)
MONEY = ("revenue_fen", "total_assets_fen", "net_profit_fen", "tax_paid_fen")


def filing_offers(records: Records) -> Iterator[Offer]:
    """One offer for each report that is missing, or will be by the end of the horizon, and may be filed."""
    on = records.days.on
    last = _due(on + timedelta(days=HORIZON_DAYS))
    for year in missing_years(records, _due(on) - 1, last):
        yield Offer(
            act=FILE,
            earliest=max(next_day(on), date(year + 1, 1, 1)),
            words=partial(_filing_words, year),
            edits=_filing(records, year),
        )
    reports = records.live("annual_reports")
    newest = max(reports, key=lambda row: row["report_year"], default=None)
    if newest is not None and newest["contact_confirmed"] is False:
        yield Offer(
            act=CONTACT,
            earliest=next_day(on),
            words=always(
                "更新年报联络方式并经登记机关核实",
                "update the contact of {its} annual report and have it confirmed",
            ),
            edits=lambda day: corrected("annual_reports", newest, day, contact_confirmed=True),
        )
    figures = {} if newest is None else _told_elsewhere(records, newest)
    if newest is not None and figures:
        yield Offer(
            act=FIGURES,
            earliest=next_day(on),
            words=always(
                f"{newest['report_year']}年度年报各项财务数据均填报为零，而税务机关记录并非如此：据实更正年报",
                f"correct {{its}} annual report of {newest['report_year']}, whose figures are all zero while "
                "those of the tax office are not",
            ),
            edits=lambda day: corrected("annual_reports", newest, day, amended=True, **figures),
        )


def _told_elsewhere(records: Records, report: Row) -> dict[str, int]:
    """Sales and tax of the year as the tax office knows them, where a report tells of nothing but zeros.

    What nobody recorded stays zero: better figures than those on record cannot be promised.
    """
    told = records.live("tax_social") if "tax_social" in records.rows else []
    of_year = [row for row in told if row["period"] == str(report["report_year"])]
    if any(report[name] != 0 for name in MONEY) or not of_year:
        return {}
    newest = max(of_year, key=lambda row: row["known_on"])
    known = {"revenue_fen": newest["sales_fen"], "tax_paid_fen": newest["tax_paid_fen"]}
    return {name: value for name, value in known.items() if value}


def _filing(records: Records, year: int) -> Edits:
    return lambda on: (report(records, year, on),)


def _filing_words(year: int, on: date) -> Words:
    """补报 once the filing time of the year is over, 报送 before."""
    late = year <= _due(on)
    return f"{'补报' if late else '报送'}{year}年度年报", f"file the annual report of {year}"


def missing_years(records: Records, first: int, last: int) -> list[int]:
    """The years in a range of which a report is due from the entity and none is known."""
    there = {row["report_year"] for row in records.live("annual_reports")}
    began = records.registered_on
    if began is None or "annual_reports" not in records.rows:
        return []
    return [year for year in range(first, last + 1) if year not in there and began <= date(year, 12, 31)]


def overdue_reports(records: Records, on: date) -> tuple[list[int], list[Edit]]:
    """The years whose reports are overdue on a day, and their filing on it."""
    due = _due(on)
    years = missing_years(records, due - YEARS_BACK, due)
    return years, [report(records, year, on) for year in years]


def report(records: Records, year: int, on: date) -> Edit:
    """The report of a year, its figures those of the latest one known: nobody can promise better ones."""
    known = records.live("annual_reports")
    latest = max(known, key=lambda row: (row["report_year"], row["known_on"]), default=None)
    kept = {} if latest is None else {name: latest[name] for name in latest if name not in _OWN}
    record_id = f"remedy:{records.entity_id}:{year}"
    return added("annual_reports", records, record_id, on, **kept, report_year=year, amended=False)


def of_years(years: list[int]) -> Words:
    """2024、2025年度, and 2024 and 2025."""
    return "、".join(map(str, years)) + "年度", " and ".join(map(str, years))


# What every filing has of its own.
_OWN = frozenset(
    {
        "report_id", "entity_id", "report_year", "occurred_on", "known_on", "forgotten_on", "superseded_on",
        "retracted", "amended",
    }
)  # fmt: skip


def _due(on: date) -> int:
    return due_year(AsOf(on=on, used_on=on))

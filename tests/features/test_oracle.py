"""Every indicator against a second telling of it in plain Python, on rows chosen to be nasty.

The oracle shares no code with the expressions: it loops over dictionaries.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from data_contracts.contract import load_contract
from features.as_of import AsOf
from features.catalogue import CATALOGUE
from tests.lake_rows import Row, chained

# A leap day, both sides of the filing deadline, a year's end, and a day of no meaning.
DATES = [date(2024, 2, 29), date(2024, 6, 30), date(2024, 7, 1), date(2023, 12, 31), date(2025, 4, 15)]
ENTITIES = [f"0{n:017d}" for n in range(120)]  # 18 digits with leading zeros
EDGES = [-1, 0, 1, 2, 30, 89, 90, 91, 179, 180, 181, 364, 365, 366, 730, 1094, 1095, 1096, 1500]
FEN = [None, 0, 0, 1, 99, 12_345, 10**9, 10**10, 10**12]
SIGNED_FEN = [*FEN, -1, -(10**9)]
GRADES = ["excellent", "good", "fair", "poor", "not_rated"]
KINDS = [
    "warning",
    "fine",
    "confiscation",
    "suspension",
    "licence_suspended",
    "licence_revoked",
    "closure",
    "practice_restricted",
    "activity_restricted",
    "qualification_lowered",
    "detention",
    "other",
]
RESULTS = [
    "no_problem", "disclosure_missing", "disclosure_false", "unreachable", "uncooperative",
    "activity_not_found", "ordered_to_stop", "ordered_to_correct", "problem_pending", "other",
]  # fmt: skip
PROBLEMS = {
    "disclosure_missing", "disclosure_false", "unreachable", "uncooperative", "ordered_to_stop",
    "ordered_to_correct", "problem_pending",
}  # fmt: skip
LISTS = ["abnormal", "serious", "judgment_debtor", "tax_abnormal", "tax_serious", "tax_arrears"]
GROUNDS = [
    "annual_report_missing",
    "disclosure_missing",
    "disclosure_false",
    "unreachable",
    "name_ruling_ignored",
    "other",
]
INDUSTRIES = [
    None,
    "A",
    "A01",
    "C4390",
    "5211",
    "62",
    "97",
    "98",
    "00",
    "restaurant",
    "Restaurant",
    "R",
    "I6",
]


# --- nasty rows -------------------------------------------------------------------------------------


def nasty_city(chance: random.Random, t: date) -> dict[str, list[Row]]:
    """Rows about t: same days, ties, borders of windows, late knowledge, repairs, nulls, zeros."""
    city: dict[str, list[Row]] = {"entities": _entities(chance, t)}
    for table, make, most in (
        ("annual_reports", _report, 6),
        ("listings", _listing, 4),
        ("penalties", _penalty, 4),
        ("complaints", _complaint, 8),
        ("inspections", _inspection, 6),
        ("evaluations", _evaluation, 3),
    ):
        rows = [
            {load_contract(table).key[0]: f"{entity}-{number}", "entity_id": entity,
             **_clock(chance, t), **make(chance, t)}
            for entity in ENTITIES
            for number in range(chance.randint(0, most))
        ]  # fmt: skip
        city[table] = [version for row in rows for version in _versions(chance, t, row, make)]
        chance.shuffle(city[table])
    return city


def _versions(chance: random.Random, t: date, row: Row, make: Callable[..., Row]) -> list[Row]:
    """The row, in one of five corrected or withdrawn later, and in some of those once more."""
    versions = [row]
    while chance.random() < 0.2:
        known = versions[-1]["known_on"] + timedelta(days=chance.choice([1, 2, 30, 400]))
        changed = {"retracted": True} if chance.random() < 0.4 else {"retracted": False, **make(chance, t)}
        versions.append(versions[-1] | changed | {"known_on": known})
    return chained(*versions)


def _day(chance: random.Random, t: date) -> date:
    return t - timedelta(days=chance.choice(EDGES))


def _clock(chance: random.Random, t: date) -> Row:
    occurred = _day(chance, t)
    known = max(occurred, _day(chance, t)) if chance.random() < 0.2 else occurred
    forgotten = t + timedelta(days=chance.choice([-1, 0, 1, 9, 10, 11])) if chance.random() < 0.15 else None
    return {"occurred_on": occurred, "known_on": known, "forgotten_on": forgotten}


def _entities(chance: random.Random, t: date) -> list[Row]:
    rows = []
    for entity in ENTITIES:
        for known in {_day(chance, t) for _ in range(chance.randint(1, 3))}:
            rows.append(
                {
                    "entity_id": entity,
                    "id_kind": "local",
                    "known_on": known,
                    "entity_type": chance.choice([None, "company", "sole_proprietorship", "branch"]),
                    "region_code": chance.choice([None, "110101", "010203"]),
                    "industry_code": chance.choice(INDUSTRIES),
                    "registered_on": chance.choice(
                        [None, _day(chance, t), date(1996, 2, 29), date(t.year - 2, 12, 31)]
                    ),
                    "deregistered_on": _day(chance, t) if chance.random() < 0.1 else None,
                    "registered_capital_fen": chance.choice(FEN),
                    "ownership": chance.choice([None, "state", "private"]),
                    "latitude": chance.choice([None, 0.0, -41.5, 39.916668]),
                    "longitude": chance.choice([None, 116.383331]),
                }
            )
    chance.shuffle(rows)
    return rows


def _report(chance: random.Random, t: date) -> Row:
    return {
        "report_year": t.year - chance.randint(0, 6),
        "amended": chance.choice([None, True, False, False]),
        "revenue_fen": chance.choice(SIGNED_FEN),
        "total_assets_fen": chance.choice(SIGNED_FEN),
        "total_liabilities_fen": chance.choice(SIGNED_FEN),
        "net_profit_fen": chance.choice(SIGNED_FEN),
        "tax_paid_fen": chance.choice(SIGNED_FEN),
        "employees": chance.choice([None, 0, 0, 1, 7, 300]),
        "social_insured": chance.choice([None, 0, 1, 7]),
        "contact_confirmed": chance.choice([None, True, False]),
    } | (
        {}
        if chance.random() < 0.9
        else dict.fromkeys(["revenue_fen", "total_assets_fen", "net_profit_fen", "tax_paid_fen"], 0)
    )


def _listing(chance: random.Random, t: date) -> Row:
    row: Row = {"kind": chance.choice([*LISTS, "abnormal"]), "ground": chance.choice([None, *GROUNDS])}
    if chance.random() < 0.5:
        ended = _day(chance, t)
        row |= {"ended_on": ended, "end_known_on": chance.choice([None, ended, _day(chance, t)])}
    if chance.random() < 0.1:
        row |= {"end_known_on": _day(chance, t)}
    if chance.random() < 0.1:
        row |= {"occurred_on": None}
    return row


def _several(chance: random.Random, codes: list[str]) -> str:
    return ";".join(sorted(chance.sample(codes, chance.randint(1, 2))))


def _penalty(chance: random.Random, t: date) -> Row:
    return {
        "kinds": _several(chance, KINDS),
        "procedure": chance.choice([None, "simple", "ordinary"]),
        "field": chance.choice([None, "food", "adverts"]),
        "fine_fen": chance.choice(FEN),
        "confiscated_fen": chance.choice(FEN),
    }


def _complaint(chance: random.Random, t: date) -> Row:
    return {
        "outcome_known_on": chance.choice([None, t, _day(chance, t)]),
        "channel": "12345",
        "kind": chance.choice(["complaint", "report", "contact"]),
        "outcome": chance.choice([None, "upheld", "upheld", "not_accepted", "mediated", "pending"]),
        "suspected_professional": chance.choice([None, True, False, False]),
    }


def _inspection(chance: random.Random, t: date) -> Row:
    mechanism = chance.choice(["random_draw", "targeted", "complaint", "lead", "follow_up", "unknown"])
    return {
        "mechanism": mechanism,
        "inclusion_probability": 0.5 if mechanism == "random_draw" else None,
        "result_codes": chance.choice([None, _several(chance, RESULTS), _several(chance, RESULTS)]),
        "critical_count": chance.choice([None, 0, 1, 5]),
        "serious_count": chance.choice([None, 0, 2, 99]),
        "minor_count": chance.choice([None, 0, 3, 120]),
        "inspector": chance.choice([None, "x", "y"]),
    }


def _evaluation(chance: random.Random, t: date) -> Row:
    row: Row = {"scheme": "s", "grade": chance.choice(GRADES)}
    return row | ({"occurred_on": None} if chance.random() < 0.2 else {})


# --- the oracle -------------------------------------------------------------------------------------


class Oracle:
    """What is known of one entity, and each indicator as a method of plain loops."""

    def __init__(self, rows: dict[str, list[Row]], t: date, u: date) -> None:
        self.t = t
        self.rows = {
            table: [{**r, "day": r["occurred_on"] or r["known_on"]} for r in some if self.may_use(r, u)]
            for table, some in rows.items()
            if table != "entities"
        }
        versions = sorted((r for r in rows["entities"] if r["known_on"] <= t), key=lambda r: r["known_on"])
        self.entity: Row = {}
        for version in versions:
            self.entity |= {name: held for name, held in version.items() if held is not None}
        gone = self.entity.get("deregistered_on")
        self.there = bool(versions) and not (gone and gone <= t)
        self.due = t.year - 1 if t > date(t.year, 6, 30) else t.year - 2

    def may_use(self, row: Row, u: date) -> bool:
        if row["known_on"] > self.t or (row["occurred_on"] and row["occurred_on"] > self.t):
            return False
        if row.get("retracted") or (row["superseded_on"] and row["superseded_on"] <= self.t):
            return False
        return row["forgotten_on"] is None or row["forgotten_on"] > u

    def within(self, table: str, days: int) -> list[Row]:
        return [r for r in self.rows[table] if (self.t - r["day"]).days < days]

    def values(self) -> dict[str, Any]:
        row = self.of_entity() | self.of_reports() | self.of_listings() | self.of_penalties()
        row |= self.of_complaints() | self.of_inspections() | self.of_evaluations()
        return row | self.of_combinations(row)

    def of_entity(self) -> Row:
        e = self.entity
        registered, fen, code = (
            e.get("registered_on"),
            e.get("registered_capital_fen"),
            e.get("industry_code"),
        )
        age = None if registered is None or registered > self.t else (self.t - registered).days / 365.25
        return {
            "entity_age_now": age,
            "entity_capital_now": None if fen is None else fen / 100,
            "entity_type_now": e.get("entity_type"),
            "entity_section_now": self.section(code),
            "entity_industry_now": self.industry(code),
            "entity_region_now": e.get("region_code"),
            "entity_ownership_now": e.get("ownership"),
            "entity_latitude_now": e.get("latitude"),
            "entity_longitude_now": e.get("longitude"),
        }

    @staticmethod
    def section(code: str | None) -> str | None:
        return {
            None: None, "A": "A", "A01": "A", "C4390": "C", "5211": "F", "62": "H", "97": "T", "98": None,
            "00": None,
            "restaurant": None, "Restaurant": None, "R": "R", "I6": None,
        }[code]  # fmt: skip

    @staticmethod
    def industry(code: str | None) -> str | None:
        return {"C4390": "C43", "5211": "52"}.get(code or "", code)

    def of_reports(self) -> Row:
        years: dict[int, list[Row]] = defaultdict(list)
        for r in self.rows["annual_reports"]:
            if self.due - 3 <= r["report_year"] <= self.t.year - 1:
                years[r["report_year"]].append(r)
        for some in years.values():
            some.sort(key=lambda r: (r["known_on"], r["occurred_on"], r["report_id"]))
        newest = max(years, default=None)
        last: Row = years[newest][-1] if newest else {}
        before: Row = years[newest - 1][-1] if newest and newest - 1 in years else {}
        recent = [years[y] for y in years if newest and y >= newest - 2]
        late: dict[int, int | None] = {}
        for year in (self.due, self.due - 1):
            filings = [r["occurred_on"] for r in years.get(year, [])]
            late[year] = max(0, (min(filings) - date(year + 1, 6, 30)).days) if filings else None
        figures = [last.get(n) for n in ("revenue_fen", "total_assets_fen", "net_profit_fen", "tax_paid_fen")]
        profit, tax, confirmed = (
            last.get("net_profit_fen"),
            last.get("tax_paid_fen"),
            last.get("contact_confirmed"),
        )
        all_zero = 0 if any(f is not None and f != 0 for f in figures) else (None if None in figures else 1)
        return {
            "report_filed_last": self.filed(self.due, late[self.due]),
            "report_filed_previous": self.filed(self.due - 1, late[self.due - 1]),
            "report_late_last": late[self.due],
            "report_late_previous": late[self.due - 1],
            "report_amended_3y": sum(any(r["amended"] for r in some) for some in recent),
            "contact_unconfirmed_last": None if confirmed is None else int(not confirmed),
            "report_zero_last": all_zero,
            "revenue_amount_last": self.yuan(last.get("revenue_fen")),
            "revenue_change_last": self.change(last.get("revenue_fen"), before.get("revenue_fen")),
            "profit_loss_last": None if profit is None else int(profit < 0),
            "profit_losses_3y": None
            if not newest
            else sum((some[-1]["net_profit_fen"] or 0) < 0 for some in recent),
            "debt_ratio_last": self.share(last.get("total_liabilities_fen"), last.get("total_assets_fen")),
            "staff_count_last": last.get("employees"),
            "staff_change_last": self.change(last.get("employees"), before.get("employees")),
            "staff_insured_last": self.share(last.get("social_insured"), last.get("employees")),
            "tax_amount_last": self.yuan(tax),
            "tax_zero_last": None if tax is None else int(tax == 0),
        }

    def filed(self, year: int, late: int | None) -> int | None:
        registered = self.entity.get("registered_on")
        if late is not None:
            return 1
        return None if registered is None or registered.year > year else 0

    @staticmethod
    def yuan(fen: int | None) -> float | None:
        return None if fen is None else fen / 100

    @staticmethod
    def share(part: float | None, whole: float | None) -> float | None:
        return None if part is None or whole is None or whole <= 0 else 100 * part / whole

    def change(self, now: int | None, before: int | None) -> float | None:
        return self.share(None if now is None or before is None else now - before, before)

    def is_open(self, listing: Row) -> bool:
        ended = listing.get("ended_on") or listing.get("end_known_on")
        known = listing.get("end_known_on") or listing.get("ended_on")
        return ended is None or ended > self.t or known > self.t

    def of_listings(self) -> Row:
        every = self.rows["listings"]
        now = [r for r in every if self.is_open(r)]
        kinds = {r["kind"] for r in now}
        abnormal = [r for r in now if r["kind"] == "abnormal"]
        grounds = {r["ground"] for r in abnormal}
        return {
            "abnormal_listed_now": int("abnormal" in kinds),
            "abnormal_days_now": max([(self.t - r["day"]).days for r in abnormal], default=0),
            "abnormal_report_now": int("annual_report_missing" in grounds),
            "abnormal_unreachable_now": int("unreachable" in grounds),
            "abnormal_disclosure_now": int(bool(grounds & {"disclosure_missing", "disclosure_false"})),
            "abnormal_count_1095d": sum(r["kind"] == "abnormal" for r in self.within("listings", 1095)),
            "serious_listed_now": int("serious" in kinds),
            "serious_listed_ever": int(any(r["kind"] == "serious" for r in every)),
            "debtor_listed_now": int("judgment_debtor" in kinds),
            "tax_abnormal_now": int("tax_abnormal" in kinds),
            "tax_violation_now": int("tax_serious" in kinds),
            "tax_arrears_now": int("tax_arrears" in kinds),
            "listings_count_1095d": len(self.within("listings", 1095)),
        }

    def recency(self, rows: list[Row]) -> int | None:
        return min([(self.t - r["day"]).days for r in rows], default=None)

    def of_penalties(self) -> Row:
        year, three = self.within("penalties", 365), self.within("penalties", 1095)
        severe = set(KINDS) - {"warning", "fine", "confiscation", "other"}
        return {
            "penalties_count_365d": len(year),
            "penalties_count_1095d": len(three),
            "penalties_fine_365d": sum(r["fine_fen"] or 0 for r in year) / 100,
            "penalties_fine_1095d": sum(r["fine_fen"] or 0 for r in three) / 100,
            "penalties_confiscated_1095d": sum(r["confiscated_fen"] or 0 for r in three) / 100,
            "penalties_severe_1095d": sum(bool(severe & set(r["kinds"].split(";"))) for r in three),
            "penalties_ordinary_1095d": sum(r["procedure"] == "ordinary" for r in three),
            "penalties_fields_1095d": len({r["field"] for r in three} - {None}),
            "penalties_recency_last": self.recency(self.rows["penalties"]),
        }

    def of_complaints(self) -> Row:
        def genuine(rows: list[Row]) -> list[Row]:
            return [r for r in rows if r["kind"] != "contact" and not r["suspected_professional"]]

        quarter, half, year = (genuine(self.within("complaints", days)) for days in (90, 180, 365))
        before = len(half) - len(quarter)
        settled = [r for r in year if r["outcome_known_on"] and r["outcome_known_on"] <= self.t]
        return {
            "complaints_count_90d": len(quarter),
            "complaints_count_365d": len(year),
            "complaints_reports_365d": sum(r["kind"] == "report" for r in year),
            "complaints_upheld_365d": sum(r["outcome"] == "upheld" for r in settled),
            "complaints_growth_90d": self.share(len(quarter) - before, before),
            "complaints_recency_last": self.recency(genuine(self.rows["complaints"])),
            "contacts_count_365d": sum(r["kind"] == "contact" for r in self.within("complaints", 365)),
        }

    def of_inspections(self) -> Row:
        every, three = self.rows["inspections"], self.within("inspections", 1095)
        told, told_three = ([r for r in rows if r["result_codes"]] for rows in (every, three))

        def on_last_day(rows: list[Row]) -> list[Row]:
            return [r for r in rows if (self.t - r["day"]).days == self.recency(rows)]

        def ended(rows: list[Row], *codes: str) -> int:
            return sum(bool(set(codes) & set((r["result_codes"] or "").split(";"))) for r in rows)

        found: Row = {
            "inspections_count_1095d": len(three),
            "inspections_recency_last": self.recency(every),
            "inspections_problems_1095d": ended(three, *PROBLEMS),
            "inspections_grave_1095d": ended(three, "uncooperative", "ordered_to_stop", "problem_pending"),
            "inspections_rate_1095d": self.share(ended(told_three, *PROBLEMS), len(told_three)),
            "inspections_rate_ever": self.share(ended(told, *PROBLEMS), len(told)),
            "inspections_problem_last": int(ended(on_last_day(told), *PROBLEMS) > 0) if told else None,
            "inspections_ordered_1095d": ended(three, "ordered_to_correct", "ordered_to_stop"),
            "inspections_uncooperative_1095d": ended(three, "uncooperative"),
            "inspections_unreachable_1095d": ended(three, "unreachable"),
            "inspections_tenure_ever": max(((self.t - r["day"]).days for r in every), default=None),
            "inspections_followups_1095d": sum(r["mechanism"] == "follow_up" for r in three),
            "inspections_prompted_1095d": sum(r["mechanism"] in ("complaint", "lead") for r in three),
        }
        for level in ("critical", "serious", "minor"):
            counts = [r[f"{level}_count"] for r in three if r[f"{level}_count"] is not None]
            last = [
                r[f"{level}_count"]
                for r in on_last_day([r for r in every if r[f"{level}_count"] is not None])
            ]
            found[f"inspections_{level}_1095d"] = sum(counts)
            found[f"inspections_{level}_mean_1095d"] = sum(counts) / len(counts) if counts else None
            found[f"inspections_{level}_last"] = min(99, max(last)) if last else None
        return found

    def of_evaluations(self) -> Row:
        grades = [r["grade"] for r in self.within("evaluations", 1095)]
        return {
            "evaluations_poor_1095d": grades.count("poor"),
            "evaluations_good_1095d": grades.count("good") + grades.count("excellent"),
        }

    def of_combinations(self, row: Row) -> Row:
        registered, fen = self.entity.get("registered_on"), self.entity.get("registered_capital_fen")
        unreported: int | None = 0
        for year, days in ((self.due, row["report_late_last"]), (self.due - 1, row["report_late_previous"])):
            if days is None and registered is None:
                unreported = None
            elif days is None and unreported is not None:
                unreported += registered.year <= year
        figures = [row["tax_amount_last"], row["revenue_amount_last"], row["staff_count_last"]]
        large = None if fen is None else fen >= 10**10
        nothing = True if 0 in figures else (None if None in figures else False)
        idle = 0 if large is False or nothing is False else (None if large is None or nothing is None else 1)
        on_lists = [
            n for n in row if n.endswith("_now") and (n.startswith("tax_") or n.endswith("_listed_now"))
        ]
        return {
            "report_missing_2y": unreported,
            "capital_idle_last": idle,
            "lists_count_now": sum(row[name] for name in on_lists),
        }


def told_by_oracle(city: dict[str, list[Row]], t: date, u: date) -> dict[str, Row]:
    by_entity: dict[str, dict[str, list[Row]]] = {e: {table: [] for table in city} for e in ENTITIES}
    for table, rows in city.items():
        for row in rows:
            by_entity[row["entity_id"]][table].append(row)
    oracles = {entity: Oracle(rows, t, u) for entity, rows in by_entity.items()}
    return {entity: oracle.values() for entity, oracle in oracles.items() if oracle.there}


def same(ours: Any, theirs: Any) -> bool:
    if ours is None or theirs is None or isinstance(theirs, str):
        return ours == theirs and type(ours) is type(theirs)
    return math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=0.0)


@pytest.fixture(scope="module")
def both(measure: Callable[..., dict[str, Row]]) -> list[tuple[date, dict[str, Row], dict[str, Row]]]:
    """Per date: what the expressions say of 120 nasty entities, and what the oracle says."""
    told = []
    for number, t in enumerate(DATES):
        city, u = nasty_city(random.Random(number), t), t + timedelta(days=10)
        told.append((t, measure(city, AsOf(on=t, used_on=u)), told_by_oracle(city, t, u)))
    return told


def test_the_population_is_the_known_and_not_deregistered(both: list[Any]) -> None:
    for _, ours, theirs in both:
        assert list(ours) == sorted(theirs)


@pytest.mark.parametrize("name", [indicator.name for indicator in CATALOGUE])
def test_the_indicator_equals_its_oracle(name: str, both: list[Any]) -> None:
    seen = set()
    for t, ours, theirs in both:
        wrong = {
            e: (ours[e][name], theirs[e][name]) for e in theirs if not same(ours[e][name], theirs[e][name])
        }
        assert wrong == {}, f"as of {t}: (ours, the oracle's)"
        seen |= {row[name] for row in theirs.values()}
    assert len(seen) > 1, "the nasty rows never move this indicator"

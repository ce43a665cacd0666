"""What the change guard spares from date to date, counted against a slow walk over each entity."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from models.change_guard import Past, guarded
from models.grades import GradeCuts, grade_of
from training.judging.populations import Population, guard_effects, region_shifts

DAYS = [date(2025, month, 1) for month in (1, 2, 3, 4)]
CUTS = GradeCuts(cuts=(0.2, 0.4, 0.8), margin=0.2)


def population(day: date, of: dict[str, tuple[float, int]]) -> Population:
    """Entities with their probability and the floor of the direct rules."""
    probability = np.array([each[0] for each in of.values()])
    floor = np.array([each[1] for each in of.values()], dtype=np.intp)
    places = np.maximum(np.searchsorted(list("ABCD"), grade_of(probability, CUTS.cuts)), floor)
    return Population(
        on=day, entity=pa.chunked_array([pa.array(list(of), pa.string())]), probability=probability,
        places=places, floor=floor, sample=np.empty((len(of), 0)),
    )  # fmt: skip


def city(generator: np.random.Generator) -> list[dict[str, tuple[float, int]]]:
    """Entities about the cuts that tremble; some come and go, some are listed for a month."""
    centre = generator.normal(-1, 0.8, 400)
    months = []
    for _ in DAYS:
        log_odds = centre + generator.normal(0, 0.15, 400)
        there = generator.random(400) < 0.9
        floor = np.where(generator.random(400) < 0.02, 3, 0)
        months.append({
            f"e{n:03d}": (float(1 / (1 + np.exp(-log_odds[n]))), int(floor[n])) for n in np.flatnonzero(there)
        })  # fmt: skip
    return months


def walked(months: list[dict[str, tuple[float, int]]]) -> list[dict[str, tuple[str, str]]]:
    """Entity by entity: final letters without and with the guard."""
    kept: dict[str, str] = {}
    told: list[dict[str, tuple[str, str]]] = []
    for number, month in enumerate(months):
        now, model = {}, {}
        for name, (probability, floor) in month.items():
            raw = str(grade_of(np.array([probability]), CUTS.cuts)[0])
            before = months[number - 1].get(name) if number else None
            if before is None:
                own = raw
            else:
                past = Past(grade=np.array([kept[name]]), probability=np.array([before[0]]))
                own = str(guarded(np.array([probability]), past, CUTS)[0])
            model[name] = own
            now[name] = (max(raw, "ABCD"[floor]), max(own, "ABCD"[floor]))
        kept = model
        told.append(now)
    return told


def test_churn_and_returns_with_and_without_the_guard_are_those_of_a_slow_walk() -> None:
    months = city(np.random.default_rng(5))
    found = guard_effects([population(day, month) for day, month in zip(DAYS, months, strict=True)], CUTS)
    grades = walked(months)
    for number, effect in enumerate(found):
        first, second = grades[number], grades[number + 1]
        shared = first.keys() & second.keys()
        for way, churn in ((0, effect.churn), (1, effect.guarded_churn)):
            assert churn == pytest.approx(np.mean([first[n][way] != second[n][way] for n in shared]))
        earlier = grades[number - 1] if number else {}
        for way, back in ((0, effect.returned), (1, effect.guarded_returned)):
            moved = [n for n in shared & earlier.keys() if earlier[n][way] != first[n][way]]
            expected = np.mean([second[n][way] == earlier[n][way] for n in moved]) if moved else None
            assert back == (pytest.approx(expected) if moved else None)
    assert found[0].returned is None
    assert all(effect.guarded_churn < effect.churn and effect.held > 0 for effect in found)
    assert all((effect.guarded_returned or 0) < (effect.returned or 0) for effect in found[1:])


def test_without_a_margin_nothing_is_held() -> None:
    months = city(np.random.default_rng(6))
    populations = [population(day, month) for day, month in zip(DAYS, months, strict=True)]
    for effect in guard_effects(populations, GradeCuts(cuts=CUTS.cuts)):
        assert (effect.held, effect.guarded_churn) == (0.0, effect.churn)
    assert guard_effects([], CUTS) == guard_effects(populations[:1], CUTS) == ()


def test_a_region_that_moved_is_told_from_those_that_stayed_and_small_ones_say_nothing() -> None:
    """One of three regions doubles its odds; a fourth is too small to judge, a fifth came later."""
    generator = np.random.default_rng(8)

    def at(day: date, codes: list[str | None], step: dict[str, float]) -> Population:
        log_odds = generator.normal(-1, 0.5, len(codes)) + np.array(
            [step.get(code or "", 0) for code in codes]
        )
        count = len(codes)
        return Population(
            on=day, entity=pa.chunked_array([[f"e{n}" for n in range(count)]]), sample=np.empty((count, 0)),
            probability=1 / (1 + np.exp(-log_odds)), places=np.zeros(count, np.intp),
            floor=np.zeros(count, np.intp), region=pa.array(codes, pa.string()).dictionary_encode(),
        )  # fmt: skip

    codes: list[str | None] = ["a"] * 3000 + ["b"] * 2000 + ["c"] * 1000 + ["small"] * 40 + [None] * 60
    before = [at(day, codes, {}) for day in DAYS[:2]]
    found = region_shifts(before, at(DAYS[2], ["new"] * 500 + codes, {"b": 0.69}))
    assert [(each.name, each.level) for each in found] == [("a", "steady"), ("b", "alarm"), ("c", "steady")]
    assert region_shifts([population(DAYS[0], {"e": (0.1, 0)})], before[0]) == ()

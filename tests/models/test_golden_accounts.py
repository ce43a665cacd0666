"""Thirty accounts of a sandbox city as golden files, 中文 and English, to be read as if aloud.

`golden/decisions.json` keeps real decisions of a city of 20,000 (seed 7) as of 30 June 2026 by a release
trained on it: about seven of each grade, direct rules, held grades and entities without any history among
them. Kept, not made here: a model is the same bytes on one machine only, words are the same everywhere.
`python -m tests.models.choose_accounts` chooses them anew; the files are written with XINHENG_GOLDEN=1.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from features.catalogue import CATALOGUE
from models.decision import Decision
from models.schema import IndicatorSpec
from models.sentences import account, dimension_sentence, opening, spoken

FOLDER = Path(__file__).parent / "golden"
CHOSEN = json.loads((FOLDER / "decisions.json").read_text("utf-8"))
SPECS = {indicator.name: indicator for indicator in CATALOGUE}
LONGEST = {"zh": 60, "en": 110}


def schema_of(decision: Decision) -> tuple[IndicatorSpec, ...]:
    """The catalogue's own words of what the decision tells, its categories known to the release."""
    return tuple(
        IndicatorSpec.of(SPECS[r.indicator], categories=None if r.text is None else (r.text,))
        for r in decision.reasons
    )


def told(name: str, decision: Decision) -> str:
    """The whole account as a page of plain text, 中文 first."""
    pages = [f"{name}\n"]
    schema = schema_of(decision)
    for language in ("zh", "en"):
        page = [opening(decision, language)]
        page += [spoken(line, language) for line in account(schema, decision, language)]
        pages.append("\n".join([*page, dimension_sentence(decision, language)]) + "\n")
    return "\n".join(pages)


@pytest.mark.parametrize("name", sorted(CHOSEN))
def test_the_account_reads_as_it_was_read_aloud(name: str) -> None:
    """Written anew with XINHENG_GOLDEN=1, to be read line by line before it is committed."""
    decision = Decision.from_json(json.dumps(CHOSEN[name]))
    text, golden = told(name, decision), FOLDER / f"{name}.txt"
    if os.environ.get("XINHENG_GOLDEN"):
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")


def test_thirty_entities_of_all_kinds_are_read() -> None:
    decisions = [Decision.from_json(json.dumps(one)) for one in CHOSEN.values()]
    assert len(decisions) == 30
    assert min(Counter(decision.grade for decision in decisions).values()) >= 6
    assert any(decision.rules for decision in decisions)
    assert any(decision.held for decision in decisions)
    assert sum("no-history" in name for name in CHOSEN) >= 1
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(CHOSEN)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_sentence_fits_on_a_phone(language: str) -> None:
    for fields in CHOSEN.values():
        decision = Decision.from_json(json.dumps(fields))
        for line in account(schema_of(decision), decision, language):
            if not (line.points is None and decision.rules):  # the words of a rule are its own
                assert len(line.text) <= LONGEST[language], line.text

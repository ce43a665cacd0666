"""What a result may say: the ten codes and which of them go together, the days, the counts. No ledger.

The rule of the codes: `no_problem` stands alone; `activity_not_found` excludes every code of a problem (who
does not carry on the activity cannot have broken its rules); all others may hold at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from unicodedata import normalize

from data_contracts.codes import problem_codes, serious_codes
from data_contracts.contract import load_contract
from data_contracts.near_names import near
from data_contracts.refusal import Refusal

NO_PROBLEM, ACTIVITY_NOT_FOUND = "no_problem", "activity_not_found"
SEVERITIES = ("critical_count", "serious_count", "minor_count")
LONGEST_NOTE = 2_000
# No visit finds more than this of one item; a larger number is a telephone number in the wrong column.
MOST_VIOLATIONS = 9_999


class ResultRefused(Refusal):
    """A result that cannot be taken, with every reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultEntry:
    """What somebody states of one item of a task; `codes` in alphabetical order; `reason` of a correction.

    `critical_count`, `serious_count` and `minor_count` count violations; None where nobody counted.
    """

    task_id: str
    item_code: str
    visited_on: date
    codes: tuple[str, ...]
    critical_count: int | None = None
    serious_count: int | None = None
    minor_count: int | None = None
    note: str = ""
    reason: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What the result is of."""
        return (self.task_id, self.item_code)

    @property
    def content(self) -> tuple[object, ...]:
        """What it says; two with the same content make one version."""
        counts = (self.critical_count, self.serious_count, self.minor_count)
        return (self.visited_on, self.codes, *counts, self.note)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFacts:
    """What must be known of a task to judge its results.

    `drawn_on` and `due` are days in China; `inspectors` are the pseudonyms of who was drawn for the visit;
    `voided` is the reason why its plan is void, empty if it stands.
    """

    task_id: str
    plan_id: str
    entity_id: str
    visit_id: str
    items: tuple[str, ...]
    drawn_on: date
    due: date
    inspectors: tuple[str, ...]
    voided: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a result is not taken: a word for programs, and what was expected, came, and is to be done."""

    kind: str
    expected: str
    got: str
    todo: str

    def __str__(self) -> str:
        """Reads like every refusal."""
        return f"Expected {self.expected}; got {self.got}. To do: {self.todo}."


@cache
def code_words() -> Mapping[str, tuple[str, str]]:
    """The ten codes in the order of the contract, each with its Chinese and English name."""
    column = load_contract("inspections").column("result_codes")
    return {code.code: (code.zh, code.en) for code in column.codes}


def is_problem(codes: Iterable[str]) -> bool:
    """Whether a problem was found."""
    return not problem_codes().isdisjoint(codes)


def is_serious(codes: Iterable[str]) -> bool:
    """Whether a serious problem was found."""
    return not serious_codes().isdisjoint(codes)


def read_codes(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(known codes in alphabetical order, words that are none) of a cell such as "责令改正；其他"."""
    known, strange = set[str](), list[str]()
    words = [word.strip() for word in re.split(r"[;,|\n、]", normalize("NFKC", text)) if word.strip()]
    while words:
        word = words.pop(0)
        # One name holds the mark that lists are written with: two words together may be it.
        if words and (code := _code_of(word + words[0])):
            words.pop(0)
            known.add(code)
        elif code := _code_of(word):
            known.add(code)
        else:
            strange.append(word)
    return tuple(sorted(known)), tuple(strange)


def faults_of_content(entry: ResultEntry) -> list[Fault]:
    """What is wrong with what an entry says, whatever its task is."""
    return [
        *_faults_of_codes(entry.codes),
        *_faults_of_counts(entry),
        *_faults_of_texts(entry),
    ]


def faults_of_place(entry: ResultEntry, task: TaskFacts | None, *, today: date) -> list[Fault]:
    """What is wrong with an entry for that task on that day; None is a task that nobody knows."""
    if task is None:
        todo = "copy the id from the list of tasks"
        return [Fault("unknown_task", "the id of a task", f"{entry.task_id!r}, which is none", todo)]
    if task.voided:
        todo = "enter results of the plan that took its place"
        return [Fault("void_task", "a task of a plan that stands", f"a void one ({task.voided})", todo)]
    found: list[Fault] = []
    if not task.inspectors:
        todo = "draw the inspectors of the visit first"
        found.append(Fault("unstaffed_task", "a task with inspectors", "one that nobody was drawn for", todo))
    if entry.item_code not in task.items:
        got = f"{entry.item_code!r}{near(entry.item_code, task.items)}"
        todo = "correct the code of the item"
        found.append(Fault("unknown_item", f"an item of the plan ({', '.join(task.items)})", got, todo))
    if not task.drawn_on <= entry.visited_on <= today:
        expected = f"a day of the visit from {task.drawn_on} (the draw) to {today} (today)"
        kind = "before_the_draw" if entry.visited_on < task.drawn_on else "in_the_future"
        found.append(Fault(kind, expected, entry.visited_on.isoformat(), "correct the day of the visit"))
    return found


def refuse(faults: Iterable[Fault]) -> None:
    """Refuses with everything that is wrong, so that a person mends it in one go."""
    found = list(faults)
    if found:
        raise ResultRefused(
            expected=" and ".join(fault.expected for fault in found),
            got="; ".join(fault.got for fault in found),
            todo=" and ".join(dict.fromkeys(fault.todo for fault in found)),
        )


def _code_of(word: str) -> str | None:
    """The code that a word names, in Chinese or as code."""
    return _codes_by_word().get(_plain(word))


@cache
def _codes_by_word() -> Mapping[str, str]:
    return {_plain(word): code for code, names in code_words().items() for word in (code, names[0])}


def _plain(word: str) -> str:
    return "".join(sign for sign in normalize("NFKC", word).casefold() if sign.isalnum() or sign == "_")


def unknown_codes(words: Iterable[str]) -> list[Fault]:
    """The fault of words that are no codes, with what was perhaps meant."""
    names = [*code_words(), *(zh for zh, _ in code_words().values())]
    got = "; ".join(f"{word!r}{near(word, names)}" for word in words)
    if not got:
        return []
    return [
        Fault("unknown_code", f"result codes ({', '.join(code_words())})", got, "correct the result codes")
    ]


def _faults_of_codes(codes: tuple[str, ...]) -> list[Fault]:
    strange = unknown_codes(code for code in codes if code not in code_words())
    problems = [code for code in codes if code in problem_codes()]
    if strange:
        return strange
    if not codes:
        return [Fault("no_code", "at least one result code", "none", f"enter {NO_PROBLEM} if all was well")]
    if NO_PROBLEM in codes and len(codes) > 1:
        others = ", ".join(code for code in codes if code != NO_PROBLEM)
        todo = "take out one or the other"
        return [Fault("no_problem_alone", f"{NO_PROBLEM} alone", f"{others} beside it", todo)]
    if ACTIVITY_NOT_FOUND in codes and problems:
        expected = f"{ACTIVITY_NOT_FOUND} without a problem"
        return [
            Fault(
                "nothing_to_break", expected, f"{', '.join(problems)} beside it", "take out one or the other"
            )
        ]
    return []


def _faults_of_counts(entry: ResultEntry) -> list[Fault]:
    counts = {name: value for name in SEVERITIES if (value := getattr(entry, name)) is not None}
    wild = [f"{name} {value}" for name, value in counts.items() if not 0 <= value <= MOST_VIOLATIONS]
    if wild:
        expected = f"counts of violations from 0 to {MOST_VIOLATIONS}"
        return [Fault("wild_count", expected, ", ".join(wild), "correct the counts")]
    found = sum(counts.values())
    if found and entry.codes and not is_problem(entry.codes) and "other" not in entry.codes:
        expected = f"no violations counted with {' and '.join(entry.codes)}"
        return [Fault("count_without_problem", expected, f"{found}", "correct the codes or the counts")]
    return []


def _faults_of_texts(entry: ResultEntry) -> list[Fault]:
    long = [name for name in ("note", "reason") if len(getattr(entry, name)) > LONGEST_NOTE]
    if not long:
        return []
    expected = f"at most {LONGEST_NOTE} characters in {' and '.join(long)}"
    return [Fault("long_text", expected, "more", "shorten it; whole reports belong into the case system")]

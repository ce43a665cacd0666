"""What happened to the results of tasks, as the clocks need it: completed, published, found, followed up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from sqlalchemy.orm import Session

from serving.inspections.clocks.clocks import ResultDates
from serving.inspections.plans.terms import terms_of_plans
from serving.inspections.results.facts import Key, standing_results
from serving.inspections.results.publication import PublicationKind, follow_ups, publication_states
from serving.inspections.results.rules import is_problem

_DUE = (PublicationKind.TO_PUBLISH, PublicationKind.CORRECTED)


def result_dates(session: Session, plan_ids: Iterable[str]) -> dict[str, ResultDates]:
    """The days of every task of the plans that has a result, by task id.

    A task is complete with the last of its items, published when none of them waits for it, and to be
    followed up from its first problem until all of them are handled.
    """
    plans = sorted(set(plan_ids))
    items = {plan_id: len(terms.item_codes) for plan_id, terms in terms_of_plans(session, plans).items()}
    results, states = standing_results(session, plans), publication_states(session, plans)
    handled = {key: entries[0].handled_on for key, entries in follow_ups(session, plans).items()}
    keys = defaultdict[str, list[Key]](list)
    for key in results:
        keys[key[0]].append(key)
    found = dict[str, ResultDates]()
    for task_id, of_task in keys.items():
        problems = [key for key in of_task if is_problem(results[key].entry.codes)]
        whole = len(of_task) >= items[results[of_task[0]].plan_id]
        waits = not whole or any(states[key].kind in _DUE for key in of_task)
        found[task_id] = ResultDates(
            completed_on=max(results[key].first_entered_on for key in of_task) if whole else None,
            published_on=None if waits else max(_settled(states[key].day) for key in of_task),
            follow_up_from=min((results[key].first_entered_on for key in problems), default=None),
            followed_up_on=_last(handled, problems),
        )
    return found


def _settled(day: date | None) -> date:
    """The day of the last step of what was published, withheld or repaired; such a result always has one."""
    return day or date.min


def _last(handled: dict[Key, date], problems: list[Key]) -> date | None:
    """The day on which the last problem was handled, if all are."""
    days = [handled[key] for key in problems if key in handled]
    return max(days) if problems and len(days) == len(problems) else None

"""Policies in the ledger: versions with author and reason, and two who write at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest

from serving.inspections.policies.versions import (
    PolicyNotFound,
    PolicyVersionRefused,
    StoredPolicy,
    change_policy,
    create_policy,
    find_policy,
    list_policies,
    policy_versions,
)
from serving.ledger.database import Ledger, migrate, open_ledger
from serving.sampling.policy import Policy, parse_ratios
from serving.sampling.presets import preset

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
FIRST = preset("henan-2021").policy()
SECOND = Policy(ratios=parse_ratios("A=0.02,B=0.05,C=0.2,D=1"), full_grades=("D",))


@pytest.fixture
def url(tmp_path: Path) -> str:
    address = f"sqlite:///{tmp_path}/ledger.sqlite"
    migrate(address)
    return address


def made(ledger: Ledger, title: str = "年度政策") -> StoredPolicy:
    return create_policy(ledger, FIRST, city="c", title=title, by="Li", reason="year plan", now=NOW)


def changed(ledger: Ledger, policy: Policy, version: int, by: str = "Wu") -> StoredPolicy:
    return change_policy(ledger, "c-policy-001", policy, version=version, by=by, reason="more of C", now=NOW)


def test_a_change_is_a_new_version_and_the_old_one_stays(url: str) -> None:
    ledger = open_ledger(url)
    assert made(ledger).policy_id == "c-policy-001"
    assert made(ledger).policy_id == "c-policy-002"
    second = changed(ledger, SECOND, 1)
    assert (second.version, second.title, second.by, second.reason) == (2, "年度政策", "Wu", "more of C")
    assert find_policy(ledger, "c-policy-001").policy == SECOND
    assert find_policy(ledger, "c-policy-001", 1).policy == FIRST
    assert [one.version for one in policy_versions(ledger, "c-policy-001")] == [2, 1]
    assert {(one.policy_id, one.version) for one in list_policies(ledger, "c")} == {
        ("c-policy-001", 2), ("c-policy-002", 1),
    }  # fmt: skip
    ledger.close()


def test_what_cannot_stand_is_refused_with_its_reason(url: str) -> None:
    ledger = open_ledger(url)
    with pytest.raises(PolicyVersionRefused, match=r"got no title; .*no reason"):
        create_policy(ledger, FIRST, city="c", title=" ", by="", reason="", now=NOW)
    made(ledger)
    with pytest.raises(
        PolicyVersionRefused, match="a change against version 1 of c-policy-001; got the same"
    ):
        changed(ledger, FIRST, 1)
    with pytest.raises(PolicyVersionRefused, match="version 2 of c-policy-001 to be the newest"):
        changed(ledger, SECOND, 2)
    with pytest.raises(PolicyNotFound, match="'c-policy-001', version 9"):
        find_policy(ledger, "c-policy-001", 9)
    with pytest.raises(PolicyNotFound, match=r"got 'x'\. To do: `python -m serving policy list`"):
        policy_versions(ledger, "x")
    ledger.close()


def test_of_two_changes_over_one_version_only_one_stands(url: str) -> None:
    """Two processes' ledgers on one real SQLite file, released at the same instant, ten times."""
    ledgers = [open_ledger(url), open_ledger(url)]
    made(ledgers[0])
    start = Barrier(2)
    for version in range(1, 11):
        policies = [Policy(ratios=FIRST.ratios, yearly_cap=2 * version + number) for number in (1, 2)]

        def write(number: int, version: int = version, policies: list[Policy] = policies) -> bool:
            start.wait()
            try:
                changed(ledgers[number], policies[number], version)
            except PolicyVersionRefused:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(write, (0, 1))) == [False, True]
    assert [one.version for one in policy_versions(ledgers[0], "c-policy-001")] == list(range(11, 0, -1))
    for ledger in ledgers:
        ledger.close()


def test_of_two_new_policies_each_gets_its_number(url: str) -> None:
    ledgers = [open_ledger(url), open_ledger(url)]
    start = Barrier(2)

    def create(number: int) -> list[str]:
        start.wait()
        return [made(ledgers[number]).policy_id for _ in range(8)]

    with ThreadPoolExecutor(2) as pool:
        ids = [one for found in pool.map(create, (0, 1)) for one in found]
    assert sorted(ids) == [f"c-policy-{number:03d}" for number in range(1, 17)]
    for ledger in ledgers:
        ledger.close()

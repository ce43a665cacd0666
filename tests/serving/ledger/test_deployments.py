"""What is live, since when, by whom: two persons and a reason."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from serving.ledger.database import Ledger
from serving.ledger.deployments import DeploymentRefused, history, live_at, promote

JUNE, JULY, AUGUST = (datetime(2026, month, 1, tzinfo=UTC) for month in (6, 7, 8))


def promoted(
    ledger: Ledger, release_id: str, now: datetime, *, by: str = "Wu", reason: str = "passed the gates"
) -> None:
    promote(ledger, release_id=release_id, city="c", trained_by="Li", by=by, reason=reason, now=now)


def test_the_live_release_of_any_moment_is_known(ledger: Ledger) -> None:
    promoted(ledger, "r1", JUNE)
    promoted(ledger, "r2", AUGUST)
    assert live_at(ledger, "c", datetime(2026, 5, 31, tzinfo=UTC)) is None
    assert [live.release_id for when in (JUNE, JULY, AUGUST) if (live := live_at(ledger, "c", when))] == [
        "r1",
        "r1",
        "r2",
    ]
    assert live_at(ledger, "another city", AUGUST) is None


def test_going_back_is_one_more_promotion(ledger: Ledger) -> None:
    for release_id, when in (("r1", JUNE), ("r2", JULY), ("r1", AUGUST)):
        promoted(ledger, release_id, when)
    assert [deployment.release_id for deployment in history(ledger, "c")] == ["r1", "r2", "r1"]


def test_promoting_the_live_release_again_changes_nothing(ledger: Ledger) -> None:
    promoted(ledger, "r1", JUNE)
    promoted(ledger, "r1", JULY)
    assert [deployment.at for deployment in history(ledger, "c")] == [JUNE]


@pytest.mark.parametrize("by", ["Li", " li ", "ＬＩ", ""])
def test_who_trained_a_release_does_not_promote_it(ledger: Ledger, by: str) -> None:
    with pytest.raises(DeploymentRefused, match="a second person beside 'Li', who trained the release"):
        promoted(ledger, "r1", JUNE, by=by)
    assert history(ledger, "c") == ()


def test_a_promotion_needs_a_reason(ledger: Ledger) -> None:
    with pytest.raises(DeploymentRefused, match="the reason of the promotion; got none"):
        promoted(ledger, "r1", JUNE, reason=" ")

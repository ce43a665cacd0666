"""What is live, since when, by whom: gates, two persons and a reason; and the way back."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

import pytest

from models.verdict import Gate
from serving.ledger.database import Ledger
from serving.ledger.deployments import (
    Deployment,
    DeploymentRefused,
    Exemption,
    GatesRefused,
    history,
    live_at,
    promote,
    replaced,
    roll_back,
)
from tests.candidates import candidate, gate

MAY, JUNE, JULY, AUGUST = (datetime(2026, month, 1, tzinfo=UTC) for month in (5, 6, 7, 8))


def promoted(
    ledger: Ledger,
    release_id: str,
    now: datetime = JUNE,
    *gates: Gate,
    by: str = "Wu",
    reason: str = "passed the gates",
    despite: tuple[tuple[str, str], ...] = (),
) -> Deployment:
    exemptions = [Exemption(gate=name, because=why) for name, why in despite]
    wanted = candidate(release_id, *gates, city="c", trained_by="Li", digest=f"digest of {release_id}")
    return promote(ledger, wanted, by=by, reason=reason, now=now, exemptions=exemptions)


def back(ledger: Ledger, now: datetime = AUGUST, *, by: str = "Wu", reason: str = "complaints") -> Deployment:
    return roll_back(ledger, city="c", by=by, reason=reason, now=now)


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


def test_a_deployment_pins_every_byte_of_its_release(ledger: Ledger) -> None:
    assert promoted(ledger, "r1").digest == "digest of r1"


def test_going_back_by_hand_is_one_more_promotion(ledger: Ledger) -> None:
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
        promoted(ledger, "r1", by=by)
    assert history(ledger, "c") == ()


def test_a_promotion_needs_a_reason(ledger: Ledger) -> None:
    with pytest.raises(DeploymentRefused, match="the reason of the promotion; got none"):
        promoted(ledger, "r1", reason=" ")


def test_a_release_whose_gates_failed_is_refused_with_all_their_names(ledger: Ledger) -> None:
    gates = (gate("rates_rise", passed=False), gate("psi", passed=False), gate("auc_above_chance"))
    with pytest.raises(GatesRefused, match=r"got 2 that failed: rates_rise \(AUC 0.7; asked .*\); psi \("):
        promoted(ledger, "r1", JUNE, *gates)
    with pytest.raises(GatesRefused, match=r"got 1 that failed: psi .*--despite GATE --because WHY"):
        promoted(ledger, "r1", JUNE, *gates, despite=(("rates_rise", "few in D"),))
    assert history(ledger, "c") == ()


def test_a_failed_gate_passes_only_with_a_reason_that_is_kept(ledger: Ledger) -> None:
    failed = gate("rates_rise", passed=False)
    with pytest.raises(GatesRefused, match="a reason for every exemption; got none for rates_rise"):
        promoted(ledger, "r1", JUNE, failed, despite=(("rates_rise", " "),))
    promoted(ledger, "r1", JUNE, failed, despite=(("rates_rise", "only 41 inspected in D"),))
    live = live_at(ledger, "c", JULY)
    assert live is not None
    assert live.exemptions == (Exemption(gate="rates_rise", because="only 41 inspected in D"),)


def test_an_exemption_from_a_gate_that_passed_is_refused(ledger: Ledger) -> None:
    """A slip of the pen would otherwise stand in the ledger as if something had been wrong."""
    with pytest.raises(GatesRefused, match="exemptions from nothing: all passed; got auc_above_chance"):
        promoted(ledger, "r1", despite=(("auc_above_chance", "why not"),))


def test_a_condition_is_accepted_in_so_many_words(ledger: Ledger) -> None:
    unknown = gate("selection_known", condition="unknown-selection")
    with pytest.raises(GatesRefused, match="accept with --accept-unknown-selection"):
        promoted(ledger, "r1", JUNE, unknown)
    live = promoted(ledger, "r1", JUNE, unknown, despite=(("selection_known", "foreign records"),))
    assert live.exemptions[0].because == "foreign records"


def test_a_rollback_goes_back_to_what_was_replaced_and_a_second_one_further(ledger: Ledger) -> None:
    minutes = (AUGUST.replace(minute=minute) for minute in count())
    for release_id in ("r1", "r2", "r3"):
        promoted(ledger, release_id, JUNE)
    assert replaced(ledger, "c").release_id == "r2"
    assert [back(ledger, next(minutes)).release_id for _ in range(2)] == ["r2", "r1"]
    with pytest.raises(DeploymentRefused, match="live before the present one; got only r1"):
        back(ledger)
    promoted(ledger, "r4", AUGUST.replace(hour=1))
    assert back(ledger, AUGUST.replace(hour=2)).release_id == "r1"
    assert [(d.release_id, d.action) for d in history(ledger, "c")][:3] == [
        ("r1", "rollback"), ("r4", "promotion"), ("r1", "rollback"),
    ]  # fmt: skip


def test_a_rollback_keeps_who_trained_which_bytes_and_despite_what(ledger: Ledger) -> None:
    promoted(ledger, "r1", MAY, gate("psi", passed=False), despite=(("psi", "new law"),))
    promoted(ledger, "r2", JUNE)
    live = back(ledger)
    assert (live.trained_by, live.digest, live.exemptions) == (
        "Li", "digest of r1", (Exemption(gate="psi", because="new law"),),
    )  # fmt: skip
    assert (live.by, live.at, live.reason) == ("Wu", AUGUST, "complaints")


@pytest.mark.parametrize(("by", "reason"), [("Wu", " "), (" ", "complaints")])
def test_a_rollback_needs_a_name_and_a_reason(ledger: Ledger, by: str, reason: str) -> None:
    promoted(ledger, "r1", MAY)
    promoted(ledger, "r2", JUNE)
    with pytest.raises(DeploymentRefused, match=r"the reason of the rollback|who rolls back"):
        back(ledger, by=by, reason=reason)


def test_a_rollback_of_a_city_where_nothing_was_ever_live_is_refused(ledger: Ledger) -> None:
    with pytest.raises(DeploymentRefused, match="got no release that was ever live"):
        back(ledger)

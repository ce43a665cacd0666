"""Policies on their pages: written, changed over the version that was seen, with what was changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

from serving.inspections.policies.versions import create_policy, find_policy
from serving.sampling.policy import Policy, Ratios
from serving.web.app import create_app
from serving.web.desk import Desk
from tests.serving.conftest import NOW

HTML = {"Accept": "text/html"}
NEW = {
    "title": "2026年抽查政策", "a": "2", "b": "4", "c": "12", "d": "40", "exploration_floor": "0.5",
    "legal_floor": "3", "ordinary_ratio": "3", "yearly_cap": "2", "triggers": "red_line",
    "reason": "年度部署",
}  # fmt: skip


def post(client: TestClient, path: str, status: int = 303, **form: Any) -> str:
    answer = client.post(path, data=form, headers=HTML, follow_redirects=False)
    assert answer.status_code == status, answer.text
    return str(answer.headers["location"]) if status == 303 else answer.text


def shown(client: TestClient, path: str) -> str:
    answer = client.get(path, headers=HTML)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_policy_is_written_and_changed_and_says_what_changed(client: TestClient) -> None:
    assert "还没有本市的政策" in shown(client, "/policies")
    address = post(client, "/policies", **NEW)
    assert "2026年抽查政策" in shown(client, "/policies")
    changed = {**NEW, "d": "60", "yearly_cap": "1", "reason": "D 级检查不足"}
    post(client, f"{address}/versions", **changed, version=1)
    text = shown(client, address)
    assert ("第 2 版" in text, "D 级检查不足" in text, "D 级比例 %" in text) == (True, True, True)
    assert '<span class="soft">40</span> → <b>60</b>' in text
    versions = client.get(f"/api/v1{address}/versions").json()
    assert [(one["version"], one["reason"]) for one in versions] == [(2, "D 级检查不足"), (1, "年度部署")]


def test_what_is_wrong_is_told_and_what_was_typed_stays(
    client: TestClient, caller: Callable[..., TestClient]
) -> None:
    text = post(client, "/policies", 422, **{**NEW, "a": "30"})
    assert ('class="refusal"' in text, 'value="30"' in text) == (True, True)
    address = post(client, "/policies", **NEW)
    assert "不能写入这个版本" in post(client, f"{address}/versions", 409, **NEW, version=1)
    post(client, f"{address}/versions", **{**NEW, "d": "50"}, version=1)
    assert "不能写入这个版本" in post(client, f"{address}/versions", 409, **{**NEW, "d": "70"}, version=1)
    assert "不能写入这个版本" in post(client, f"{address}/versions", 409, **{**NEW, "reason": " "}, version=2)
    supervisor = caller("supervisor", person="吴平")
    assert 'action="/policies' not in shown(supervisor, address)
    post(supervisor, "/policies", 403, **NEW)
    assert client.get("/policies/none", headers=HTML).status_code == 404
    assert client.get("/api/v1/policies/none/versions").status_code == 404


def test_a_share_without_end_stays_exact_where_the_form_leaves_it(client: TestClient, desk: Desk) -> None:
    policy = Policy(ratios=Ratios(a="1/30", b="1/20", c="1/3", d="1"))
    stored = create_policy(
        desk.ledger, policy, city="sandbox", title="三分之一", by="李敏", reason="x", now=NOW
    )
    percents = {"a": "3.333333333", "b": "5", "c": "33.333333333", "d": "100"}
    post(
        client, f"/policies/{stored.policy_id}/versions", **{**NEW, **percents, "yearly_cap": "3"}, version=1
    )
    after = find_policy(desk.ledger, stored.policy_id).policy
    assert (after.ratios.texts(), after.yearly_cap) == (("1/30", "1/20", "1/3", "1"), 3)


def test_past_years_are_replayed_where_asked_for(
    client: TestClient, desk: Desk, token_for: Callable[..., str]
) -> None:
    """The table has the numbers of the API; the page of the policy itself counts nothing."""
    address = post(client, "/policies", **NEW)
    plain = shown(client, address)
    assert (f'href="{address}/replay#replay"' in plain, "会发现" in plain) == (True, False)
    told = client.post("/api/v1/policy-replay", json={"policy_id": address.rpartition("/")[2]}).json()
    text = shown(client, f"{address}/replay")
    years = [line for line in told["lines"] if line["breakdown"] == "all"]
    assert years
    for line in (one for one in years if one["visits"] is not None):
        assert f"<b>{line['year']}</b>" in text
        assert f"<span>{line['visits']:,.0f}</span>" in text
        assert f"{line['findings_low']:,.0f} – {line['findings_high']:,.0f}" in text
        assert f"{line['hit_low']:.1%} – {line['hit_high']:.1%}" in text
    assert "SJ-2026Q2" in text
    headers = {"Authorization": f"Bearer {token_for()}"}
    with TestClient(create_app(lambda: dataclasses.replace(desk, lake=None)), headers=headers) as bare:
        assert 'class="refusal"' in shown(bare, f"{address}/replay")

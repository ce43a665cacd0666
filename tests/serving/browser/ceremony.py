"""The ceremony of a draw as two officials go through it, each in a browser of their own."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect


def drawn_by(planner: Page, witness: Page) -> None:
    """Freezes the draft that the planner looks at; both commit and reveal, and the planner draws."""
    planner.click("#next-step button")
    expect(planner.locator("[data-generate]")).to_be_visible()
    address = planner.url
    opened_by((planner, witness), address)
    planner.goto(address)
    planner.click("form[action$=draw] button")


def opened_by(officials: tuple[Page, Page], address: str) -> None:
    """Both commit, then both reveal."""
    secrets = []
    for official in officials:
        official.goto(address)
        official.click("[data-generate]")
        expect(official.locator("[name=commitment]")).to_have_value(re.compile("^[0-9a-f]{64}$"))
        secrets.append(official.input_value("[data-secret]"))
        official.check("[data-kept]")
        official.click("form[action$=commitments] button:not([type=button])")
        expect(official.locator("#part")).to_contain_text("已提交承诺")
    for official, secret in zip(officials, secrets, strict=True):
        official.goto(address)
        official.fill("input[name=secret]", secret)
        official.click("form[action$=reveals] button")
        expect(official.locator("#commitments")).to_contain_text("与承诺相符")

"""Takes the pictures of the README from a running service.

`python screenshots.py ADDRESS TOKEN WITNESS_TOKEN FOLDER`, with the two tokens that `serving run` prints.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDTHS = (1440, 390)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Where it listens, and the tokens of two persons: a planner and the second official of a draw."""

    address: str
    token: str
    witness_token: str


def take(service: Service, folder: Path) -> None:
    """Overview, the riskiest entity, and a plan from its form to its effect, at both widths."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for width in WIDTHS:
            page = logged_in(browser, width, service.address, service.token)
            witness = logged_in(browser, width, service.address, service.witness_token)
            pictured(page, witness, address=service.address, folder=folder, width=width)
            page.close()
            witness.close()
        browser.close()


def logged_in(browser: Browser, width: int, address: str, token: str) -> Page:
    """A page of one person's own: every page made so has its own cookies."""
    page = browser.new_page(viewport={"width": width, "height": 900}, device_scale_factor=1, locale="zh-CN")
    page.goto(f"{address}/login")
    page.fill("input[name=token]", token)
    page.click("main button")
    page.wait_for_selector("[data-drawn]")
    return page


def pictured(page: Page, witness: Page, *, address: str, folder: Path, width: int) -> None:
    """One width."""
    shot(page, folder / f"overview-{width}.png")
    page.click("#register-table a.primary >> nth=0")
    page.wait_for_selector("[data-chart=waterfall][data-drawn]")
    shot(page, folder / f"entity-{width}.png")
    page.goto(f"{address}/plans")
    if not page.locator("#new-plan").count():
        return
    planned(page)
    shot(page, folder / f"plan-{width}.png")
    drawn(page, witness)
    shot(page, folder / f"draw-{width}.png")
    in_the_field(page, address=address, folder=folder, width=width)


def planned(page: Page) -> None:
    """A plan written into the form, under a published practice, with the frontier beside it."""
    page.wait_for_selector("[data-chart=frontier][data-drawn]", timeout=60_000)
    page.fill("input[name=title]", "2026 年第四季度餐饮服务双随机抽查")
    page.check("input[value='FOOD-01']")
    page.click("[data-policy='henan-2021@0']")
    page.wait_for_timeout(3000)


def in_the_field(page: Page, *, address: str, folder: Path, width: int) -> None:
    """Who goes, what is due, one visit, its result, and what inspections came to."""
    plan = page.url.partition("#")[0]
    page.goto(f"{plan}/staffing")
    page.get_by_role("button", name="随机选派").click()
    page.wait_for_selector("#teams .member")
    shot(page, folder / f"staffing-{width}.png")
    page.goto(f"{address}/tasks?plan={plan.rpartition('/')[2]}")
    shot(page, folder / f"tasks-{width}.png")
    page.locator(".visit-list a").first.click()
    page.get_by_role("button", name="开始检查").click()
    page.get_by_role("link", name="录入结果").first.click()
    page.get_by_label("责令改正").check()
    shot(page, folder / f"result-{width}.png")
    page.get_by_role("button", name="保存结果").click()
    page.wait_for_selector("#versions li")
    page.goto(f"{address}/effect")
    shot(page, folder / f"effect-{width}.png")


def drawn(page: Page, witness: Page) -> None:
    """A plan made and frozen by one, committed to and revealed by two, and drawn."""
    page.click("text=保存为草案")
    page.click("#next-step button")
    page.wait_for_selector("[data-generate]")
    address, secrets = page.url, []
    for official in (page, witness):
        official.goto(address)
        official.click("[data-generate]")
        official.wait_for_function("document.querySelector('[name=commitment]').value.length === 64")
        secrets.append(official.input_value("[data-secret]"))
        official.check("[data-kept]")
        official.click("form[action$=commitments] button:not([type=button])")
        official.wait_for_selector("[data-commitment]", state="detached")
    for official, secret in zip((page, witness), secrets, strict=True):
        official.goto(address)
        official.fill("input[name=secret]", secret)
        official.click("form[action$=reveals] button")
        official.wait_for_selector(f"td:has-text('{secret}')")
    page.goto(address)
    page.click("form[action$=draw] button")
    page.wait_for_selector("#drawn")


def shot(page: Page, file: Path) -> None:
    """The whole page, once nothing moves, in few colours: a third of the bytes in the repository."""
    page.wait_for_load_state("networkidle")
    page.screenshot(path=file, full_page=True)
    with Image.open(file) as picture:
        picture.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(file, optimize=True)


if __name__ == "__main__":
    where, own, second, pictures = sys.argv[1:]
    take(Service(address=where, token=own, witness_token=second), Path(pictures))

"""Takes the pictures of the README from a running service: `python screenshots.py ADDRESS TOKEN FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDTHS = (1440, 390)


def take(address: str, token: str, folder: Path) -> None:
    """Overview, the riskiest entity and the plan form at both widths."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for width in WIDTHS:
            pictured(browser, width, address=address, token=token, folder=folder)
        browser.close()


def pictured(browser: Browser, width: int, *, address: str, token: str, folder: Path) -> None:
    """One width."""
    page = browser.new_page(viewport={"width": width, "height": 900}, device_scale_factor=1, locale="zh-CN")
    page.goto(f"{address}/login")
    page.fill("input[name=token]", token)
    page.click("main button")
    page.wait_for_selector("[data-drawn]")
    shot(page, folder / f"overview-{width}.png")
    page.click("#register-table a.primary >> nth=0")
    page.wait_for_selector("[data-chart=waterfall][data-drawn]")
    shot(page, folder / f"entity-{width}.png")
    page.goto(f"{address}/plans")
    shot(page, folder / f"plan-{width}.png")
    if page.locator("#new-plan").count():
        drawn(page)
        shot(page, folder / f"draw-{width}.png")
    page.close()


def drawn(page: Page) -> None:
    """A plan made, frozen, committed, revealed and drawn through the forms."""
    page.fill("input[name=title]", "2026 年第三季度双随机抽查")
    page.click("#new-plan button:not([type=button])")
    page.click("#next-step button")
    secrets = {}
    for official in ("周正", "吴平"):
        page.fill("input[name=official]", official)
        page.click("[data-generate]")
        page.wait_for_function("document.querySelector('[name=commitment]').value.length === 64")
        secrets[official] = page.input_value("[data-secret]")
        page.click("form[action$=commitments] button:not([type=button])")
        page.wait_for_selector(f"td:has-text('{official}')")
    for official, secret in secrets.items():
        page.select_option("select[name=official]", official)
        page.fill("input[name=secret]", secret)
        page.click("form[action$=reveals] button")
        page.wait_for_selector(f"td:has-text('{secret}')")
    page.click("form[action$=draw] button")
    page.wait_for_selector("#drawn")


def shot(page: Page, file: Path) -> None:
    """The whole page, once nothing moves, in few colours: a third of the bytes in the repository."""
    page.wait_for_load_state("networkidle")
    page.screenshot(path=file, full_page=True)
    with Image.open(file) as picture:
        picture.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(file, optimize=True)


if __name__ == "__main__":
    take(sys.argv[1], sys.argv[2], Path(sys.argv[3]))

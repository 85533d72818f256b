"""Holds pages of figures against what a reader needs, in a headless browser."""

import pathlib
import subprocess
import sys
import tempfile

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

WIDTHS = (390, 900, 1440)
SCHEMES = ("light", "dark")


def make_pages(program: str, folder: pathlib.Path) -> dict[str, pathlib.Path]:
    """A page of many days, one with something left out and long names, and one without sessions."""

    def sessionize(*words: str, within: pathlib.Path, given: bytes = b"") -> bytes:
        done = subprocess.run([program, *words], cwd=within, input=given, capture_output=True, check=False)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout

    days = folder / "days"
    days.mkdir()
    rows = sessionize("fake", "--rows", "6000", "--users", "80", "--days", "40", "--seed", "7", within=days).decode()
    by_day: dict[str, list[str]] = {}
    for row in rows.splitlines(keepends=True):
        by_day.setdefault(row.split(",")[1][:10], []).append(row)
    for number, (day, lines) in enumerate(sorted(by_day.items())):
        lines.append("u1,soon,x,y\n" if number % 3 else f"u1,{day} 00:00:00,x,y\n")
        (days / "day.csv").write_text("".join(lines))
        sessionize("run", "--batch", "day.csv", "--gap=30m", "--max-rejects=50", "--max-late=50", "-q", within=days)
    sessionize("report", "-q", within=days)

    lacks = folder / "lacks"
    lacks.mkdir()
    header = "_".join(["user"] * 60)
    (lacks / "a.csv").write_text(f"{header},time\n" + "ann,2020-01-01 10:00:00\nann,2020-01-02 10:00:00\n")
    rule = "--where=time!=" + "x" * 300
    sessionize("run", "--batch", "a.csv", f"--key={header}", "--time=time", rule, "-q", within=lacks)
    (lacks / "sessionize-out" / "sessions" / "run-00000001.csv").unlink()
    sessionize("report", "-q", within=lacks)

    empty = folder / "empty"
    empty.mkdir()
    sessionize("run", "--batch", "-", "-q", within=empty, given=b"ann,2020-01-01 10:00:00\n")
    sessionize("report", "-q", within=empty)
    return {name: folder / name / "sessionize-report.html" for name in ("days", "lacks", "empty")}


def look(browser, name: str, page_file: pathlib.Path, scheme: str, width: int) -> list[str]:
    """What is wrong with a page in a window of this width."""
    wrong = []
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.on("console", lambda message: wrong.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    own = page_file.as_uri()
    page.on("request", lambda request: wrong.append(f"request: {request.url}") if request.url not in (own, "data:,") else None)
    page.goto(own)
    for opened in (False, True):
        page.evaluate("opened => document.querySelectorAll('details').forEach(part => { part.open = opened })", opened)
        widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        if widths[0] > widths[1]:
            wrong.append(f"{widths[0]} pixels of content in {widths[1]}, tables {'open' if opened else 'closed'}")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    is_dark = sum(int(part) for part in background[4:-1].split(",")[:3]) < 384
    if is_dark != (scheme == "dark"):
        wrong.append(f"the background is {background}")
    found = Axe().run(page).response["violations"]
    wrong.extend(f"axe: {rule['id']}: {rule['nodes'][0]['html'][:120]}" for rule in found)
    context.close()
    return [f"{name}, {scheme}, {width}: {what}" for what in wrong]


def keyboard(browser, page_file: pathlib.Path) -> list[str]:
    """The first key leads to the link that skips, and every table opens by the keyboard alone."""
    context = browser.new_context(viewport={"width": 900, "height": 900})
    page = context.new_page()
    page.goto(page_file.as_uri())
    wrong = []
    page.keyboard.press("Tab")
    if page.evaluate("document.activeElement.className") != "skip":
        wrong.append("the first key does not lead to the link that skips")
    page.keyboard.press("Enter")
    if page.evaluate("document.activeElement.id") != "main":
        wrong.append("the link that skips does not lead to the figures")
    tables = page.evaluate("document.querySelectorAll('details').length")
    opened = 0
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            page.keyboard.press("Enter")
            opened += 1
        if opened == tables:
            break
    if not tables or page.evaluate("document.querySelectorAll('details[open]').length") != tables:
        wrong.append(f"{opened} of {tables} tables open by the keyboard")
    context.close()
    return wrong


def printed(browser, page_file: pathlib.Path) -> list[str]:
    """On paper, dark colours and links of the screen are gone."""
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(page_file.as_uri())
    page.emulate_media(media="print", color_scheme="dark")
    wrong = []
    if page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)":
        wrong.append("the page is printed on a dark ground")
    if page.evaluate("getComputedStyle(document.querySelector('nav')).display") != "none":
        wrong.append("the links between the parts are printed")
    if not page.pdf().startswith(b"%PDF"):
        wrong.append("the page cannot be printed")
    context.close()
    return wrong


def main() -> None:
    program, chromium = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        pages = make_pages(program, pathlib.Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        wrong = [
            what
            for name, file in pages.items()
            for scheme in SCHEMES
            for width in WIDTHS
            for what in look(browser, name, file, scheme, width)
        ]
        wrong += keyboard(browser, pages["days"]) + printed(browser, pages["days"])
        browser.close()
    for what in wrong:
        print(what)
    if wrong:
        sys.exit(1)
    print(f"{len(pages)} pages, {len(WIDTHS)} widths, light and dark, by keyboard and on paper: nothing is wrong")


if __name__ == "__main__":
    main()

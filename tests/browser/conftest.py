"""A browser, and a web process with made-up people in it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.live_server import LiveServer
from tests.browser.made_up import PASSWORD
from tests.browser.real_hub import RealHub
from workers import demo_people


@pytest.fixture(scope="session")
def browser(chromium: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture
def server() -> Iterator[LiveServer]:
    running = LiveServer()
    yield running
    running.close()


@pytest.fixture
def visit(browser: Browser, server: LiveServer) -> Iterator[Callable[..., Page]]:
    """Give a function that signs someone in and opens a page."""
    contexts: list[BrowserContext] = []

    def go(username: str | None, path: str, width: int = 1440, **options: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        if username:
            page.goto(f"{server.address}/inloggen")
            page.fill("#gebruikersnaam", username)
            page.fill("#wachtwoord", PASSWORD)
            page.click("button[type=submit]")
            page.wait_for_url("**/werkvoorraad" if username != "bas" else "**/berichten")
        page.goto(server.address + path)
        return page

    yield go
    for context in contexts:
        context.close()


@pytest.fixture
def real(tmp_path: Path, browser: Browser) -> Iterator[RealHub]:
    """Give a whole hub of its own, with the demo's people and partners."""
    running = RealHub(tmp_path)
    yield running
    running.close()


@pytest.fixture
def enter(browser: Browser, real: RealHub) -> Iterator[Callable[..., Page]]:
    """Give a function that fills in the sign-in form of the whole hub, in a browser profile of its own."""
    contexts: list[BrowserContext] = []

    def go(username: str | None, password: str = demo_people.PASSWORD, width: int = 1440) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, accept_downloads=True)
        contexts.append(context)
        page = context.new_page()
        if username is not None:
            page.goto(f"{real.address}/inloggen")
            page.fill("#gebruikersnaam", username)
            page.fill("#wachtwoord", password)
            page.click("button[type=submit]")
            page.wait_for_load_state()
        return page

    yield go
    for context in contexts:
        context.close()


@pytest.fixture
def open_page(real: RealHub, enter: Callable[..., Page]) -> Callable[..., Page]:
    """Give a function that signs someone in on the whole hub, or nobody, and opens a page."""

    def go(username: str | None, path: str, width: int = 1440) -> Page:
        page = enter(username, width=width)
        page.goto(real.address + path)
        return page

    return go

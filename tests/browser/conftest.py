"""The real app in a real browser: a server on a free port, Chromium, and pages that fail on any complaint."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, sync_playwright

from engine.numerics.kernels import cache_folder

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 240.0
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No name and no address but our own can be reached, whatever a page asks for.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]
# A page that is opened by its own address first asks beneath that address, finds nothing, and asks at the root.
PROBE = re.compile(r"/\w+/_stcore/(health|host-config)$")
DRAWN = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  return app && app.dataset.testConnectionState === 'CONNECTED' && app.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-testid="stSkeleton"]');
}"""


class OpenPage(Protocol):
    """Open an address and wait until it is drawn; afterwards the test fails if the page complained or went abroad."""

    def __call__(self, url: str, *, width: int = 1440, height: int = 900, scheme: str = "light") -> Page: ...


def find_chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        reason = "no Chromium on this machine: install the package chromium to run the browser tests"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    # Package scope: Playwright keeps an event loop in this thread, which no later test may meet.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_env(home: Path) -> dict[str, str]:
    """The environment without this user's settings; only the compile cache is shared, because filling it takes long."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("STEADYHAND_", "STREAMLIT_"))}
    return {**kept, "HOME": str(home), "STEADYHAND_CACHE": str(cache_folder().parent)}


@contextlib.contextmanager
def serving(command: list[str], folder: Path, ready: str, env: dict[str, str]) -> Iterator[None]:
    """Run a server until the block ends; it counts as started when a line holds the word `ready`."""
    server = subprocess.Popen(
        command, cwd=folder, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    lines: list[str] = []
    started = threading.Event()

    def read() -> None:
        assert server.stdout is not None
        for line in server.stdout:
            lines.append(line)
            if ready in line:
                started.set()
        started.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        assert started.wait(START_SECONDS), f"no {ready!r} in: {lines}"
        assert server.poll() is None, f"the server ended: {''.join(lines)}"
        yield
    finally:
        server.terminate()
        server.wait(30)
        reader.join(5)
        for pipe in (server.stdin, server.stdout):
            if pipe is not None:
                pipe.close()


@pytest.fixture(scope="package")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the dashboard, started as a user does, from a folder that holds nothing."""
    home, port = tmp_path_factory.mktemp("home"), free_port()
    command = [sys.executable, "-P", "-m", "engine.cli", "--no-browser", "--port", str(port)]
    with serving(command, home, "running at", clean_env(home)):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="package")
def gallery_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the same shell around one page with every component on made-up data."""
    folder, port = tmp_path_factory.mktemp("gallery"), free_port()
    shutil.copytree(ROOT / "dashboard", folder / "dashboard", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / ".streamlit", folder / ".streamlit")
    shutil.copy(Path(__file__).parent / "gallery.py", folder / "dashboard" / "views" / "tune.py")
    # Without -P the copy in the current folder comes before the installed package.
    command = [sys.executable, "-c", f"import dashboard.__main__ as d; print('serving', flush=True); d.main('{port}')"]
    with serving(command, folder, "serving", clean_env(folder)):
        wait_for_port(port)
        yield f"http://127.0.0.1:{port}"


def wait_for_port(port: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(0.1)
    pytest.fail(f"nothing listens on port {port}")


@contextlib.contextmanager
def opening(chromium: Browser) -> Iterator[OpenPage]:
    """Open pages until the block ends, and fail there if any of them complained."""
    problems: list[str] = []
    contexts: list[Any] = []

    def open_(url: str, *, width: int = 1440, height: int = 900, scheme: Any = "light") -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        listen(page, problems.append)
        page.goto(url)
        wait_until_drawn(page)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not problems, problems


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    with opening(chromium) as open_:
        yield open_


def listen(page: Page, complain: Callable[[str], None]) -> None:
    def check_host(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname != "127.0.0.1":
            complain(f"asked for {url}")

    page.on("request", lambda request: check_host(request.url))
    page.on("websocket", lambda socket_: check_host(socket_.url))
    page.on("response", lambda answer: complain(f"{answer.status} {answer.url}") if is_fault(answer) else None)
    page.on("pageerror", lambda error: complain(f"script error: {error}"))
    page.on("console", lambda message: complain(f"console: {message.text}") if is_complaint(message) else None)
    # A page that is left drops what it was loading; that is no fault.
    page.on(
        "requestfailed",
        lambda request: None if "ERR_ABORTED" in (request.failure or "") else complain(f"failed: {request.url}"),
    )


def is_fault(answer: Response) -> bool:
    return answer.status >= 400 and not PROBE.search(answer.url)


def is_complaint(message: ConsoleMessage) -> bool:
    return message.type == "error" and not PROBE.search(message.location["url"])


def wait_until_drawn(page: Page, timeout_ms: float = 60_000) -> None:
    """Wait until the script has ended and every figure has its lines."""
    page.wait_for_function(DRAWN, timeout=timeout_ms)
    page.wait_for_function(
        """() => [...document.querySelectorAll('[data-testid="stPlotlyChart"]')]
             .every((chart) => chart.querySelector('.main-svg'))""",
        timeout=timeout_ms,
    )


def errors_on(page: Page) -> list[str]:
    """What the page says went wrong."""
    found = page.locator('[data-testid="stException"], [data-testid="stAlertContentError"]').all_inner_texts()
    return [re.sub(r"\s+", " ", text) for text in found]


def overflow_px(page: Page) -> int:
    """How many pixels the page is wider than the screen."""
    return int(
        page.evaluate(
            """() => Math.max(0, ...['html', '[data-testid="stMain"]', '[data-testid="stMainBlockContainer"]']
                 .map((name) => document.querySelector(name)).filter(Boolean)
                 .map((node) => node.scrollWidth - node.clientWidth))"""
        )
    )

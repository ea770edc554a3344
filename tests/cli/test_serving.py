"""`steadyhand` as a user starts it: from any folder, whatever lies there, and stopped in any way."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dashboard.settings import settings
from tests.browser.conftest import clean_env, free_port

HOSTILE = """
[server]
address = "0.0.0.0"
enableXsrfProtection = false
enableCORS = false
enableStaticServing = false
allowedHosts = ["*"]
baseUrlPath = "elsewhere"
[client]
showErrorDetails = "full"
[browser]
gatherUsageStats = true
[theme]
base = "dark"
primaryColor = "#FF00FF"
headingFont = "serif"
[theme.light]
backgroundColor = "#FF00FF"
"""


def unfriendly(folder: Path) -> Path:
    """A folder with another app's settings and with modules that must not be imported."""
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "config.toml").write_text(HOSTILE)
    for name in ("numpy", "streamlit", "dashboard", "engine"):
        (folder / f"{name}.py").write_text("raise SystemExit('imported from the current folder')")
    return folder


def unfriendly_env(home: Path) -> dict[str, str]:
    settings_ = {"STREAMLIT_SERVER_ADDRESS": "0.0.0.0", "STREAMLIT_THEME_PRIMARY_COLOR": "#FF00FF"}
    return {**clean_env(home), **settings_, "http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}


class Running:
    """The command in a folder, with what it has printed so far."""

    def __init__(self, folder: Path, env: dict[str, str], *args: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "engine.cli", "--no-browser", *args],
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(iter(self.process.stdout.readline, ""))

    def wait_for(self, word: str) -> str:
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline:
            if found := next((line for line in self.lines if word in line), None):
                return found
            if self.process.poll() is not None and not self._reader.is_alive():
                break
            time.sleep(0.05)
        pytest.fail(f"no {word!r} in {self.lines}")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join(15)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def start() -> Iterator[Callable[..., Running]]:
    opened: list[Running] = []

    def start_(folder: Path, env: dict[str, str], *args: str) -> Running:
        opened.append(Running(folder, env, *args))
        return opened[-1]

    yield start_
    for running in opened:
        running.close()


def status(port: int, path: str, headers: dict[str, str] | None = None) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers=headers or {})
        return connection.getresponse().status
    finally:
        connection.close()


def body(port: int, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def is_silent(port: int, seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return True
        time.sleep(0.1)
    return False


def handshake(host: str) -> dict[str, str]:
    return {
        "Host": host,
        "Origin": f"http://{host}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "c3RlYWR5aGFuZCBzdGVhZA==",
    }


def listening_addresses(port: int) -> set[str]:
    """The addresses a port is listened on, as the Linux kernel writes them."""
    rows = [row.split() for name in ("tcp", "tcp6") for row in Path("/proc/net", name).read_text().splitlines()[1:]]
    return {row[1].split(":")[0] for row in rows if row[3] == "0A" and int(row[1].split(":")[1], 16) == port}


def test_an_unfriendly_folder_changes_nothing(start: Callable[..., Running], tmp_path: Path) -> None:
    folder, port = unfriendly(tmp_path), free_port()
    running = start(folder, unfriendly_env(folder), "--port", str(port))
    assert f"http://127.0.0.1:{port}" in running.wait_for("running at")
    if sys.platform == "linux":
        assert listening_addresses(port) == {"0100007F"}
    assert status(port, "/") == 200
    assert status(port, "/app/static/OFL.txt") == 200
    assert status(port, "/_stcore/stream", handshake(f"127.0.0.1:{port}")) == 101
    assert "streamlit.app" not in body(port, "/_stcore/host-config"), "pages of other sites may steer ours"
    assert status(port, "/_stcore/stream", handshake("evil.example")) == 403, "DNS rebinding"
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(20) == 0
    assert is_silent(port)


def test_ctrl_c_stops_the_server_and_ends_well(start: Callable[..., Running], tmp_path: Path) -> None:
    port = free_port()
    running = start(tmp_path, clean_env(tmp_path), "--port", str(port))
    running.wait_for("running at")
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(20) == 0
    assert is_silent(port)
    assert not any("Traceback" in line for line in running.lines)


def test_the_server_ends_even_if_the_command_is_killed(start: Callable[..., Running], tmp_path: Path) -> None:
    port = free_port()
    running = start(tmp_path, clean_env(tmp_path), "--port", str(port))
    running.wait_for("running at")
    running.process.kill()
    assert is_silent(port)


def test_every_setting_is_ours_whatever_the_folders_and_the_environment_say(tmp_path: Path) -> None:
    code = """
import json
import streamlit.web.bootstrap as bootstrap
from streamlit import config
def show(*args, **kwargs):
    options = config.get_config_options()
    print("SET " + json.dumps({key: option.value for key, option in options.items() if config.is_manually_set(key)}))
bootstrap.run = show
import dashboard.__main__ as served
served.main("8599")
"""
    folder = unfriendly(tmp_path)
    # The server stops when its standard input closes, so one is held open.
    ours, its = os.pipe()
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=folder,
        env=unfriendly_env(folder),
        stdin=ours,
        capture_output=True,
        text=True,
        check=False,
    )
    os.close(ours)
    os.close(its)
    line = next((line for line in done.stdout.splitlines() if line.startswith("SET ")), None)
    assert line is not None, done.stderr
    wanted = {**flattened(settings()), "server.port": 8599}
    # One option keeps the word of the flag where the file has the value.
    assert {key: str(value).lower() for key, value in json.loads(line[4:]).items()} == {
        key: str(value).lower() for key, value in wanted.items()
    }


def flattened(table: dict[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in table.items():
        flat |= flattened(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat

"""The command `steadyhand`: serves the dashboard on this machine alone and stops it cleanly."""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import webbrowser
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import NoReturn

from engine.core.errors import InvalidConfig

HOST = "127.0.0.1"
DEFAULT_PORT = 8501
START_SECONDS = 60.0
COMPILE_SECONDS = 90.0
STOP_SECONDS = 10.0

# -P keeps the current folder off the import path: a stray numpy.py beside the user's data must not be imported.
_PYTHON = (sys.executable, "-P")
_WARM = """
from engine.numerics import kernels
if not kernels.is_warm():
    print("cold", flush=True)
    kernels.warm()
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0 stopped on request, 1 did not start or died, 2 wrong usage."""
    args = _parser().parse_args(argv)
    try:
        port = choose_port(args.port)
    except InvalidConfig as error:
        print(f"steadyhand: {error}", file=sys.stderr)
        return 2
    return serve(port, open_browser=not args.no_browser)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="steadyhand",
        description="Open the dashboard in the browser. It serves this machine alone and needs no key or network.",
    )
    parser.add_argument("--no-browser", action="store_true", help="print the address, open nothing")
    parser.add_argument("--port", metavar="N", help=f"port to serve on (default: {DEFAULT_PORT}, or the next free one)")
    parser.add_argument("--version", action="version", version=f"steadyhand {version('steadyhand')}")
    return parser


def choose_port(asked: str | None) -> int:
    """Return the port asked for if it can be used, or without a wish the first free one from the default on."""
    if asked is None:
        port = next((port for port in range(DEFAULT_PORT, DEFAULT_PORT + 100) if _refusal(port) is None), None)
        if port is None:
            last = DEFAULT_PORT + 99
            raise InvalidConfig(f"ports {DEFAULT_PORT} to {last} are all taken; name a free one with --port")
        if port != DEFAULT_PORT:
            print(f"Port {DEFAULT_PORT} is taken; using {port}.", flush=True)
        return port
    if not asked.isascii() or not asked.isdigit() or not 1 <= int(asked) <= 65_535:
        raise InvalidConfig(f"--port is {asked!r}; it is a whole number from 1 to 65535, such as --port {DEFAULT_PORT}")
    if reason := _refusal(int(asked)):
        raise InvalidConfig(f"port {asked} {reason}; choose another, or leave --port out to get the next free one")
    return int(asked)


def _refusal(port: int) -> str | None:
    """Why the port cannot be listened on, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if os.name == "posix":
            # A port whose last connections are still closing is free; on Windows the option would share one in use.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            return "may only be used by an administrator"
        except OSError:
            return "is taken by another program"
    return None


def serve(port: int, *, open_browser: bool) -> int:
    """Serve until Ctrl-C or SIGTERM, print the address once pages can be opened, and leave no process behind."""
    url = f"http://{HOST}:{port}"
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        with _server(port) as server, _compiler() as compiler:
            if not _healthy(server, port):
                print("steadyhand: the dashboard did not start; its own message stands above.", file=sys.stderr)
                return 1
            if not _compiled(compiler):
                print("The engine was not compiled ahead of time; the first result will take longer.", file=sys.stderr)
            print(f"Steadyhand is running at {url} (Ctrl-C stops it).", flush=True)
            if open_browser and _has_screen():
                webbrowser.open(url)
            status = server.wait()
            print(f"steadyhand: the dashboard ended by itself with status {status}.", file=sys.stderr)
            return 1
    except KeyboardInterrupt:
        print("Stopped.", flush=True)
        return 0
    finally:
        signal.signal(signal.SIGTERM, previous)


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


@contextlib.contextmanager
def _server(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The dashboard's process; a session of its own, so that Ctrl-C reaches it through us and only once.

    It also stops when its standard input closes, which happens even if we are killed.
    """
    command = [*_PYTHON, "-m", "dashboard", str(port)]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
    try:
        yield server
    finally:
        _stop(server)


@contextlib.contextmanager
def _compiler() -> Iterator[subprocess.Popen[str]]:
    """A process that fills the compile cache while the server starts, and says so if there is anything to compile."""
    compiler = subprocess.Popen(
        [*_PYTHON, "-c", _WARM],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    reader = threading.Thread(target=_announce, args=(compiler,), daemon=True)
    reader.start()
    try:
        yield compiler
    finally:
        _stop(compiler)
        reader.join(STOP_SECONDS)


def _announce(compiler: subprocess.Popen[str]) -> None:
    assert compiler.stdout is not None
    with compiler.stdout as lines:
        for line in lines:
            if line.strip() == "cold":
                print("Compiling the engine for this machine, once (about 10 s) ...", flush=True)


def _compiled(compiler: subprocess.Popen[str]) -> bool:
    """Wait for the compiler; False if it failed or takes so long that the page had better open without it."""
    try:
        return compiler.wait(COMPILE_SECONDS) == 0
    except subprocess.TimeoutExpired:
        return False


def _stop(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """End the process: politely first, by force after a while; a second Ctrl-C does not cut this short."""
    handlers = {name: signal.signal(name, signal.SIG_IGN) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process.stdin is not None:
            process.stdin.close()
    finally:
        for name, handler in handlers.items():
            signal.signal(name, handler)


def _healthy(server: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until the server answers; False if it ended or the time is up."""
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        # http.client, unlike urllib, knows no proxy: the question stays on this machine.
        connection = http.client.HTTPConnection(HOST, port, timeout=2)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("GET", "/_stcore/health")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return True
        time.sleep(0.05)
    return False


def _has_screen() -> bool:
    """Without a screen the browser found could be a text browser, which would take over the terminal."""
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


if __name__ == "__main__":
    sys.exit(main())

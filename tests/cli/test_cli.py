"""The command line itself: ports, words, and what it says while the engine compiles."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from engine import cli


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


@pytest.mark.parametrize("asked", ["0", "65536", "-1", "80a", "8501.0", "", " 8501", "٨٥٠١"])
def test_a_port_that_is_none_is_refused_in_one_sentence(asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--no-browser", "--port", asked]) == 2
    said = capsys.readouterr().err
    assert said == f"steadyhand: --port is {asked!r}; it is a whole number from 1 to 65535, such as --port 8501\n"


def test_a_port_that_is_asked_for_but_taken_is_refused(taken_port: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--no-browser", "--port", str(taken_port)]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"steadyhand: port {taken_port} is taken by another program; choose another")
    assert said.count("\n") == 1


def test_a_taken_default_port_gives_way_to_the_next_free_one_with_a_notice(
    taken_port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "DEFAULT_PORT", taken_port)
    port = cli.choose_port(None)
    assert taken_port < port < taken_port + 100
    assert capsys.readouterr().out == f"Port {taken_port} is taken; using {port}.\n"


def test_a_free_default_port_is_taken_in_silence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "_refusal", lambda _port: None)
    assert cli.choose_port(None) == cli.DEFAULT_PORT
    assert capsys.readouterr().out == ""


def test_when_all_ports_are_taken_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "_refusal", lambda _port: "is taken by another program")
    assert cli.main(["--no-browser"]) == 2
    assert "ports 8501 to 8600 are all taken" in capsys.readouterr().err


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("steadyhand ")


@pytest.mark.parametrize(("state", "notes"), [("cold", 1), ("", 0)])
def test_a_cold_compile_cache_is_announced_and_a_warm_one_is_not(
    state: str, notes: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "_WARM", f"print({state!r}, flush=True)\nimport time\ntime.sleep(0.5)")
    with cli._compiler() as compiler:
        assert cli._compiled(compiler)
    assert capsys.readouterr().out.count("Compiling the engine for this machine, once") == notes


def test_a_compiler_that_fails_or_hangs_does_not_keep_the_page_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "COMPILE_SECONDS", 0.5)
    for program in ("raise SystemExit(1)", "import time\ntime.sleep(60)"):
        monkeypatch.setattr(cli, "_WARM", program)
        with cli._compiler() as compiler:
            assert not cli._compiled(compiler)
        assert compiler.poll() is not None


def test_without_a_screen_no_browser_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli.sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not cli._has_screen()
    monkeypatch.setenv("DISPLAY", ":0")
    assert cli._has_screen()

"""Serves the dashboard under its own settings alone: no other settings file, secrets file or variable is read.

    python -P -m dashboard PORT

Streamlit merges the settings of the home folder, of the current folder and of the environment, so that a file that
happens to lie there could open the port to the network. The server stops by itself when its standard input closes,
which it does when the process that started it ends in whatever way.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from streamlit import config
from streamlit.web import cli

from dashboard.settings import APP, flags, settings_file


def _only_our_settings(file_name: str) -> list[str]:
    return [str(settings_file())] if file_name == "config.toml" else []


def _stop_with_the_parent() -> None:
    while os.read(0, 1024):
        continue
    os.kill(os.getpid(), signal.SIGTERM)


def main(port: str) -> None:
    """Serve until a signal comes or standard input closes."""
    for name in [name for name in os.environ if name.startswith("STREAMLIT_")]:
        del os.environ[name]
    config.get_config_files = _only_our_settings
    threading.Thread(target=_stop_with_the_parent, daemon=True).start()
    cli.main(["run", str(APP), *flags(), f"--server.port={port}"], prog_name="steadyhand")


if __name__ == "__main__":
    main(sys.argv[1])

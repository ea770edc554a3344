"""Command line of the golden runner; without arguments it runs the copies kept beside the tests."""

from __future__ import annotations

import sys

from tests.golden.runner import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""How long the Tune page takes from a slider's step to the painted equity curve, in a real browser.

`uv run python -m tests.benchmarks.slider` starts the desk, opens the page in Chromium and presses the arrow key on the
first slider of the strategy; time runs from the key press to the first frame with another curve. Prints median and extremes.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import FLAGS, clean_env, find_chromium, free_port, serving

STEPS = 30
WATCH = """
() => {
  const curve = () => document.querySelector('.js-plotly-plot .scatterlayer .js-line')?.getAttribute('d') ?? '';
  window.__begin = null;
  document.addEventListener('keydown', () => { window.__begin = performance.now(); window.__before = curve(); }, true);
  const look = () => {
    const now = curve();
    if (window.__begin !== null && now && now !== window.__before) {
      window.__took = performance.now() - window.__begin;
      window.__begin = null;
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
"""


def measure(page: Page, steps: int) -> list[float]:
    """Return milliseconds from key press to painted curve, one a step, back and forth on the first strategy slider."""
    page.wait_for_selector(".js-plotly-plot .scatterlayer .js-line")
    page.evaluate(WATCH)
    slider = page.get_by_role("slider").first
    found = []
    for k in range(steps + 3):
        page.wait_for_timeout(400)
        page.evaluate("window.__took = undefined")
        slider.focus()
        page.keyboard.press("ArrowRight" if k % 2 == 0 else "ArrowLeft")
        page.wait_for_function("window.__took !== undefined", timeout=20_000)
        if k >= 3:  # the first steps fill caches
            found.append(float(page.evaluate("window.__took")))
    return found


def main() -> int:
    """Run the benchmark and print its figures."""
    path = find_chromium()
    if path is None:
        print("no Chromium on this machine: install the package chromium")
        return 1
    home, port = Path(tempfile.mkdtemp(prefix="steadyhand-")), free_port()
    command = [sys.executable, "-P", "-m", "engine.cli", "--no-browser", "--port", str(port)]
    with serving(command, home, "running at", clean_env(home)), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"http://127.0.0.1:{port}")
        took = measure(page, STEPS)
        browser.close()
    print(
        f"slider step to painted equity curve, {len(took)} steps: median {statistics.median(took):.0f} ms, "
        f"min {min(took):.0f} ms, max {max(took):.0f} ms"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

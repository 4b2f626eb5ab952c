#!/usr/bin/env python3
"""How long headless Chromium takes until a page is drawn, in milliseconds: the median of nine, and the range.

    docs/tools/page_load.py PAGE...

From the start of its loading to the frame after its scripts have run and its charts are drawn.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / 'tests/testbench/report/page'))
from browser import Browser  # noqa: E402

DRAWN = 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))'
RUNS = 9


def main():
    with Browser() as browser:
        for page in map(pathlib.Path, sys.argv[1:]):
            times = []
            for _ in range(RUNS):
                browser.open(page)
                times.append(browser.evaluate(DRAWN))
            times.sort()
            print(f'{page.name}: {times[RUNS // 2]:.0f} ms ({times[0]:.0f} to {times[-1]:.0f}), '
                  f'{page.stat().st_size / 1e6:.1f} MB')


if __name__ == '__main__':
    main()

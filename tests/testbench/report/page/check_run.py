"""check_run.py BITBALANCE SCENARIO PICTURE [OPTION...]: runs it and looks at report.html as a reader does.

In headless Chromium. No message on the console, and every figure of the page is the one of summary.json. The picture is for the docs.
Exit code 77 without Chromium.
"""
import csv
import html.parser
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from browser import Browser, is_installed
from looks import check_looks


class Page(html.parser.HTMLParser):
    """Texts of the tiles by key, and the values of the table of layers row by row."""

    def __init__(self):
        super().__init__()
        self.tiles, self.rows, self.ids, self.canvases = {}, [], set(), 0
        self.key = None

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.key = attributes.get('data-key')
        if self.key:
            self.tiles[self.key] = ''
        if tag == 'tr':
            self.rows.append([])
        if tag == 'td':
            self.rows[-1].append(attributes.get('data-value'))
        self.canvases += tag == 'canvas'

    def handle_endtag(self, tag):
        self.key = None

    def handle_data(self, text):
        if self.key:
            self.tiles[self.key] += text


def check_lists(page, summary):
    """The page draws every activity and every kind of traffic that there is, in their order."""
    layer = next(layer for layer in summary['layers'] if not layer['on_host'])
    for name, expected in (('kActivities', layer['engines']['compute']), ('kTraffic', layer['dram_bytes'])):
        listed = re.search(rf'const {name} = \[(.*?)\]', page, re.DOTALL)
        assert sorted(re.findall(r"'(\w+)'", listed[1])) == sorted(expected), (name, listed[1], list(expected))


def check_power(page, rows):
    """The page's energy over time is that of power.csv, and its windows have a colour for each component."""
    shown = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])['power']
    assert sum(shown['cycles']) == sum(int(row['cycles']) for row in rows)
    for component, energy in shown['energy_j'].items():
        expected = sum(int(row[component + '_pj']) for row in rows)
        assert round(sum(energy) * 1e12) == expected, (component, sum(energy), expected)
        assert f'--unit-{component}:' in page, component


def main():
    if not is_installed():
        print('skipped: Chromium is not installed')
        return 77
    program, scenario, picture, *options = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder, Browser() as browser:
        results = pathlib.Path(folder) / 'results'
        subprocess.run([program, 'run', scenario, '--out', str(results), *options], check=True, capture_output=True)
        summary = json.loads((results / 'summary.json').read_text())
        source = (results / 'report.html').read_text()
        check_lists(source, summary)
        power = results / 'power.csv'
        if power.exists():
            check_power(source, list(csv.DictReader(power.open())))
        browser.open(results / 'report.html')
        text = browser.evaluate('document.documentElement.outerHTML')
        check_looks(browser, ['scheme', 'Engine'])
        browser.picture(pathlib.Path(picture))
        assert not browser.messages, browser.messages
    page = Page()
    page.feed(text)
    layers = [row for row in page.rows if row]
    assert len(layers) == len(summary['layers']), (len(layers), len(summary['layers']))
    for row, layer in zip(layers, summary['layers']):
        expected = [layer['name'], layer['op'], layer['level'], layer['macs'], layer['cycles'], layer['utilization'],
                    layer['bound'], sum(layer['dram_bytes'].values()), *layer.get('energy_j', {}).values(),
                    layer['output_elements'], layer['output_mismatches']]
        for shown, value in zip(row, expected, strict=True):
            same = shown == value if isinstance(value, str) else (float(shown) if shown else None) == value
            assert same, (layer['name'], shown, value)
    assert page.tiles['verdict'] == summary['verdict'], page.tiles
    assert page.tiles['cycles'] == f'{summary["cycles"]:,} for {summary["frames"]:,} frames', page.tiles
    for key in ('frames_per_s', 'frames_per_j', 'area_mm2', 'frames_per_s_per_mm2'):
        if key not in summary:
            assert key not in page.tiles
            continue
        number, unit = page.tiles[key].split(' ', 1)
        shown = float(number.replace(',', ''))
        rounding = max(5e-4 * abs(summary[key]), 0.5 if shown >= 1000 else 0)
        assert abs(shown - summary[key]) <= rounding, (key, page.tiles[key])
    charts = 2 + ('--power' in options) + ('components' in summary) * 2 + any(layer['macs'] for layer in summary['layers'])
    assert page.canvases == charts, (page.canvases, charts)
    print(f'{len(layers)} layers, {len(page.tiles)} tiles, {page.canvases} charts: as in summary.json')
    return 0


if __name__ == '__main__':
    sys.exit(main())

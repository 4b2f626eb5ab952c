"""check_compare.py BITBALANCE SCENARIOS PICTURES: compares accelerators and looks at report.html as a reader does.

In headless Chromium. Every figure of the page is the one of compare.json. Pictures are for the docs. Exit code 77 without Chromium.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

from browser import Browser, is_installed
from looks import check_looks

CHARTS = '''[...document.querySelectorAll("canvas")].map((canvas) => {
  const {data, options} = Chart.getChart(canvas);
  return {labels: data.labels, line: options.plugins.line_at_one?.axis, title: options.scales.x.title.text,
          sets: data.datasets.map(({label, data, backgroundColor}) => ({label, data, backgroundColor}))};
})'''
MERIT = {'frame/s': 'frames_per_s', 'frame/J': 'frames_per_j', 'frame/s/mm\u00b2': 'frames_per_s_per_mm2'}


def close(shown, value):
    return abs(shown - value) <= 1e-9 * abs(value)


def check_merit(charts, comparisons, pick):
    """Each design's figure over ours, with a line at 1."""
    for title, key in MERIT.items():
        chart = next(chart for chart in charts if chart['title'].startswith(title + ' / '))
        assert chart['line'] == 'x', chart
        for shown, comparison in zip(chart['sets'], comparisons, strict=True):
            figures = {design['design']: design[key] for design in comparison['designs'] if pick(design)}
            assert shown['label'] == comparison['scenario']
            for name, value in zip(chart['labels'], shown['data'], strict=True):
                assert close(value, figures[name] / figures['bit-balance']), (title, name, value)


def check_splits(charts, comparisons, pick):
    """Bars of energy and area add up to the totals, and a colour means one thing in all charts."""
    colours = {}
    for chart in charts:
        for one in chart['sets']:
            assert colours.setdefault(one['backgroundColor'], one['label']) == one['label'], (one['label'], colours)
    for title, total in (('Energy per frame', lambda design: sum(design['energy_j_per_frame'].values())),
                         ('Area of the core', lambda design: design['area_mm2'])):
        found = [chart for chart in charts if chart['title'].startswith(title)]
        for chart, comparison in zip(found, comparisons, strict=True):
            designs = {design['design']: design for design in comparison['designs'] if pick(design)}
            for index, name in enumerate(chart['labels']):
                assert close(sum(one['data'][index] for one in chart['sets']), total(designs[name])), (title, name)


def check_table(browser, comparisons):
    rows = browser.evaluate('''[...document.querySelectorAll("tbody tr")].map((row) =>
      [...row.cells].map((cell) => cell.dataset.value))''')
    designs = [(comparison['scenario'], design) for comparison in comparisons for design in comparison['designs']]
    for row, (scenario, design) in zip(rows, designs, strict=True):
        cycles = design['array_cycles']
        assert row[:4] == [scenario, design['design'], design['weights'],
                           f'{design["rows"]} \u00d7 {design["columns"]} \u00d7 {design["lanes"]}'], row
        expected = [design['cycles'] / design['frames'], design['frames_per_s'], design['pe_utilization'],
                    *(cycles[key] / sum(cycles.values()) for key in ('empty', 'waiting', 'unused')),
                    design['dram_bytes'] / design['frames'], *design['energy_j_per_frame'].values(), design['area_mm2'],
                    design['frames_per_j'], design['frames_per_s_per_mm2']]
        for shown, value in zip(row[4:], expected, strict=True):
            assert close(float(shown), value), (row, value)


def main():
    if not is_installed():
        print('skipped: Chromium is not installed')
        return 77
    program, scenarios, pictures = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder, Browser() as browser:
        results = pathlib.Path(folder) / 'results'
        subprocess.run([program, 'compare', scenarios / 'lenet.yaml', scenarios / 'fashion.yaml', '--rule', 'equal-area',
                        '--out', results], check=True, capture_output=True)
        comparisons = json.loads((results / 'compare.json').read_text())['comparisons']
        browser.open(results / 'report.html')
        picks = {'own': lambda design: design['own_weights'], 'full': lambda design: design['weights'] == 'full',
                 'limited': lambda design: design['weights'] == 'limited'}
        for weights in ('full', 'limited', 'own'):
            browser.evaluate(f'''(() => {{ const select = document.querySelector("select"); select.value = "{weights}";
                                           select.dispatchEvent(new Event("change")); }})()''')
            charts = browser.evaluate(CHARTS)
            assert len(charts) == 3 + 3 * len(comparisons), len(charts)
            check_merit(charts, comparisons, picks[weights])
            check_splits(charts, comparisons, picks[weights])
        check_table(browser, comparisons)
        effective = browser.evaluate('[...document.querySelectorAll("details pre")].map((one) => one.textContent)')
        assert [text.count('\nnnzb:') + text.count(' nnzb:') for text in effective] == [1, 1], effective
        check_looks(browser, ['scheme', 'Weights'])
        browser.picture(pictures / 'compare.webp')
        assert not browser.messages, browser.messages
    print(f'{len(comparisons)} networks, {len(charts)} charts: as in compare.json')
    return 0


if __name__ == '__main__':
    sys.exit(main())

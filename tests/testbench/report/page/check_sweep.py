"""check_sweep.py BITBALANCE SCENARIOS PICTURES: sweeps a design space and looks at its page as a reader does.

In headless Chromium. Figures, fronts, filters and sensitivities are those of the database and of the table, and the command that the
page gives for a point makes its figures. Pictures are for the docs. Exit code 77 without Chromium.
"""
import csv
import json
import math
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile

from browser import Browser, is_installed
from looks import check_looks

# Some points are refused: their parameter buffer is too small for a block. Memories are files beside the sweep.
SWEEP = '''
scenarios: [lenet.yaml, lenet with 6 bits.yaml]
settings:
  network.count: 4
  technology: node.yaml
space:
  accelerator.rows: {from: 8, to: 32, step: 8}
  accelerator.columns: [8, 16, 32]
  accelerator.activation_buffer_bytes: [16384, 65536]
  accelerator.parameter_buffer_bytes: [64, 8192]
  memory: [slow memory.yaml, fast.yaml]
points:
  - {quantization.nnzb: 2, accelerator.synchronization: balanced}
  - {quantization.nnzb: 3, accelerator.synchronization: group_max}
constraints: accelerator.rows * accelerator.columns <= 512
objectives: {frames_per_j: max, area_mm2: min}
limits: {area_mm2: {to: 9}}
'''
METRICS = ('cycles', 'frames_per_s', 'dram_bytes_per_frame', 'core_j_per_frame', 'dram_j_per_frame', 'frames_per_j',
           'frames_per_j_core', 'area_mm2', 'frames_per_s_per_mm2')
KEYS = ('scenario', 'accelerator.rows', 'accelerator.columns', 'accelerator.activation_buffer_bytes',
        'accelerator.parameter_buffer_bytes', 'memory',
        ('quantization.nnzb', 'accelerator.synchronization'))


def point_of(row):
    """What tells a point apart, key by key."""
    return tuple(tuple(row[part] for part in key) if isinstance(key, tuple) else row[key] for key in KEYS)


class Swept:
    """A sweep's table and database, in a folder whose name a shell would cut."""

    def __init__(self, program, scenarios, folder):
        self.program, self.folder = program, folder
        folder.mkdir()
        shutil.copy(scenarios / 'memory/ideal.yaml', folder / 'fast.yaml')
        shutil.copy(scenarios / 'technology/65nm.yaml', folder / 'node.yaml')
        for name, bits in (('lenet', 8), ('lenet with 6 bits', 6)):
            scenario = {'network': {'model': f'{scenarios}/networks/lenet.onnx'}, 'quantization': {'weight_bits': bits},
                        'accelerator': f'{scenarios}/accelerators/default.yaml', 'memory': 'fast.yaml'}
            (folder / f'{name}.yaml').write_text(json.dumps(scenario))
        slow = (scenarios / 'memory/ideal.yaml').read_text().replace('12.8"', '1.6"')
        (folder / 'slow memory.yaml').write_text(slow)
        (folder / 'sweep.yaml').write_text(SWEEP)
        subprocess.run([program, 'sweep', 'sweep.yaml', '--set', 'network.batch=2', '--out', 'sweep.sqlite', '--csv', 'sweep.csv',
                        '--html', 'sweep.html'], cwd=folder, check=True, capture_output=True)
        self.page = folder / 'sweep.html'
        with (folder / 'sweep.csv').open(encoding='utf-8', newline='') as file:
            self.table = list(csv.DictReader(file))
        self.by_key = {}
        connection = sqlite3.connect(folder / 'sweep.sqlite')
        connection.row_factory = sqlite3.Row
        for row in map(dict, connection.execute('SELECT * FROM result')):
            self.by_key[row['key']] = {**row, **json.loads(row['settings'])}
        connection.close()
        self.key_of = {point_of(row): key for key, row in self.by_key.items()}

    def front(self):
        return {self.key_of[point_of(row)] for row in self.table if row['pareto'] == '1'}

    def shown(self):
        """Keys of the points that the page shows at first."""
        return {key for key, row in self.by_key.items() if row['verdict'] == 'pass' and row['area_mm2'] <= 9}


def tile(browser, key):
    return browser.evaluate(f'document.querySelector("[data-key={key}]").textContent')


def choose(browser, axis, choice, wanted):
    box = f'document.querySelector(\'[data-axis="{axis}"][data-choice="{choice}"]\')'
    browser.evaluate(f'{box}.checked !== {json.dumps(wanted)} && {box}.click()')


def check_points(browser, swept):
    shown = browser.evaluate('({keys: data.points.keys, figures: data.points.figures, names: data.metrics.map((one) => one.name)})')
    assert sorted(shown['keys']) == sorted(swept.by_key), len(shown['keys'])
    for name, values in zip(shown['names'], shown['figures'], strict=True):
        for key, value in zip(shown['keys'], values, strict=True):
            assert value == swept.by_key[key][name], (key, name, value)
    refused = [row for row in swept.by_key.values() if row['verdict'] == 'refused']
    assert refused and tile(browser, 'refused') == str(len(refused)), len(refused)
    assert tile(browser, 'points') == f'{len(swept.by_key):,} of {len(swept.table):,}'
    text = browser.evaluate('document.body.textContent')
    for row in refused:
        assert row['message'] in text, row['message']


def check_fronts(browser, swept):
    """With the sweep's objectives and limits the page finds the front that the table has."""
    assert tile(browser, 'shown') == str(len(swept.shown()))
    listed = browser.evaluate('[...document.querySelectorAll("[data-point]")].map((one) => one.dataset.point)')
    assert swept.front() and set(listed) == swept.front(), (len(listed), len(swept.front()))
    drawn = browser.evaluate('''Chart.getChart(document.querySelector("#scatter canvas")).data.datasets.map(({label, data}) =>
      ({label, points: data.map(({x, y, point}) => [x, y, points.keys[point]])}))''')
    assert {point[2] for one in drawn for point in one['points']} == swept.shown()
    for one in drawn:
        for x, y, key in one['points']:
            assert (x, y) == (swept.by_key[key]['area_mm2'], swept.by_key[key]['frames_per_j']), (key, x, y)


def check_filters(browser, swept):
    choose(browser, 'accelerator.rows', 0, False)
    left = {key for key in swept.shown() if swept.by_key[key]['accelerator.rows'] != '8'}
    assert tile(browser, 'shown') == str(len(left)) and left < swept.shown()
    most = sorted(swept.by_key[key]['cycles'] for key in left)[len(left) // 2]
    browser.evaluate(f'''(() => {{ const box = document.querySelector('[data-metric="cycles"][data-side="to"]'); box.value = "{most}";
                                   box.dispatchEvent(new Event("change")); }})()''')
    left = {key for key in left if swept.by_key[key]['cycles'] <= most}
    assert tile(browser, 'shown') == str(len(left)), (tile(browser, 'shown'), len(left))
    browser.evaluate('document.getElementById("clear").click()')
    assert tile(browser, 'shown') == str(sum(row['verdict'] == 'pass' for row in swept.by_key.values()))
    # A stretch of an axis, drawn with the pointer, and a click that takes it away.
    stroke = '''((from, to) => { const canvas = document.querySelector("canvas[aria-label^=Parallel]"), box = canvas.getBoundingClientRect();
      for (const [kind, y] of [["pointerdown", from], ["pointerup", to]])
        canvas.dispatchEvent(new PointerEvent(kind, {clientX: box.left + 1.5 * spacing_of(canvas), clientY: box.top + y})); })'''
    browser.evaluate('window.spacing_of = (canvas) => canvas.clientWidth / 9; undefined')
    browser.evaluate(f'{stroke}(30, 60)')
    top = {key for key, row in swept.by_key.items() if row['verdict'] == 'pass' and row['accelerator.rows'] == '32'}
    assert tile(browser, 'shown') == str(len(top)), (tile(browser, 'shown'), len(top))
    browser.evaluate(f'{stroke}(60, 60)')
    assert tile(browser, 'shown') == str(sum(row['verdict'] == 'pass' for row in swept.by_key.values()))


def mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def check_lines(browser):
    """A point without the first figure begins at its next one, not where the point before ended."""
    drawn = browser.evaluate('''(() => {
      const calls = [], pen = {beginPath() {}, stroke() {}, moveTo: () => calls.push("move"), lineTo: () => calls.push("line")};
      const first = {position: (point) => point === 1 ? undefined : 0}, other = {position: () => 1};
      draw_lines(pen, [first, other, other], 100, [0, 1], "black", 1, 1);
      return calls.join(" "); })()''')
    assert drawn == 'move line line move line', drawn


def check_sensitivities(browser, swept):
    """The factors of each key, computed again from the database."""
    passed = [row for row in swept.by_key.values() if row['verdict'] == 'pass']
    rows = browser.evaluate('''[...document.querySelectorAll("section")].find((one) => one.textContent.startsWith("Sensitivities"))
      .querySelectorAll("tbody tr").values().map((row) => [...row.cells].map((cell) => cell.dataset.value)).toArray()''')
    for index, row in enumerate(rows):
        groups = {}
        for one in passed:
            point = point_of(one)
            groups.setdefault(point[:index] + point[index + 1:], {})[point[index]] = one
        groups = [group for group in groups.values() if len(group) > 1]
        assert int(row[1]) == len(groups), row
        for metric, shown in zip(METRICS, row[2:], strict=True):
            factors = [max(one[metric] for one in group.values()) / min(one[metric] for one in group.values()) for group in groups]
            expected = mean(factors) if factors else None
            assert (float(shown) if shown else None) == expected or abs(float(shown) / expected - 1) < 1e-9, (row[0], metric, shown)
    # A step, with its range.
    steps = browser.evaluate('''(() => { const axis = free_axes.find(({name}) => name === "accelerator.columns");
      return steps(axis, groups_along(axis, visible), metric_named("frames_per_s")); })()''')
    ratios = []
    at = {point_of(row): row for row in passed}
    for point, row in at.items():
        after = at.get(point[:2] + ('16',) + point[3:]) if point[2] == '8' else None
        if after:
            ratios.append(after['frames_per_s'] / row['frames_per_s'])
    step = steps[0]
    assert step['pairs'] == len(ratios) and step['least'] == min(ratios) and step['most'] == max(ratios), (step, len(ratios))
    assert abs(step['mean'] / mean(ratios) - 1) < 1e-9


def check_command(browser, swept, key):
    """The chosen point's figures, and the same ones from its command."""
    row = swept.by_key[key]
    for metric, show in (('cycles', '{:,}'), ('frames_per_j', '{:,.0f} frames/J')):
        value = int(row[metric]) if metric == 'cycles' else row[metric]
        assert tile(browser, metric) == show.format(value), (tile(browser, metric), value)
    command = browser.evaluate('document.getElementById("command").textContent')
    program, _, words = command.partition(' ')
    assert program == 'bitbalance' and words.startswith('run ')
    subprocess.run(['sh', '-c', f'"$0" {words} --out alone', swept.program], cwd=swept.folder, check=True, capture_output=True)
    summary = json.loads((swept.folder / 'alone/summary.json').read_text())
    for metric in ('cycles', 'frames_per_s', 'frames_per_j', 'area_mm2', 'frames_per_s_per_mm2'):
        assert summary[metric] == row[metric], (metric, summary[metric], row[metric])


def check_choice(browser, swept):
    """By keyboard, by a button of the table, by the page's address."""
    by_area = sorted(swept.shown(), key=lambda key: swept.by_key[key]['area_mm2'])
    browser.evaluate('document.getElementById("scatter").focus()')
    browser.press('ArrowRight', 39)
    first = browser.evaluate('location.hash.slice(1)')
    assert swept.by_key[first]['area_mm2'] == swept.by_key[by_area[0]]['area_mm2']
    check_command(browser, swept, first)
    key = sorted(swept.front())[-1]
    browser.evaluate(f'document.querySelector("[data-point=\'{key}\']").click()')
    assert browser.evaluate('location.hash.slice(1)') == key
    other = sorted(swept.shown() - {first, key})[0]
    browser.open(swept.page, '#' + other)
    check_command(browser, swept, other)


def check_poor(browser, program, scenarios, folder):
    """Where there is no energy, or no figure that differs, the page shows what there is."""
    (folder / 'bare.yaml').write_text(json.dumps({'network': {'model': f'{scenarios}/networks/lenet.onnx'}}))
    for space, charts in (('accelerator.rows: [8, 16]', 3), ('memory.bytes_per_cycle: [1000, 2000]', 1)):
        (folder / 'poor.yaml').write_text(f'scenarios: bare.yaml\nspace: {{{space}}}\n')
        subprocess.run([program, 'sweep', 'poor.yaml', '--out', 'poor.sqlite', '--html', 'poor.html'], cwd=folder, check=True,
                       capture_output=True)
        browser.open(folder / 'poor.html')
        assert tile(browser, 'shown') == '2'
        assert browser.evaluate('document.querySelectorAll("canvas").length') == charts


def check_percent(browser, program, scenarios, folder):
    """A bound of a share is given in percent, as its label says."""
    (folder / 'percent.yaml').write_text(f'scenarios: {scenarios}/lenet.yaml\nlevel: tlm\nsettings: {{network.count: 20, network.batch: 10}}\n'
                                         'space: {quantization.nnzb: [1, 4]}\n')
    subprocess.run([program, 'sweep', 'percent.yaml', '--out', 'percent.sqlite', '--csv', 'percent.csv', '--html', 'percent.html'],
                   cwd=folder, check=True, capture_output=True)
    with (folder / 'percent.csv').open(encoding='utf-8', newline='') as file:
        accuracies = [float(row['accuracy']) for row in csv.DictReader(file)]
    assert accuracies[0] != accuracies[1], accuracies
    browser.open(folder / 'percent.html')
    bound = 'document.querySelector(\'[data-metric="accuracy"][data-side="from"]\')'
    middle = 50 * sum(accuracies)
    browser.evaluate(f'{bound}.value = "{middle}"; {bound}.dispatchEvent(new Event("change"))')
    assert tile(browser, 'shown') == '1', tile(browser, 'shown')
    assert float(browser.evaluate(f'{bound}.value')) == float(f'{middle:.6g}'), browser.evaluate(f'{bound}.value')


def check_equal(browser, program, scenarios, folder):
    """Objectives and limits count where a figure is the same at all points; a single point has its figures."""
    start = (f'scenarios: {scenarios}/lenet.yaml\nsettings: {{network.count: 2, network.batch: 2}}\n'
             'objectives: {cycles: min, area_mm2: min}\n')
    for name, text, points in (
            ('same', 'space: {memory.bytes_per_cycle: [1000, 2000]}', 2),
            ('one-differs', 'space: {memory.bytes_per_cycle: [6.4, 12.8]}', 2),
            ('few-frames', 'space: {accelerator.rows: [8, 16]}\nlimits: {frames: {from: 3}}', 2),
            ('frames', 'space: {accelerator.rows: [8, 16]}\nlimits: {frames: {to: 2}}', 2),
            ('single', 'space: {accelerator.rows: 8}', 1)):
        (folder / 'equal.yaml').write_text(start + text + '\n')
        subprocess.run([program, 'sweep', 'equal.yaml', '--out', f'{name}.sqlite', '--csv', 'equal.csv', '--html', 'equal.html'],
                       cwd=folder, check=True, capture_output=True)
        with (folder / 'equal.csv').open(encoding='utf-8', newline='') as file:
            table = list(csv.DictReader(file))
        assert len(table) == points, name
        browser.open(folder / 'equal.html')
        best = sum(row['pareto'] == '1' for row in table)
        assert tile(browser, 'front') == str(best), (name, tile(browser, 'front'), best)
        assert tile(browser, 'shown') == ('0' if name == 'few-frames' else str(points)), (name, tile(browser, 'shown'))
        if best:
            browser.evaluate('document.querySelector("[data-point]").click()')
            assert tile(browser, 'frames') == '2', (name, tile(browser, 'frames'))
        if name == 'single':
            assert tile(browser, 'cycles') == f'{int(table[0]["cycles"]):,}', tile(browser, 'cycles')


def check_many(browser, program, scenarios, folder):
    """Of thousands of steps of a key the first are drawn, and what does not pass is listed up to a number, too."""
    (folder / 'many.yaml').write_text(f'scenarios: {scenarios}/lenet.yaml\nsettings: {{network.count: 1}}\n'
                                      'space: {accelerator.rows: [8, 16]}\n')
    subprocess.run([program, 'sweep', 'many.yaml', '--out', 'many.sqlite', '--html', 'many.html'], cwd=folder, check=True,
                   capture_output=True)
    before, mark, rest = (folder / 'many.html').read_text().partition('<script type="application/json" id="data">')
    text, end, after = rest.partition('</script>')
    data = json.loads(text)
    points, axis, number = data['points'], data['axes'][1], 1500
    points['keys'] = [f'{i:016x}' for i in range(2 * number)]
    points['verdicts'] = ['pass'] * number + ['refused'] * number
    points['messages'] = [''] * number + [f'reason {i}' for i in range(number)]
    points['front'] = [0] * 2 * number
    points['choices'] = [[0] * 2 * number, [*range(2 * number)]]
    points['figures'] = [[None if column[0] is None else i + 1 for i in range(number)] + [None] * number
                         for column in points['figures']]
    axis['choices'], axis['words'] = [[str(i)] for i in range(2 * number)], [''] * 2 * number
    (folder / 'many.html').write_text(before + mark + json.dumps(data) + end + after)
    browser.open(folder / 'many.html')
    browser.settle()
    drawn = browser.evaluate('''(() => {
      const canvas = document.querySelector('canvas[aria-label^="Factor"]'), {width, height} = canvas, from = Math.floor(.95 * height);
      const copy = new OffscreenCanvas(width, height - from).getContext("2d");
      copy.drawImage(canvas, 0, -from);
      const {data} = copy.getImageData(0, 0, width, height - from);
      return {height, steps: Chart.getChart(canvas).data.labels.length, last: data.some((value) => value > 0)}; })()''')
    assert drawn['steps'] == 500 and drawn['last'], drawn
    notes = browser.evaluate('[...document.querySelectorAll("p.note")].map((one) => one.textContent)')
    for total in ('1,499', '1,500'):
        assert f'The first 500 of {total}.' in notes, (total, notes)


def main():
    if not is_installed():
        print('skipped: Chromium is not installed')
        return 77
    program, scenarios, pictures = map(pathlib.Path, sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder, Browser() as browser:
        swept = Swept(program.resolve(), scenarios.resolve(), pathlib.Path(folder) / "it's a sweep")
        browser.open(swept.page)
        check_points(browser, swept)
        check_fronts(browser, swept)
        check_choice(browser, swept)
        check_looks(browser, ['scheme', 'clear', 'scatter', 'copy', 'Upwards'])
        browser.picture(pictures / 'sweep.webp')
        browser.evaluate('document.getElementById("scheme").click()')
        browser.picture(pictures / 'sweep-dark.webp')
        check_filters(browser, swept)
        check_lines(browser)
        check_sensitivities(browser, swept)
        check_poor(browser, swept.program, scenarios.resolve(), swept.folder)
        check_equal(browser, swept.program, scenarios.resolve(), swept.folder)
        check_percent(browser, swept.program, scenarios.resolve(), swept.folder)
        check_many(browser, swept.program, scenarios.resolve(), swept.folder)
        assert not browser.messages, browser.messages
    print(f'{len(swept.by_key)} points, {len(swept.front())} on fronts: as in the database')
    return 0


if __name__ == '__main__':
    sys.exit(main())

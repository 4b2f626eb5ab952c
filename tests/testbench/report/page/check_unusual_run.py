"""check_unusual_run.py BITBALANCE SCENARIOS: what a reader sees on report.html of runs that are unlike others.

In headless Chromium. Most are the page of a run of LeNet with other figures written into it. Exit code 77 without Chromium.
"""
import copy
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

from browser import Browser, is_installed

DATA = '<script type="application/json" id="data">'
# Of each chart: what it is, its height in pixels of the screen, and how many of these are drawn in its last twentieth and before.
DRAWN = '''[...document.querySelectorAll("canvas")].map((canvas) => {
  const drawn = (from, to) => {
    const copy = new OffscreenCanvas(canvas.width, to - from).getContext("2d");
    copy.drawImage(canvas, 0, -from);
    const pixels = copy.getImageData(0, 0, canvas.width, to - from).data;
    let number = 0;
    for (let at = 3; at < pixels.length; at += 4) number += pixels[at] > 0;
    return number;
  };
  const {width, height} = canvas, last = Math.floor(.95 * height);
  return {label: canvas.getAttribute("aria-label"), height, last: drawn(last, height), first: drawn(0, last)}; })'''
# A text that reverses what follows it, up to the end of the paragraph.
REVERSING = '\u202efdp.exe'


def field(number, value):
    """A field of protobuf: a number up to 127, or bytes up to as many."""
    return bytes([number << 3, value]) if isinstance(value, int) else bytes([number << 3 | 2, len(value)]) + value


def tensor(name):
    extents = b''.join(field(1, field(1, extent)) for extent in (1, 3, 4, 4))
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, extents)))


NODE = field(1, b'in') + field(2, b'out') + field(3, b'softmax') + field(4, b'Softmax')
SOFTMAX = (field(1, 8) + field(8, field(1, b'') + field(2, 13)) +
           field(7, field(1, NODE) + field(2, b'host') + field(11, tensor(b'in')) + field(12, tensor(b'out'))))


def chart(label):
    return f'Chart.getChart(document.querySelector(\'canvas[aria-label^="{label}"]\'))'


class Run:
    """A run's page, and the same with other data."""

    def __init__(self, program, folder, scenario, *options):
        self.folder = folder
        subprocess.run([program, 'run', scenario, '--level', 'analytic', '--out', folder, *options], check=True,
                       capture_output=True)
        self.page = folder / 'report.html'
        self._before, _, rest = self.page.read_text().partition(DATA)
        text, end, after = rest.partition('</script>')
        self.data, self._after = json.loads(text), end + after

    def altered(self, change):
        data = copy.deepcopy(self.data)
        change(data)
        page = self.folder / 'altered.html'
        text = json.dumps(data).replace('<', '\\u003c')
        page.write_text(self._before + DATA + text + self._after)
        return page


def check_power(browser, program, folder, scenario, window):
    """Every window of power.csv is drawn from its begin to its end, as high as its watts."""
    run = Run(program, folder / f'power-{window}', scenario, '--images', '1', '--power', str(window))
    browser.open(run.page)
    rows = list(csv.DictReader((run.folder / 'power.csv').open()))
    for row in rows:
        begin, cycles, watts = int(row['begin_cycle']), int(row['cycles']), float(row['core_w']) + float(row['dram_w'])
        for cycle in (begin + .1 * cycles, begin + .9 * cycles):
            shown = browser.evaluate(f'''(() => {{
              const made = {chart('Power over time')}, dense = made.currentDevicePixelRatio, {{x, y}} = made.scales;
              const column = Math.round(x.getPixelForValue({cycle}) * dense), {{top, bottom}} = made.chartArea;
              const copy = new OffscreenCanvas(1, made.canvas.height).getContext("2d");
              copy.drawImage(made.canvas, -column, 0);
              const pixels = copy.getImageData(0, 0, 1, made.canvas.height).data;
              const grounds = new Set(made.data.datasets.map(({{backgroundColor}}) => backgroundColor));
              const hex = (at) => "#" + [0, 1, 2].map((i) => pixels[at + i].toString(16).padStart(2, "0")).join("");
              for (let row = Math.round(top * dense); row < bottom * dense; ++row)
                if (grounds.has(hex(4 * row))) return [y.getValueForPixel(row / dense), y.getValueForPixel(row / dense - 2)];
              return null; }})()''')
            assert shown and shown[0] - .02 * watts <= watts <= shown[1] + .02 * watts, (window, row, cycle, shown)
    titles = browser.evaluate(f'''(() => {{
      const made = {chart('Power over time')}, title = made.options.plugins.tooltip.callbacks.title;
      return made.data.labels.map((label, dataIndex) => title([{{label: String(label), dataIndex}}])); }})()''')
    begins = [f'from cycle {int(row["begin_cycle"]):,}' for row in rows]
    assert titles == begins + begins[-1:], (titles, begins)


def check_many_layers(browser, lenet):
    """However many layers there are, the charts are drawn and say what they leave out."""
    def change(data):
        layers = data['summary']['layers']
        data['summary']['layers'] = [{**layers[i % len(layers)], 'name': f'layer {i}'} for i in range(1500)]
    page = lenet.altered(change)
    for dense in (1, 2):
        browser.resize(1280, 900, dense)
        browser.open(page)
        browser.settle()
        for one in browser.evaluate(DRAWN):
            assert one['first'] > 1000 and one['last'] > 100, (dense, one)
    browser.resize(1280, 900)
    notes = browser.evaluate('[...document.querySelectorAll("p.note")].map((one) => one.textContent)')
    assert notes.count('The first 500 of 1,500.') == 2, notes
    for label in ('Cycles of the engine', 'DRAM bytes'):
        labels = browser.evaluate(chart(label) + '.data.labels')
        assert labels == [f'layer {i}' for i in range(500)], (label, labels[-1])
    assert browser.evaluate('document.querySelectorAll("tbody tr").length') == 1500


def check_names(browser, lenet):
    """Long names leave room for the figures; a name that reverses what follows does so up to its own end."""
    long, other = 'begin/' + 'A' * 300 + '/end', 'begin/' + 'A' * 200 + '/other end'

    def change(data):
        layers = data['summary']['layers']
        layers[0]['name'], layers[1]['name'], layers[2]['name'] = long, other, REVERSING
        data['summary']['scenario'] = REVERSING
    page = lenet.altered(change)
    for width in (1280, 360):
        browser.resize(width, 900)
        browser.open(page)
        for label in ('Cycles of the engine', 'DRAM bytes'):
            made = browser.evaluate(f'''(() => {{
              const {{ctx, width, chartArea, scales: {{y}}}} = {chart(label)};
              ctx.font = y._resolveTickFontOptions(0).string;
              return {{width, left: chartArea.left, labels: y.ticks.map(({{label}}) => label),
                       widest: Math.max(...y.ticks.map(({{label}}) => ctx.measureText(label).width))}}; }})()''')
            assert made['widest'] < made['left'] <= .45 * made['width'], made
            for shown, (begin, end) in zip(made['labels'], (('begin/', '/end'), ('begin/', 'other end'))):
                assert '\u2026' in shown and shown.endswith(end[-4:]) and shown.startswith(begin[:4]), shown
            title = browser.evaluate(f'''{chart(label)}.options.plugins.tooltip.callbacks.title([{{label: {json.dumps(long)}}}])''')
            assert ''.join(title) == long and max(map(len, title)) <= 40, title
    browser.resize(1280, 900)
    cells = browser.evaluate('[...document.querySelector("tbody tr").cells].map((one) => one.getBoundingClientRect().right)')
    assert cells[4] < 1280, cells
    box = '''((from, to) => { const at = document.createRange(), text = document.createTreeWalker(document.getElementById("title"),
      NodeFilter.SHOW_TEXT), parts = [];
      while (text.nextNode()) parts.push(text.currentNode);
      at.setStart(parts.at(-1), from); at.setEnd(parts.at(-1), to); return at.getBoundingClientRect().left; })'''
    title = browser.evaluate('document.getElementById("title").lastChild.textContent')
    assert title.endswith(' at level analytic'), title
    begin = len(title) - len('analytic')
    assert browser.evaluate(f'{box}({begin}, {begin + 1})') < browser.evaluate(f'{box}({len(title) - 1}, {len(title)})')


def check_roofs(browser, lenet):
    """The roof of a layer is macs / cycles / utilization, above 1, too."""
    def change(data):
        for index, layer in enumerate(data['summary']['layers']):
            layer['utilization'] = .25 + .5 * index
    browser.open(lenet.altered(change))
    points = browser.evaluate(chart('Roofline') + '.data.datasets[0].data')
    for index, (point, layer) in enumerate(zip(points, lenet.data['summary']['layers'], strict=True)):
        roof = layer['macs'] / layer['cycles'] / (.25 + .5 * index)
        assert abs(point['roof'] / roof - 1) < 1e-9, (point, roof)


def check_host_alone(browser, program, folder, scenarios):
    """A network of the host alone has no cycles, no traffic and no energy, and no empty charts of them."""
    (folder / 'host.onnx').write_bytes(SOFTMAX)
    scenario = {'network': {'model': str(folder / 'host.onnx')}, 'technology': f'{scenarios}/technology/65nm.yaml'}
    (folder / 'host.yaml').write_text(json.dumps(scenario))
    run = Run(program, folder / 'host', folder / 'host.yaml', '--power', '10')
    browser.open(run.page)
    assert run.data['power']['cycles'] == []
    shown = browser.evaluate('''[...document.querySelectorAll("canvas")].filter((one) => one.getClientRects().length > 0)
      .map((one) => one.getAttribute("aria-label"))''')
    assert shown == ['Area'], shown
    titles = browser.evaluate('[...document.querySelectorAll("h2")].map((one) => one.textContent)')
    assert titles == ['Energy and area of the core', 'Layers', 'Configuration'], titles
    subprocess.run([program, 'compare', folder / 'host.yaml', '--out', folder / 'compared'], check=True, capture_output=True)
    browser.open(folder / 'compared/report.html')
    shown = browser.evaluate('''[...document.querySelectorAll("canvas")].filter((one) => one.getClientRects().length > 0)
      .map((one) => one.getAttribute("aria-label"))''')
    assert shown == ['Area of the core'], shown


def main():
    if not is_installed():
        print('skipped: Chromium is not installed')
        return 77
    program, scenarios = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    with tempfile.TemporaryDirectory() as name, Browser() as browser:
        folder = pathlib.Path(name)
        lenet = Run(program, folder / 'lenet', scenarios / 'lenet.yaml', '--images', '1')
        checks = [
            *(lambda window=window: check_power(browser, program, folder, scenarios / 'lenet.yaml', window)
              for window in (500, 7000, 100000)),
            lambda: check_many_layers(browser, lenet),
            lambda: check_names(browser, lenet),
            lambda: check_roofs(browser, lenet),
            lambda: check_host_alone(browser, program, folder, scenarios)]
        for check in checks:
            check()
        assert not browser.messages, browser.messages
    print('drawn from the first to the last, within their names and bounds')
    return 0


if __name__ == '__main__':
    sys.exit(main())

// What every page shares: its data, elements, figures with units, colours, charts, selections and sortable tables.
'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const main = document.getElementById('main');

const spoken = (name) => name.replace(/_/g, ' ');
const sum = (values) => values.reduce((total, value) => total + value, 0);
/// A name amid other text: no sign in it turns what follows from left to right or back.
const isolated = (name) => '\u2068' + name + '\u2069';
/// A name in lines of a tooltip.
const name_lines = (name) => name.match(/.{1,40}/gsu);
const kMostRows = 500;  // of a table of a sweep, and bars of a chart
const kMostPixels = 16384;  // of a drawing's height: some browsers draw no higher one

/// An element with attributes and children; a string child is text, never markup.
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

function section(title, note, ...children) {
  const made = element('section', {}, element('h2', {}, title));
  if (note) made.append(element('p', {class: 'note'}, note));
  made.append(...children.filter((child) => child !== undefined));
  main.append(made);
  return made;
}

/// A figure to four digits with the prefix of its size: (0.00313, 'J') is "3.13 mJ".
function figure(value, unit = '') {
  if (value === null || value === undefined || !Number.isFinite(value)) return '-';
  if (value === 0) return ('0 ' + unit).trim();
  if (unit === '%') return (100 * value).toLocaleString('en', {maximumFractionDigits: 1}) + ' %';
  const prefixes = [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k'], [1, ''], [1e-3, 'm'], [1e-6, '\u00b5'], [1e-9, 'n'],
                    [1e-12, 'p']];
  const size = Math.abs(value);
  const plain = unit === '' || unit === 'cycles' || unit === 'mm\u00b2' || unit.includes('/');
  const [scale, prefix] = plain ? [1, ''] : prefixes.find(([least]) => size >= least) || prefixes[prefixes.length - 1];
  const text = (value / scale).toLocaleString('en', plain && size >= 1000 ? {maximumFractionDigits: 0}
                                                                         : {maximumSignificantDigits: 4});
  return (text + ' ' + prefix + unit).trim();
}

/// A figure beside an axis whose title has the unit: with a prefix and the unit only where figure() has one.
function tick(value, unit) {
  return figure(value, ['J', 'B', '%'].includes(unit) ? unit : '');
}

/// An exact count: 11,352.
function count(value) {
  return value === null || value === undefined ? '-' : value.toLocaleString('en', {maximumFractionDigits: 0});
}

/// What is said above the first kMostRows of more.
function first_of(all) {
  return all > kMostRows ? element('p', {class: 'note'}, 'The first ' + count(kMostRows) + ' of ' + count(all) + '.') : undefined;
}

function tiles(entries) {
  return element('dl', {class: 'tiles'}, ...entries.filter(([, value]) => value !== undefined).map(
    ([name, value, key, style]) => element('div', {class: 'tile'}, element('dt', {}, name),
                                           element('dd', {'data-key': key, class: style}, value))));
}

/// columns: [{title, value(row), show(value), text}]. A click on a title sorts; again, the other way round.
function sortable_table(columns, rows) {
  const body = element('tbody');
  let sorted = -1, up = true;
  const fill = (list) => body.replaceChildren(...list.map((row) => element('tr', {}, ...columns.map((column) => {
    const value = column.value(row);
    return element('td', {class: column.text ? 'text' : undefined, 'data-value': value === null ? '' : value},
                   column.show ? column.show(value) : String(value));
  }))));
  const heads = columns.map((column, index) => element('th', {scope: 'col', class: column.text ? 'text' : undefined}, element('button', {type: 'button',
    onclick: () => {
      up = sorted === index ? !up : column.text === true;
      sorted = index;
      heads.forEach((head, i) => i === index ? head.setAttribute('aria-sort', up ? 'ascending' : 'descending')
                                             : head.removeAttribute('aria-sort'));
      const order = (a, b) => a === b ? 0 : a === null ? 1 : b === null ? -1 : (a < b) === up ? -1 : 1;
      fill([...rows].sort((a, b) => order(column.value(a), column.value(b))));
    }}, column.title)));
  fill(rows);
  return element('div', {class: 'wide'}, element('table', {}, element('thead', {}, element('tr', {}, ...heads)), body));
}

/// A labelled selection. options: [[value, text]].
function selection(label, options, value, changed) {
  const select = element('select', {onchange: () => changed(select.value)},
                         ...options.map(([key, text]) => element('option', {value: key}, text)));
  select.value = value;
  return element('label', {}, label + ' ', select);
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
}

// Charts are made anew when the scheme changes: their colours are drawn, not styled.
const charts = [];

/// Remembers how something is drawn. Returns what draws it anew, once the page is shown.
function drawing(draw) {
  charts.push(draw);
  return () => { if (document.documentElement.dataset.scheme) draw(); };
}

/// Least and most of many: Math.min() takes only so many.
function range_of(values) {
  let least = Infinity, most = -Infinity;
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return {least, most};
}

/// Do ratios tell more than differences?
function is_wide(least, most) {
  return least > 0 && most / least > 20;
}

/// options.plugins.line_at_one.axis: where a ratio is 1.
Chart.register({id: 'line_at_one', afterDatasetsDraw(made, _, {axis}) {
  if (!axis) return;
  const {ctx: pen, chartArea: {left, right, top, bottom}, scales} = made;
  const at = scales[axis].getPixelForValue(1);
  pen.save();
  pen.strokeStyle = colour('text');
  pen.setLineDash([5, 3]);
  pen.beginPath();
  pen.moveTo(axis === 'x' ? at : left, axis === 'x' ? top : at);
  pen.lineTo(axis === 'x' ? at : right, axis === 'x' ? bottom : at);
  pen.stroke();
  pen.restore();
}});

/// `describe()` gives the configuration of a chart, or nothing if there is nothing to draw. `label`: for those who do not see it.
function chart(label, height, describe) {
  const canvas = element('canvas', {role: 'img', 'aria-label': label});
  const frame = element('div', {class: 'chart', style: 'height:' + height + 'px'}, canvas);
  let drawn;
  frame.redraw = drawing(() => {
    if (drawn) drawn.destroy();
    drawn = undefined;
    Chart.defaults.color = colour('quiet');
    Chart.defaults.borderColor = colour('line');
    Chart.defaults.font.size = 12;
    const description = describe();
    frame.hidden = !description;
    if (!description) return;
    description.options = {animation: false, responsive: true, maintainAspectRatio: false,
                           devicePixelRatio: () => Math.min(window.devicePixelRatio, kMostPixels / frame.clientHeight),
                           ...description.options};
    drawn = new Chart(canvas, description);
  });
  return frame;
}

function draw_charts() {
  for (const draw of charts) draw();
}

/// The height of a chart with a bar for each of `rows` names, up to kMostRows.
function height_of_bars(rows) {
  return 70 + 22 * Math.min(rows, kMostRows);
}

/// Ticks of an axis of names, in up to two fifths of the chart's width: of a longer name the begin and the end.
const name_ticks = {autoSkip: false, callback(value) {
  const name = this.getLabelForValue(value), signs = [...name], {ctx: pen, width} = this.chart;
  const short = (kept) => kept >= signs.length ? name : signs.slice(0, Math.ceil(kept / 2)).join('') + '\u2026' +
                                                        signs.slice(signs.length - Math.floor(kept / 2)).join('');
  pen.save();
  pen.font = Chart.defaults.font.size + 'px ' + Chart.defaults.font.family;
  let least = 1, most = signs.length;  // as many as fit
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (pen.measureText(short(middle)).width <= .4 * width) least = middle;
    else most = middle - 1;
  }
  pen.restore();
  return short(least);
}};

/// Stacked bars from left to right, for `rows` names at most. `described()` gives {names, series: [{name, colour, values}]},
/// each time it is drawn. A series of zeros is left out.
function stacked_bars(label, unit, rows, described) {
  return chart(label, height_of_bars(rows), () => {
    const {names, series} = described();
    const drawn = series.map((one) => ({...one, values: one.values.slice(0, kMostRows)})).filter(({values}) => sum(values) > 0);
    if (drawn.length === 0) return undefined;
    return {
      type: 'bar',
      data: {labels: names.slice(0, kMostRows), datasets: drawn.map((one) => ({
        label: one.name, data: one.values, backgroundColor: colour(one.colour), barPercentage: .85, categoryPercentage: .9,
      }))},
      options: {
        indexAxis: 'y',
        scales: {
          x: {stacked: true, title: {display: true, text: label + ' (' + unit + ')'}, ticks: {callback: (value) => tick(value, unit)}},
          y: {stacked: true, ticks: name_ticks},
        },
        plugins: {
          legend: {position: 'bottom', labels: {boxWidth: 12}},
          tooltip: {callbacks: {title: ([item]) => name_lines(item.label),
            label: ({chart: made, dataset, dataIndex, raw}) => dataset.label + ': ' + figure(raw, unit) + ' (' +
              figure(raw / sum(made.data.datasets.map(({data: values}) => values[dataIndex])), '%') + ')'}},
        },
      },
    };
  });
}

function use_scheme(scheme) {
  document.documentElement.dataset.scheme = scheme;
  draw_charts();
}

/// Last of all: title, scheme and charts of the page that was put together.
function show_page(...title) {
  document.getElementById('title').append(...title);
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', () => use_scheme(dark.matches ? 'dark' : 'light'));
  document.getElementById('scheme').addEventListener('click', () =>
    use_scheme(document.documentElement.dataset.scheme === 'dark' ? 'light' : 'dark'));
  use_scheme(dark.matches ? 'dark' : 'light');
}

// What every page shares: its data, elements, figures with units, colours, charts and sortable tables.
'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const main = document.getElementById('main');

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
  made.append(...children);
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

/// An exact count: 11,352.
function count(value) {
  return value === null || value === undefined ? '-' : value.toLocaleString('en', {maximumFractionDigits: 0});
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
  const heads = columns.map((column, index) => element('th', {scope: 'col'}, element('button', {type: 'button',
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

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
}

// Charts are made anew when the scheme changes: their colours are drawn, not styled.
const charts = [];

/// `describe()` gives the configuration of a chart. `label`: for those who do not see it.
function chart(label, height, describe) {
  const canvas = element('canvas', {role: 'img', 'aria-label': label});
  const frame = element('div', {class: 'chart', style: 'height:' + height + 'px'}, canvas);
  const made = {drawn: undefined, draw() {
    if (made.drawn) made.drawn.destroy();
    Chart.defaults.color = colour('quiet');
    Chart.defaults.borderColor = colour('line');
    Chart.defaults.font.size = 12;
    const description = describe();
    description.options = {animation: false, responsive: true, maintainAspectRatio: false, ...description.options};
    made.drawn = new Chart(canvas, description);
  }};
  charts.push(made);
  frame.redraw = made.draw;
  return frame;
}

function draw_charts() {
  for (const made of charts) made.draw();
}

/// Stacked bars from left to right, one per row. series: [{name, colour, values}].
function stacked_bars(label, unit, names, series) {
  return chart(label, 70 + 22 * names.length, () => ({
    type: 'bar',
    data: {labels: names, datasets: series.map((one) => ({label: one.name, data: one.values,
                                                         backgroundColor: colour(one.colour), barPercentage: .85,
                                                         categoryPercentage: .9}))},
    options: {
      indexAxis: 'y',
      scales: {
        x: {stacked: true, title: {display: true, text: unit}, ticks: {callback: (value) => figure(value, unit === 'cycles' ? '' : unit)}},
        y: {stacked: true, ticks: {autoSkip: false}},
      },
      plugins: {
        legend: {position: 'bottom', labels: {boxWidth: 12}},
        tooltip: {callbacks: {label: (item) => item.dataset.label + ': ' + figure(item.raw, unit)}},
      },
    },
  }));
}

function use_scheme(scheme) {
  document.documentElement.dataset.scheme = scheme;
  draw_charts();
}

/// Last of all: title, scheme and charts of the page that was put together.
function show_page(title) {
  document.getElementById('title').textContent = title;
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', () => use_scheme(dark.matches ? 'dark' : 'light'));
  document.getElementById('scheme').addEventListener('click', () =>
    use_scheme(document.documentElement.dataset.scheme === 'dark' ? 'light' : 'dark'));
  use_scheme(dark.matches ? 'dark' : 'light');
}

// The page of a sweep: which designs none beats, what each key does, and how to run a point alone.
const filter = new Filter();

/// The two figures of the scatter: the sweep's objectives, else what most readers ask.
const shown = (() => {
  const wanted = data.objectives.map(({metric, better}) => ({metric: metric_named(data.metrics[metric].name), better}))
                     .filter(({metric}) => metric);
  for (const name of ['frames_per_j', 'area_mm2', 'frames_per_s', 'dram_bytes_per_frame', 'cycles']) {
    const metric = metric_named(name);
    if (metric && !wanted.some((one) => one.metric === metric)) wanted.push({metric, better: metric.better});
  }
  for (const metric of metrics)
    if (!wanted.some((one) => one.metric === metric)) wanted.push({metric, better: metric.better});
  return {x: wanted[1], y: wanted[0]};
})();
const axes_shown = new Set([...free_axes.map((axis) => axis.name), ...metrics.filter((metric) =>
  shown.y && (metric === shown.x?.metric || metric === shown.y.metric)).map((metric) => metric.name)]);
let selected;   // a point, or nothing
let visible = [], front = [], fronts = new Map();

function choose_points() {
  visible = all_points.filter((point) => filter.admits(point));
  fronts = shown.x ? fronts_of(visible, shown.x, shown.y) : new Map();
  front = [...fronts.values()].flat();
}

/// What depends on the filter and on the figures shown, in its order on the page; and what depends on the chosen point.
const views = [], choice_views = [];
function update() {
  choose_points();
  for (const view of views) view();
}

/// The address of the page names the point.
function select(point) {
  selected = point;
  history.replaceState(null, '', '#' + points.keys[point]);
  for (const view of choice_views) view();
}

function figure_selection(label, current, changed) {
  return selection(label, metrics.map((metric) => [metric.name, with_unit(metric)]), current.name,
                   (name) => changed(metric_named(name)));
}

// Totals.
{
  const box = element('div');
  main.append(box);
  const verdicts = (wanted) => points.verdicts.filter((verdict) => verdict === wanted).length;
  views.push(() => box.replaceChildren(tiles([
    ['Points with a result', count(point_count) + ' of ' + count(data.checked), 'points'],
    ['Shown', count(visible.length), 'shown'],
    ['On the front', count(front.length), 'front'],
    ['Refused', verdicts('refused') > 0 ? count(verdicts('refused')) : undefined, 'refused'],
    ['Failed', verdicts('fail') > 0 ? count(verdicts('fail')) : undefined, 'failed', 'verdict-fail'],
    ['Method', data.method, 'method'],
    ['Program', data.program, 'program'],
  ])));
}

// Filters.
{
  const choices = free_axes.map((axis) => element('fieldset', {}, element('legend', {}, axis.name),
    ...axis.labels.map((text, choice) => element('label', {class: 'choice'}, element('input', {type: 'checkbox', checked: '',
      'data-axis': axis.name, 'data-choice': choice, onchange: (event) => {
        if (event.target.checked) filter.choices.get(axis).add(choice);
        else filter.choices.get(axis).delete(choice);
        update();
      }}), ' ' + text))));
  const bound = (metric, side) => element('input', {type: 'number', step: 'any', 'data-metric': metric.name, 'data-side': side,
    'aria-label': with_unit(metric) + ', ' + side, placeholder: side, onchange: (event) => {
      const given = event.target.value === '' ? NaN : Number(event.target.value) / shown_scale(metric);
      filter.ranges.get(metric)[side] = Number.isNaN(given) ? (side === 'from' ? -Infinity : Infinity) : given;
      update();
    }});
  const ranges = metrics.map((metric) => element('fieldset', {}, element('legend', {}, with_unit(metric)),
                                                 bound(metric, 'from'), ' ', bound(metric, 'to')));
  const best = element('input', {type: 'checkbox', onchange: () => {
    filter.best_alone = best.checked;
    update();
  }});
  const named = data.objectives.map(({metric}) => data.metrics[metric].title).join(', ');
  const made = section('Filter', 'Choices and ranges that a point must have. Figures are in the unit that is given.',
    element('div', {class: 'bar'},
      named ? element('label', {}, best, ' only the front of the sweep\u2019s objectives: ' + named) : undefined,
      element('button', {type: 'button', id: 'clear', onclick: () => {
        filter.clear();
        update();
      }}, 'Clear all filters')),
    element('details', {}, element('summary', {}, 'Keys'), element('div', {class: 'filters'}, ...choices)),
    element('details', {}, element('summary', {}, 'Figures'), element('div', {class: 'filters'}, ...ranges)));
  views.push(() => {  // brushes and the button change it, too
    best.checked = filter.best_alone;
    for (const box of made.querySelectorAll('[data-choice]')) {
      const axis = free_axes.find(({name}) => name === box.dataset.axis);
      box.checked = filter.choices.get(axis).has(Number(box.dataset.choice));
    }
    for (const box of made.querySelectorAll('[data-side]')) {
      const metric = metric_named(box.dataset.metric);
      const value = filter.ranges.get(metric)[box.dataset.side] * shown_scale(metric);
      box.value = Number.isFinite(value) ? String(Number(value.toPrecision(6))) : '';
    }
  });
}

// Scatter.
if (shown.x) {
  const described = (point) => [label_of(point), ...metrics.map((metric) => metric.title + ': ' +
                                                                 figure(metric.values[point], metric.unit))];
  const spot = (point) => ({x: shown.x.metric.values[point], y: shown.y.metric.values[point], point});
  const scale_of = ({metric, better}) => {
    const {least, most} = range_of(visible.map((point) => metric.values[point]).filter((value) => value !== null));
    return {type: is_wide(least, most) ? 'logarithmic' : 'linear',
            title: {display: true, text: with_unit(metric) + ', ' + better + ' is better'},
            ticks: {callback: (value) => tick(value, metric.unit), maxRotation: 0}};
  };
  const scatter = chart('Design points by two figures. Arrow keys go from point to point along the horizontal axis.', 460, () => ({
    type: 'scatter',
    data: {datasets: [
      ...(selected === undefined ? [] : [{label: 'chosen point', data: [spot(selected)], pointRadius: 8, pointBorderWidth: 2.5,
                                          pointBorderColor: colour('text'), backgroundColor: 'transparent'}]),
      ...[...fronts].map(([scenario, chosen], index) => ({
        label: 'on the front' + (fronts.size > 1 ? ', ' + axes[0].labels[scenario] : ''), data: chosen.map(spot),
        showLine: true, borderWidth: 1.5, borderColor: colour('front'), backgroundColor: colour('front'), pointRadius: 4,
        pointStyle: ['circle', 'rect', 'triangle', 'star', 'rectRot', 'cross'][index % 6], parsing: false,
        stepped: 'before',
      })),
      {label: 'other points', data: visible.filter((point) => shown.x.metric.values[point] !== null &&
                                                              shown.y.metric.values[point] !== null).map(spot),
       backgroundColor: colour('point'), pointRadius: 2, parsing: false},
    ]},
    options: {
      onClick: (_, found) => { if (found.length > 0) select(scatter_point(found[0])); },
      scales: {x: scale_of(shown.x), y: scale_of(shown.y)},
      plugins: {legend: {position: 'bottom', labels: {boxWidth: 12, usePointStyle: true}},
                tooltip: {filter: (item, index) => index === 0, callbacks: {label: ({raw}) => described(raw.point)}}},
    },
  }));
  const scatter_point = ({datasetIndex, index}) =>
    Chart.getChart(scatter.querySelector('canvas')).data.datasets[datasetIndex].data[index].point;
  scatter.tabIndex = 0;
  scatter.id = 'scatter';
  scatter.addEventListener('keydown', (event) => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!step || visible.length === 0) return;
    event.preventDefault();
    const order = (front.length > 0 && event.shiftKey ? front : visible).filter((point) => shown.x.metric.values[point] !== null)
                      .sort((a, b) => shown.x.metric.values[a] - shown.x.metric.values[b] || a - b);
    const at = order.indexOf(selected);
    select(order[at < 0 ? 0 : Math.min(order.length - 1, Math.max(0, at + step))]);
  });
  const side = (label, key) => {
    const direction = selection(label + ':', [['more', 'more is better'], ['less', 'less is better']], shown[key].better, (better) => {
      shown[key].better = better;
      update();
    });
    return [figure_selection(label, shown[key].metric, (metric) => {
      shown[key] = {metric, better: metric.better};
      direction.querySelector('select').value = metric.better;
      update();
    }), direction];
  };
  const bar = element('div', {class: 'bar'}, ...side('Upwards', 'y'), ...side('To the right', 'x'));
  section('Fronts', 'A point on the front is beaten by no other shown point of its scenario: none is better in one of the two figures ' +
          'and no worse in the other. A click chooses a point; so do the arrow keys, with Shift along the front.', bar, scatter);
  views.push(scatter.redraw);
  choice_views.push(scatter.redraw);
}

// The chosen point, and the table of the front.
{
  const box = element('div', {id: 'chosen', 'aria-live': 'polite'});
  const show = () => {
    if (selected === undefined) return box.replaceChildren();
    const command = command_of(selected);
    const copy = element('button', {type: 'button', id: 'copy', onclick: async () => {
      await navigator.clipboard.writeText(command);
      copy.textContent = 'Copied';
    }}, 'Copy');
    box.replaceChildren(
      element('p', {}, label_of(selected)),
      tiles(known_figures.map((metric) => [metric.title, figure(metric.values[selected], metric.unit), metric.name])),
      element('p', {class: 'note'}, 'This command runs it alone, in the folder where the sweep was given. Its key in the database is ' +
              points.keys[selected] + '.'),
      element('pre', {id: 'command'}, command), copy);
  };
  section('Chosen point', 'Of the scatter above, or of the table below.', box);
  choice_views.push(show);
}
{
  const box = element('div');
  section('Points on the front', 'A title sorts; a number chooses the point. All points are in the table of --csv.', box);
  views.push(() => {
    const rows = front.slice(0, kMostRows);
    const numbered = new Map(rows.map((point, index) => [point, index + 1]));
    const table = sortable_table([
      {title: 'Point', value: (point) => numbered.get(point),
       show: (number) => element('button', {type: 'button', 'data-point': points.keys[rows[number - 1]],
                                            onclick: () => select(rows[number - 1])}, String(number))},
      ...free_axes.map((axis) => ({title: axis.name, value: (point) => axis.chosen[point], show: (choice) => axis.labels[choice]})),
      ...metrics.map((metric) => ({title: metric.title, value: (point) => metric.values[point],
                                   show: (value) => figure(value, metric.unit)})),
    ], rows);
    box.replaceChildren(...[first_of(front.length), table].filter((one) => one));
  });
}

// Parallel axes.
if (free_axes.length + metrics.length > 0) {
  const brushed = (scale, low, high) => {
    if (scale.metric) {
      filter.ranges.set(scale.metric, low === undefined ? {from: -Infinity, to: Infinity}
                                                        : {from: scale.value_at(low), to: scale.value_at(high)});
    } else {
      const between = low === undefined ? [...scale.axis.labels.keys()] : scale.choices_between(low, high);
      if (between.length > 0) filter.choices.set(scale.axis, new Set(between));
    }
    update();
  };
  const drawn = parallel_axes(() => {
    const on_front = new Set(front);
    return {scales: [...free_axes.filter((axis) => axes_shown.has(axis.name)).map(choice_scale),
                     ...metrics.filter((metric) => axes_shown.has(metric.name)).map(figure_scale)],
            plain: visible.filter((point) => !on_front.has(point)), front, selected};
  }, brushed);
  const box = (name, text) => element('label', {class: 'choice'}, element('input', {type: 'checkbox',
    checked: axes_shown.has(name) ? '' : undefined, onchange: (event) => {
      if (event.target.checked) axes_shown.add(name);
      else axes_shown.delete(name);
      drawn.redraw();
    }}), ' ' + text);
  section('Parallel axes', 'A line for each shown point; those on the front have its colour, the chosen one is bold. A stretch drawn on ' +
          'an axis with the pointer is a filter, a click on the axis takes it away.',
    element('details', {}, element('summary', {}, 'Axes'), element('div', {class: 'bar'},
      ...free_axes.map((axis) => box(axis.name, axis.name)), ...metrics.map((metric) => box(metric.name, with_unit(metric))))),
    drawn);
  views.push(drawn.redraw);
  choice_views.push(drawn.redraw);
}

// Sensitivities.
if (metrics.length > 0 && free_axes.length > 0) {
  let metric = shown.y.metric;
  let along = new Map();  // groups of points by axis
  const table = element('div');
  const rows = () => free_axes.flatMap((axis) => steps(axis, along.get(axis), metric).map((step) => ({...step, axis})));
  let steps_shown = [];
  const omission = element('div');
  const name_of = ({axis, from, to}) => axis.name + ': ' + isolated(axis.labels[from]) + ' \u2192 ' + isolated(axis.labels[to]);
  const bars = chart('Factor of the chosen figure for each step of each key', 100, () => {
    const {least, most} = range_of(steps_shown.flatMap((step) => [step.least, step.most, 1]));
    return {
      type: 'bar',
      data: {labels: steps_shown.map(name_of), datasets: [
        {label: 'mean', type: 'line', showLine: false, data: steps_shown.map((step, index) => ({x: step.mean, y: index})),
         pointRadius: 4, backgroundColor: colour('point'), borderColor: colour('point')},
        {label: 'least to most', data: steps_shown.map(({least, most}) => [least, most]), backgroundColor: colour('part-3'),
         barPercentage: .6, minBarLength: 2},
      ]},
      options: {
        indexAxis: 'y',
        scales: {x: {type: 'logarithmic', min: least / 1.05, max: most * 1.05, title: {display: true, text: metric.title + ': figure after the step / before it'},
                     ticks: {callback: (value) => '\u00d7' + figure(value), maxRotation: 0}},
                 y: {ticks: name_ticks}},
        plugins: {line_at_one: {axis: 'x'}, legend: {position: 'bottom', labels: {boxWidth: 12}},
                  tooltip: {callbacks: {title: ([item]) => name_lines(item.label), label: ({dataIndex}) => {
                    const {mean, least, most, pairs} = steps_shown[dataIndex];
                    return '\u00d7' + figure(mean) + ' (' + figure(least) + ' to ' + figure(most) + ', ' + count(pairs) + ' pairs)';
                  }}}},
      },
    };
  });
  section('Sensitivities', 'Points are compared that differ in one key alone. The table has the factor between a figure\u2019s largest and ' +
          'smallest value when only this key changes: the geometric mean over all such groups of shown points; \u00d71 is no effect. The ' +
          'chart has each step from a value to the next: the mean factor and its range.',
    table, element('div', {class: 'bar'}, figure_selection('Figure of the chart', metric, (chosen) => {
      metric = chosen;
      show_steps();
    })), omission, bars);
  const show_steps = () => {
    const all = rows();
    steps_shown = all.slice(0, kMostRows);
    omission.replaceChildren(...[first_of(all.length)].filter((one) => one));
    bars.style.height = height_of_bars(all.length) + 'px';
    bars.redraw();
  };
  views.push(() => {
    along = new Map(free_axes.map((axis) => [axis, groups_along(axis, visible)]));
    table.replaceChildren(sortable_table([
      {title: 'Key', value: (axis) => axis.name, text: true},
      {title: 'Groups', value: (axis) => along.get(axis).length, show: count},
      ...metrics.map((one) => ({title: one.title, value: (axis) => swing(along.get(axis), one) ?? null,
                                show: (value) => value === null ? '-' : '\u00d7' + figure(value)})),
    ], free_axes));
    show_steps();
  });
}

// What did not pass.
{
  const reasons = new Map();
  for (const point of all_points) {
    if (points.verdicts[point] === 'pass') continue;
    const text = points.verdicts[point] + ': ' + points.messages[point];
    reasons.set(text, [...(reasons.get(text) || []), point]);
  }
  if (reasons.size > 0) {
    section('Points without figures', 'Refused: the accelerator cannot execute the network, or there is none of these settings. ' +
            'Failed: a result is wrong.', first_of(reasons.size), sortable_table([
      {title: 'Why', value: ([text]) => text, text: true},
      {title: 'Points', value: ([, list]) => list.length, show: count},
      {title: 'For example', value: ([, list]) => label_of(list[0]), text: true},
    ], [...reasons].slice(0, kMostRows)));
  }
}

choose_points();
const linked = points.keys.indexOf(location.hash.slice(1));
if (linked >= 0) selected = linked;
for (const view of new Set([...views, ...choice_views])) view();
show_page(element('bdi', {}, data.name), ': ' + count(point_count) + ' design points');

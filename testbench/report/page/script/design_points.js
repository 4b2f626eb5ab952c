// The design points of a sweep: their figures and choices, which of them a reader wants, and which none beats.
'use strict';
const points = data.points;
const point_count = points.keys.length;
const all_points = Array.from({length: point_count}, (_, point) => point);

/// A figure that is the same everywhere, or nowhere, tells no design from another.
function differs(values) {
  return values.some((value) => value !== null && value !== values[0]);
}

/// Figures that there are: [{name, title, unit, better, values, objective, limit}].
const known_figures = data.metrics.map((metric, index) => ({...metric, values: points.figures[index],
                                                            objective: data.objectives.find((one) => one.metric === index),
                                                            limit: data.limits.find((one) => one.metric === index)}))
                          .filter(({values}) => values.some((value) => value !== null));
/// Those worth an axis: that the sweep asks for, or that tell designs apart; of a single point all.
const metrics = known_figures.filter(({better, values, objective, limit}) =>
  objective || limit || (better !== 'neither' && (point_count === 1 || differs(values))))
    .map((metric) => ({...metric, better: metric.objective?.better ?? (metric.better === 'neither' ? 'more' : metric.better)}));
/// Keys that vary: [{name, labels, chosen}]; keys that vary together are one axis.
const axes = data.axes.map((axis, index) => ({name: axis.keys.join(' + '), labels: axis.choices.map((texts) => texts.join(', ')),
                                              words: axis.words, chosen: points.choices[index]}));
const free_axes = axes.filter((axis) => axis.labels.length > 1);

function metric_named(name) {
  return metrics.find((metric) => metric.name === name);
}

function with_unit(metric) {
  return metric.title + (metric.unit ? ' (' + metric.unit + ')' : '');
}

/// A figure in the unit that with_unit() gives, as a multiple of its value.
function shown_scale(metric) {
  return metric.unit === '%' ? 100 : 1;
}

function label_of(point) {
  return free_axes.map((axis) => axis.name + ' = ' + isolated(axis.labels[axis.chosen[point]])).join(', ');
}

/// What a shell runs for this point alone, in the folder where the sweep was given.
function command_of(point) {
  const words = axes.map((axis) => axis.words[axis.chosen[point]]);
  return ['bitbalance run ' + words[0] + data.common, ...words.slice(1)].join(' ');
}

/// What is wanted of a point: choices of each axis, ranges of figures; at first the sweep's limits.
class Filter {
  constructor() {
    this.clear();
    for (const metric of metrics)
      if (metric.limit) Object.assign(this.ranges.get(metric), metric.limit);
  }
  clear() {
    this.choices = new Map(free_axes.map((axis) => [axis, new Set(axis.labels.keys())]));
    this.ranges = new Map(metrics.map((metric) => [metric, {from: -Infinity, to: Infinity}]));
    this.best_alone = false;  // those that are on the front of the sweep's objectives
  }
  admits(point) {
    for (const [axis, choices] of this.choices) if (!choices.has(axis.chosen[point])) return false;
    for (const [metric, {from, to}] of this.ranges) {
      if (from === -Infinity && to === Infinity) continue;
      const value = metric.values[point];
      if (value === null || value < from || value > to) return false;
    }
    return points.verdicts[point] === 'pass' && (!this.best_alone || points.front[point] === 1);
  }
}

/// Of `chosen` points those that no other of the same scenario beats: nowhere worse in both figures, better in
/// one. `x`, `y`: {metric, better}. By scenario, from the best x to the best y.
function fronts_of(chosen, x, y) {
  const cost = ({metric, better}, point) => better === 'more' ? -metric.values[point] : metric.values[point];
  const by_scenario = new Map();
  for (const point of chosen) {
    if (x.metric.values[point] === null || y.metric.values[point] === null) continue;
    const scenario = axes[0].chosen[point];
    if (!by_scenario.has(scenario)) by_scenario.set(scenario, []);
    by_scenario.get(scenario).push({point, x: cost(x, point), y: cost(y, point)});
  }
  const fronts = new Map();
  for (const [scenario, costs] of [...by_scenario].sort(([a], [b]) => a - b)) {
    costs.sort((a, b) => a.x - b.x || a.y - b.y);
    let last;
    fronts.set(scenario, costs.filter((one) => {
      const stays = !last || one.y < last.y || (one.y === last.y && one.x === last.x);
      if (stays) last = one;
      return stays;
    }).map(({point}) => point));
  }
  return fronts;
}

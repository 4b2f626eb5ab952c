// What a key alone does to a figure: points are compared that differ in this key and in nothing else.

/// Points of `chosen` in groups that differ in `axis` alone: [Map(choice -> point)], two points at least.
function groups_along(axis, chosen) {
  const others = free_axes.filter((other) => other !== axis);
  const groups = new Map();
  for (const point of chosen) {
    let rest = '';
    for (const other of others) rest += other.chosen[point] + ' ';
    const group = groups.get(rest);
    if (group) group.set(axis.chosen[point], point);
    else groups.set(rest, new Map([[axis.chosen[point], point]]));
  }
  return [...groups.values()].filter((group) => group.size > 1);
}

/// Positive figures of a group by choice; a ratio with 0 says nothing.
function positive_figures(group, metric) {
  return [...group].map(([choice, point]) => [choice, metric.values[point]]).filter(([, value]) => value > 0);
}

function geometric_mean(values) {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/// By which factor a figure's largest value exceeds its smallest when the key alone changes: the geometric mean
/// over the groups; undefined without any.
function swing(groups, metric) {
  const factors = groups.map((group) => positive_figures(group, metric).map(([, value]) => value))
                      .filter((values) => values.length > 1).map((values) => Math.max(...values) / Math.min(...values));
  return factors.length > 0 ? geometric_mean(factors) : undefined;
}

/// From each value of the key to the next: figure after / figure before, over all pairs of points that differ in
/// this step alone. [{from, to, mean (geometric), least, most, pairs}]; choices by number.
function steps(axis, groups, metric) {
  const ratios = axis.labels.slice(1).map(() => []);
  for (const group of groups) {
    const figures = new Map(positive_figures(group, metric));
    for (const [choice, value] of figures)
      if (figures.has(choice + 1)) ratios[choice].push(figures.get(choice + 1) / value);
  }
  return ratios.map((values, from) => ({from, to: from + 1, values})).filter(({values}) => values.length > 0)
      .map(({from, to, values}) => {
        const sorted = values.sort((a, b) => a - b);
        return {from, to, mean: geometric_mean(sorted), least: sorted[0], most: sorted[sorted.length - 1],
                pairs: sorted.length};
      });
}

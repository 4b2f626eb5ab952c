// The page of a comparison: accelerators on networks, relative to ours, and what each is made of.
'use strict';
const comparisons = data.comparison.comparisons;
const kOurs = 'bit-balance';
const kWeightSets = {own: 'its own: limited for ours, full for the others', limited: 'limited', full: 'full'};
const kCycles = {terms: 'terms', empty: 'empty', waiting: 'waiting', unused: 'unused', not_computing: 'not computing'};
const kNetworkColours = 8;
const names = [...new Set(comparisons.flatMap(({designs}) => designs.map(({design}) => design)))];
let weights = 'own';

/// The figures of a design with the chosen weights; undefined where it cannot execute the network.
function design_of(comparison, name) {
  return comparison.designs.find((one) => one.design === name && (weights === 'own' ? one.own_weights : one.weights === weights));
}

const redraws = [];
function drawn(frame) {
  redraws.push(frame.redraw);
  return frame;
}

main.append(tiles([
  ['Size of the others', spoken(data.comparison.rule).replace('-', ' '), 'rule'],
  ['Networks', comparisons.map(({scenario}) => isolated(scenario)).join(', '), 'networks'],
  ['Accelerators', count(names.length), 'accelerators'],
  ['Technology', [...new Set(comparisons.map(({technology}) => technology))].join('; '), 'technology'],
  ['DRAM', [...new Set(comparisons.map(({memory, dram_type, bytes_per_cycle}) =>
    `${isolated(memory)}, ${figure(bytes_per_cycle, 'B/cycle')}, energy of ${dram_type}`))].join('; '), 'dram'],
  ['Program', data.comparison.program.version + ' (' + data.comparison.program.revision + ')', 'program'],
]));
main.append(element('div', {class: 'bar'}, selection('Weights', Object.entries(kWeightSets), weights, (chosen) => {
  weights = chosen;
  for (const redraw of redraws) redraw();
})));

/// A figure of each design over the same figure of ours, all networks.
function merit(title, key, unit) {
  return drawn(chart(title + ' relative to ' + kOurs, 70 + names.length * (10 + 9 * comparisons.length), () => {
    const datasets = comparisons.map((comparison, index) => {
      const ours = design_of(comparison, kOurs)[key];
      return {label: comparison.scenario, backgroundColor: colour('network-' + (index % kNetworkColours + 1)), barPercentage: .9,
              data: names.map((name) => {
                const value = design_of(comparison, name)?.[key];
                return value && ours ? value / ours : null;
              })};
    });
    if (!datasets.some(({data: ratios}) => ratios.some((ratio) => ratio !== null))) return undefined;
    return {
      type: 'bar',
      data: {labels: names, datasets},
      options: {
        indexAxis: 'y',
        scales: {x: {title: {display: true, text: title + ' / ' + kOurs + '\u2019s'}}, y: {ticks: name_ticks}},
        plugins: {line_at_one: {axis: 'x'}, legend: {position: 'bottom', labels: {boxWidth: 12}},
                  tooltip: {callbacks: {label: ({dataset, datasetIndex, label, raw}) =>
                    isolated(dataset.label) + ': \u00d7' + figure(raw) + ', ' +
                    figure(design_of(comparisons[datasetIndex], label)[key], unit)}}},
      },
    };
  }));
}
section('Figures of merit', 'Each design over ' + kOurs + ' on the same network; the dashed line is ' + kOurs + ' itself. All have the same ' +
        'memory, vector work and technology. A name with * is ours by its full timeline of commands, which the others are not held to.',
  merit('frame/s', 'frames_per_s', 'frames/s'), merit('frame/J', 'frames_per_j', 'frames/J'),
  merit('frame/s/mm\u00b2', 'frames_per_s_per_mm2', 'frames/s/mm\u00b2'));

/// Bars of the designs that have figures on a network. parts: [[name, colour, value(design)]].
function stacks(comparison, label, unit, parts) {
  return drawn(stacked_bars(label, unit, names.length, () => {
    const designs = names.map((name) => design_of(comparison, name)).filter((design) => design);
    return {names: designs.map(({design}) => design),
            series: parts.map(([name, shade, value]) => ({name, colour: shade, values: designs.map(value)}))};
  }));
}

const from_to = (least, most) => least === most ? String(most) : least + ' to ' + most;

for (const comparison of comparisons) {
  const parts = Object.keys(comparison.designs[0].energy_j_per_frame_components);
  const unit_colour = (part) => 'unit-' + part;
  const array = (design, key) => key === 'not_computing' ? Math.max(0, design.cycles - sum(Object.values(design.array_cycles)))
                                                         : design.array_cycles[key];
  section(comparison.scenario, 'Activations ' + comparison.activation_bits + ' bit, weights ' +
          from_to(comparison.least_weight_bits, comparison.weight_bits) + ' bit (' + comparison.weights +
          '), limited to ' + from_to(comparison.least_nnzb, comparison.nnzb) + ' non-zero bits; images: ' + comparison.images + '; ' +
          count(comparison.designs[0].frames) + ' frames per batch.',
    element('div', {class: 'pair'},
      stacks(comparison, 'Energy per frame', 'J', parts.map((part) => [spoken(part), unit_colour(part),
        (design) => sum(Object.values(design.energy_j_per_frame_components[part]))])),
      stacks(comparison, 'Area of the core', 'mm\u00b2', parts.filter((part) => part !== 'dram').map((part) => [
        spoken(part), unit_colour(part), (design) => sum(Object.values(design.area_mm2_components[part]))]))),
    stacks(comparison, 'Array cycles per frame', 'cycles', Object.entries(kCycles).map(([key, text]) => [
      text, 'array-' + key, (design) => array(design, key) / design.frames])));
}

section('All figures', 'With both sets of weights. A title sorts. Empty: PEs work, but lanes have nothing to add; waiting: for slower PEs; ' +
        'unused: no channel or pixel for a PE, or the buffers deliver too slowly; of the array\u2019s cycles.', sortable_table([
  {title: 'Network', value: ({comparison}) => comparison.scenario, text: true},
  {title: 'Design', value: ({design}) => design.design, text: true},
  {title: 'Weights', value: ({design}) => design.weights, text: true},
  {title: 'Rows \u00d7 columns \u00d7 lanes', value: ({design}) => design.rows + ' \u00d7 ' + design.columns + ' \u00d7 ' + design.lanes, text: true},
  {title: 'Cycles per frame', value: ({design}) => design.cycles / design.frames, show: count},
  {title: 'Frame rate', value: ({design}) => design.frames_per_s, show: (value) => figure(value, 'frames/s')},
  {title: 'Busy PEs', value: ({design}) => design.pe_utilization, show: (value) => figure(value, '%')},
  ...['empty', 'waiting', 'unused'].map((key) => ({title: kCycles[key], value: ({design}) => {
    const all = sum(Object.values(design.array_cycles));
    return all > 0 ? design.array_cycles[key] / all : null;
  }, show: (value) => figure(value, '%')})),
  {title: 'DRAM per frame', value: ({design}) => design.dram_bytes / design.frames, show: (value) => figure(value, 'B')},
  {title: 'Energy per frame, core', value: ({design}) => design.energy_j_per_frame.core, show: (value) => figure(value, 'J')},
  {title: 'Energy per frame, DRAM', value: ({design}) => design.energy_j_per_frame.dram, show: (value) => figure(value, 'J')},
  {title: 'Area of the core', value: ({design}) => design.area_mm2, show: (value) => figure(value, 'mm\u00b2')},
  {title: 'Frames per joule', value: ({design}) => design.frames_per_j, show: (value) => figure(value, 'frames/J')},
  {title: 'Frame rate per area', value: ({design}) => design.frames_per_s_per_mm2, show: (value) => figure(value, 'frames/s/mm\u00b2')},
], comparisons.flatMap((comparison) => comparison.designs.map((design) => ({comparison, design})))));

section('Configuration', 'Every setting of each scenario: a scenario file itself.',
  ...data.effective.map(({scenario, text}) => element('details', {}, element('summary', {}, scenario), element('pre', {}, text))));

show_page('Comparison of accelerators: ', ...comparisons.flatMap(({scenario}, index) =>
  [...(index > 0 ? [', '] : []), element('bdi', {}, scenario)]));

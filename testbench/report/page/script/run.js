// The page of a run: what summary.json holds, and every setting.
'use strict';
const run = data.summary;
const on_accelerator = run.layers.filter((layer) => !layer.on_host);
const with_energy = run.energy_j_per_frame !== undefined;
const kActivities = ['busy', 'fill', 'bank_conflict', 'drain_wait', 'stalled', 'wait_load', 'wait_compute', 'wait_vector',
                     'wait_store', 'no_command'];
const kTraffic = ['weight', 'activation', 'operand', 'parameter', 'output', 'command', 'unused'];

function accuracy() {
  if (!run.accuracy) return undefined;
  const {metric, quantized, samples} = run.accuracy;
  const float = run.accuracy.float === undefined ? '' : ', float ' + figure(run.accuracy.float, '%');
  return spoken(metric) + ' ' + figure(quantized, '%') + float + ' (' + count(samples) + ' samples)';
}

main.append(tiles([
  ['Verdict', run.verdict, 'verdict', 'verdict-' + run.verdict],
  ['Frame rate', figure(run.frames_per_s, 'frames/s'), 'frames_per_s'],
  ['Cycles', count(run.cycles) + ' for ' + count(run.frames) + ' frames', 'cycles'],
  ['Frames per joule, core and DRAM', with_energy ? figure(run.frames_per_j, 'frames/J') : undefined, 'frames_per_j'],
  ['Area of the core', with_energy ? figure(run.area_mm2, 'mm\u00b2') : undefined, 'area_mm2'],
  ['Frame rate per area', with_energy ? figure(run.frames_per_s_per_mm2, 'frames/s/mm\u00b2') : undefined,
   'frames_per_s_per_mm2'],
  ['Energy per frame, core', with_energy ? figure(run.energy_j_per_frame.core, 'J') : undefined, 'energy_core'],
  ['Energy per frame, DRAM', with_energy ? figure(run.energy_j_per_frame.dram, 'J') : undefined, 'energy_dram'],
  ['Accuracy', accuracy(), 'accuracy'],
  ['Memory', run.memory.name || run.memory.model, 'memory'],
  ['Technology', run.technology, 'technology'],
  ['Weights, images', run.network.weights + ', ' + run.network.images, 'data'],
]));
if (run.fault) section('Fault', run.fault);
if (run.disagreements) section('Disagreements between levels', '', element('pre', {}, run.disagreements.join('\n')));

// Cycles of one engine by activity, layer by layer.
if (on_accelerator.length > 0) {
  let engine = 'compute';
  const names = on_accelerator.map((layer) => layer.name);
  const frame = stacked_bars('Cycles of the engine', 'cycles', names.length, () => ({names, series: kActivities.map((activity) => (
    {name: spoken(activity), colour: activity, values: on_accelerator.map((layer) => layer.engines[engine][activity])}))}));
  section('Cycles of each layer', 'What the chosen engine does in every cycle: busy, or the cause of its wait.',
          selection('Engine', ['load', 'compute', 'vector', 'store'].map((name) => [name, name]), engine, (chosen) => {
            engine = chosen;
            frame.redraw();
          }), first_of(names.length), frame);
}

// Roofline: the roof of a layer is what the array would do if every lane held a slot in every cycle.
{
  const points = on_accelerator.filter((layer) => layer.macs > 0 && layer.utilization > 0).map((layer) => {
    return {x: layer.macs / layer.bus_bytes, y: layer.macs / layer.cycles, name: layer.name, bound: layer.bound,
            roof: layer.macs / layer.cycles / layer.utilization};
  });
  if (points.length > 0) {
    const roofs = [...new Set(points.map((point) => Number(point.roof.toPrecision(6))))].sort((a, b) => b - a);
    const bandwidth = run.memory.peak_bytes_per_cycle;
    const most = roofs[0];
    const left = Math.min(...points.map((point) => point.x), most / bandwidth) / 2;
    const right = Math.max(...points.map((point) => point.x), most / bandwidth) * 2;
    const line = (label, from, to) => ({label, data: [from, to], showLine: true, pointRadius: 0, borderWidth: 1.5,
                                        borderColor: colour('roof'), backgroundColor: colour('roof')});
    section('Roofline', 'Multiply-accumulates per cycle against those per byte of the busiest DRAM bus: the ideal memory has one ' +
            'each for commands, reads and writes. A layer stands above the slope only if its data came during the layer before. ' +
            'The flat roof of a layer is its rate if every lane held a slot in every cycle; it depends on bit width, non-zero ' +
            'bits and synchronization.',
      chart('Roofline of all layers', 380, () => ({
        type: 'scatter',
        data: {datasets: [
          {label: 'layers', data: points, backgroundColor: colour('point'), pointRadius: 5},
          line('DRAM: ' + figure(bandwidth, 'B/cycle'), {x: left, y: left * bandwidth}, {x: most / bandwidth, y: most}),
          ...[roofs[0], ...(roofs.length > 1 ? [roofs[roofs.length - 1]] : [])].map((roof, index) =>
            line((index === 0 ? 'highest' : 'lowest') + ' roof: ' + figure(roof, 'MAC/cycle'),
                 {x: roof / bandwidth, y: roof}, {x: right, y: roof})),
        ]},
        options: {
          scales: {x: {type: 'logarithmic', title: {display: true, text: 'MAC per byte of the busiest DRAM bus'}},
                   y: {type: 'logarithmic', suggestedMax: 1.5 * most, title: {display: true, text: 'MAC per cycle'}}},
          plugins: {legend: {position: 'bottom', labels: {boxWidth: 12}},
                    tooltip: {filter: ({raw}) => raw.name !== undefined, callbacks: {
                      beforeLabel: ({raw}) => name_lines(raw.name),
                      label: ({raw}) => figure(raw.y, 'MAC/cycle') + ' of ' + figure(raw.roof, 'MAC/cycle') + ', ' +
                                        figure(raw.x, 'MAC/B') + ', bound by ' + raw.bound}}},
        },
      })));
  }
}

if (with_energy) {
  const parts = Object.entries(run.components);
  const names = parts.map(([name]) => spoken(name));
  const energy = (kind) => parts.map(([, part]) => part.energy_j_per_frame[kind]);
  const area = (kind) => parts.map(([, part]) => part.area_mm2[kind]);
  section('Energy and area of the core', 'By component: energy per frame of actions, clock and leakage; area of logic and SRAM.',
    element('div', {class: 'pair'},
      stacked_bars('Energy per frame', 'J', names.length, () => ({names, series: [
        {name: 'actions', colour: 'part-1', values: energy('actions')},
        {name: 'clock', colour: 'part-2', values: energy('clock')},
        {name: 'leakage', colour: 'part-3', values: energy('leakage')}]})),
      stacked_bars('Area', 'mm\u00b2', names.length, () => ({names, series: [
        {name: 'logic', colour: 'part-1', values: area('logic')},
        {name: 'SRAM', colour: 'part-3', values: area('sram')}]}))));
}

// Power over time: the energy of each window divided by its duration, cores' components on top of each other.
if (data.power && data.power.cycles.length > 0) {
  const {window_cycles, cycles, energy_j} = data.power;
  const seconds = cycles.map((n) => n / run.clock_hz);
  const parts = Object.keys(energy_j);
  const last = cycles.length - 1;
  // A window goes from its point to the next one: the last one's end is a point, too.
  const points_of = (values) => [...values, values[last]];
  section('Power over time', 'Average over ' + count(window_cycles) + ' cycles. The energy of a command is spread evenly from its ' +
          'issue to its completion. The windows add up to the energy of the run.',
    chart('Power over time by component', 340, () => ({
      type: 'line',
      data: {labels: [...cycles.map((_, window) => window * window_cycles), sum(cycles)], datasets: parts.map((part) => ({
        label: spoken(part), data: points_of(energy_j[part].map((joules, window) => joules / seconds[window])), fill: true,
        stepped: true, borderWidth: 0, pointRadius: 0, backgroundColor: colour('unit-' + part),
      }))},
      options: {
        interaction: {mode: 'index', intersect: false},
        scales: {x: {type: 'linear', max: sum(cycles), title: {display: true, text: 'cycle'}},
                 y: {stacked: true, title: {display: true, text: 'W'}}},
        plugins: {legend: {position: 'bottom', labels: {boxWidth: 12}},
                  tooltip: {callbacks: {title: ([item]) => 'from cycle ' + count(Math.min(item.dataIndex, last) * window_cycles),
                                        label: (item) => item.dataset.label + ': ' + figure(item.raw, 'W')}}},
      },
    })));
}

if (on_accelerator.length > 0) {
  section('DRAM traffic of each layer', 'Bytes over all frames of the run, by what they hold.', first_of(on_accelerator.length),
    stacked_bars('DRAM bytes of each layer', 'B', on_accelerator.length, () => ({
      names: on_accelerator.map((layer) => layer.name),
      series: kTraffic.map((kind) => ({name: kind, colour: kind, values: on_accelerator.map((layer) => layer.dram_bytes[kind])}))})));
}

section('Layers', 'Over all frames of the run. A title sorts.', sortable_table([
  {title: 'Layer', value: (layer) => layer.name, text: true},
  {title: 'Operation', value: (layer) => layer.op, text: true},
  {title: 'Level', value: (layer) => layer.level, text: true},
  {title: 'MAC', value: (layer) => layer.macs, show: count},
  {title: 'Cycles', value: (layer) => layer.cycles, show: count},
  {title: 'Array utilization', value: (layer) => layer.utilization, show: (value) => figure(value, '%')},
  {title: 'Bound by', value: (layer) => layer.bound, text: true},
  {title: 'DRAM (B)', value: (layer) => sum(Object.values(layer.dram_bytes)), show: count},
  ...(with_energy ? [
    {title: 'Core energy', value: (layer) => layer.energy_j.core, show: (value) => figure(value, 'J')},
    {title: 'DRAM energy', value: (layer) => layer.energy_j.dram, show: (value) => figure(value, 'J')}] : []),
  {title: 'Outputs compared', value: (layer) => layer.output_elements, show: count},
  {title: 'Wrong', value: (layer) => layer.output_mismatches, show: count},
], run.layers));

section('Configuration', 'Every setting of the run: effective.yaml is a scenario itself, and repeats the run by ' +
        '"bitbalance run effective.yaml".',
  element('p', {}, 'bitbalance ' + run.program.version + ', revision ' + run.program.revision + ', configuration ' + run.config_hash +
          (run.network.model ? ', model ' + run.network.model.file + ' ' + run.network.model.hash : '')),
  element('details', {}, element('summary', {}, 'effective.yaml'), element('pre', {}, data.effective)));

show_page(element('bdi', {}, run.scenario), ' at level ' + run.level);

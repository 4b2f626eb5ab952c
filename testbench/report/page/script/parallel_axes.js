// Parallel axes: a line for each design point through its choices and figures.

const kLeastWidth = 108, kAxisTop = 46, kAxisBottom = 26, kAxisHeight = 320;

/// Where on an axis a point stands, 0 at the bottom, 1 at the top; and what to write beside it.
function choice_scale(axis) {
  const last = axis.labels.length - 1;
  const at = (choice) => last === 0 ? .5 : choice / last;
  const every = Math.ceil(axis.labels.length / 12);
  return {title: axis.name, axis, position: (point) => at(axis.chosen[point]),
          ticks: axis.labels.map((text, choice) => ({text, at: at(choice)})).filter((_, choice) => choice % every === 0),
          choices_between: (low, high) => axis.labels.map((_, choice) => choice)
                                              .filter((choice) => at(choice) >= low && at(choice) <= high)};
}

function figure_scale(metric) {
  const present = metric.values.filter((value) => value !== null);
  const {least, most} = range_of(present);
  const by_ratio = is_wide(least, most);
  const to = (value) => most === least ? .5 : by_ratio ? Math.log(value / least) / Math.log(most / least) : (value - least) / (most - least);
  const from = (place) => by_ratio ? least * (most / least) ** place : least + place * (most - least);
  return {title: with_unit(metric), metric, value_at: from,
          position: (point) => metric.values[point] === null ? undefined : to(metric.values[point]),
          ticks: [0, .25, .5, .75, 1].map((at) => ({text: tick(from(at), metric.unit), at}))};
}

function draw_axis(pen, scale, x) {
  const y = (at) => kAxisTop + (1 - at) * kAxisHeight;
  pen.strokeStyle = colour('quiet');
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(x, y(0));
  pen.lineTo(x, y(1));
  pen.stroke();
  pen.textAlign = 'center';
  pen.fillStyle = colour('text');
  wrapped(scale.title).forEach((line, index, lines) => pen.fillText(line, x, kAxisTop - 12 - 13 * (lines.length - 1 - index)));
  pen.textAlign = 'left';
  for (const tick of scale.ticks) {
    const width = pen.measureText(tick.text).width;
    pen.fillStyle = colour('ground');  // lines cross here
    pen.globalAlpha = .8;
    pen.fillRect(x + 3, y(tick.at) - 7, width + 4, 14);
    pen.globalAlpha = 1;
    pen.fillStyle = colour('text');
    pen.fillText(tick.text, x + 5, y(tick.at) + 4);
    pen.fillRect(x - 3, y(tick.at) - .5, 6, 1);
  }
}

/// At most three lines that fit between two axes, cut between words, at dots and underscores.
function wrapped(title) {
  const lines = [''];
  for (const part of title.match(/[^ ._]+[ ._]*/g) || [title]) {
    if ((lines[lines.length - 1] + part).length > 17 && lines[lines.length - 1] !== '') lines.push('');
    lines[lines.length - 1] += part;
  }
  return lines.length > 3 ? [...lines.slice(0, 2), lines.slice(2).join('')] : lines;
}

/// Of points, through axes that are `spacing` apart.
function draw_lines(pen, scales, spacing, chosen, style, width, alpha) {
  pen.strokeStyle = style;
  pen.lineWidth = width;
  pen.globalAlpha = alpha;
  pen.beginPath();
  for (const point of chosen) {
    let begun = false;
    scales.forEach((scale, index) => {
      const at = scale.position(point);
      if (at === undefined) return;
      const x = spacing * (index + .5), y = kAxisTop + (1 - at) * kAxisHeight;
      if (begun) pen.lineTo(x, y);
      else pen.moveTo(x, y);
      begun = true;
    });
  }
  pen.stroke();
  pen.globalAlpha = 1;
}

/// An element that draws `view()`: {scales, plain, front, selected}, points by number. `brushed(scale, low, high)`
/// is told of a stretch of an axis that was drawn with the pointer, 0 to 1; without low it was a click.
function parallel_axes(view, brushed) {
  const canvas = element('canvas', {role: 'img', 'aria-label': 'Parallel axes of choices and figures'});
  const frame = element('div', {class: 'wide'}, canvas);
  let scales = [], spacing = kLeastWidth;
  const draw = () => {
    const {plain, front, selected, ...shown} = view();
    scales = shown.scales;
    spacing = Math.max(kLeastWidth, Math.floor(frame.clientWidth / scales.length));
    const width = spacing * scales.length, height = kAxisTop + kAxisHeight + kAxisBottom;
    const dense = window.devicePixelRatio || 1;
    Object.assign(canvas, {width: width * dense, height: height * dense});
    Object.assign(canvas.style, {width: width + 'px', height: height + 'px'});
    const pen = canvas.getContext('2d');
    pen.scale(dense, dense);
    pen.font = '11px system-ui, sans-serif';
    // Each stroke by itself would show how many lines lie on each other, at ten times the time.
    const alpha = Math.min(.7, Math.max(.04, 120 / Math.max(plain.length, 1)));
    const stroke = Math.ceil(plain.length / 100);
    for (let i = 0; i < plain.length; i += stroke)
      draw_lines(pen, scales, spacing, plain.slice(i, i + stroke), colour('point'), 1, alpha);
    draw_lines(pen, scales, spacing, front, colour('front'), 1.6, 1);
    if (selected !== undefined) draw_lines(pen, scales, spacing, [selected], colour('text'), 3, 1);
    scales.forEach((scale, index) => draw_axis(pen, scale, spacing * (index + .5)));
  };
  let start;
  const place = (event) => {
    const index = Math.floor(event.offsetX / spacing);
    return {index, at: 1 - (event.offsetY - kAxisTop) / kAxisHeight};
  };
  canvas.addEventListener('pointerdown', (event) => { start = place(event); });
  canvas.addEventListener('pointerup', (event) => {
    const end = place(event);
    if (!start || end.index !== start.index || !scales[end.index]) return;
    const low = Math.min(start.at, end.at), high = Math.max(start.at, end.at);
    if (high - low < .01) brushed(scales[end.index]);
    else brushed(scales[end.index], low, high);
  });
  frame.redraw = drawing(draw);
  window.addEventListener('resize', frame.redraw);
  return frame;
}

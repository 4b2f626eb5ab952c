#!/usr/bin/env node
// How far the outputs of two ONNX models are apart in onnxruntime, a runtime that is not ours, or what one's are:
//
//   npm install --ignore-scripts onnxruntime-node@1.30.0
//   docs/tools/onnxruntime_compare.mjs MODEL_A MODEL_B IMAGES.idx [--count 16] [--mean 0] [--deviation 1]
//   docs/tools/onnxruntime_compare.mjs MODEL IMAGES.idx --write FILE [--count 16] [--mean 0] [--deviation 1]
//
// Images are IDX, unsigned bytes, images first, of any rank; a pixel becomes (pixel / 255 - mean) / deviation, each of
// which is one number, or one per channel (0.5,0.4,0.3), the extent behind the images. They are given as the extents
// that a model's input has: what is left open is 1 ahead of the image's own extents. Prints a line per output, in the
// models' order: the largest difference, the largest element, and how often the largest element of the last dimension
// is another one. --write keeps the first output of MODEL, image after image, as raw float32 of this machine.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';

const { InferenceSession, Tensor } = createRequire(`${process.cwd()}/`)('onnxruntime-node');

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '16' },
    mean: { type: 'string', default: '0' },
    deviation: { type: 'string', default: '1' },
    write: { type: 'string' },
  },
});
if (positionals.length !== (options.write ? 2 : 3)) {
  console.error('usage: onnxruntime_compare.mjs MODEL_A MODEL_B IMAGES.idx [--count N] [--mean M] [--deviation D]\n' +
    '       onnxruntime_compare.mjs MODEL IMAGES.idx --write FILE [--count N] [--mean M] [--deviation D]');
  process.exit(2);
}
const imageFile = positionals.at(-1);

function refuse(problem) {
  console.error(problem);
  process.exit(2);
}

const file = readFileSync(imageFile);
const rank = file[3];
if (file[2] !== 0x08 || rank < 2) refuse(`${imageFile}: no IDX file of images; accepted: unsigned bytes, images first`);
const extents = Array.from({ length: rank }, (_, i) => file.readUInt32BE(4 + 4 * i));
const ofImage = extents.slice(1);
const size = ofImage.reduce((product, extent) => product * extent, 1);
const count = Math.min(Number(options.count), extents[0]);

// One number of --mean or --deviation for each pixel's channel.
function perChannel(option) {
  const words = options[option].split(',');
  const numbers = words.map(Number);
  const isNumber = (word, i) =>
    word.trim() !== '' && Number.isFinite(numbers[i]) && (option !== 'deviation' || numbers[i] > 0);
  if (!words.every(isNumber) || ![1, ofImage[0]].includes(words.length))
    refuse(`--${option} ${options[option]}; accepted: one number, or ${ofImage[0]}, one per channel` +
      (option === 'deviation' ? ', above 0' : ''));
  return (place) => numbers[numbers.length === 1 ? 0 : Math.floor((place * ofImage[0]) / size)];
}
const [mean, deviation] = [perChannel('mean'), perChannel('deviation')];

function pixels(index) {
  const first = 4 + 4 * rank + index * size;
  return Float32Array.from(file.subarray(first, first + size), (p, i) => (p / 255 - mean(i)) / deviation(i));
}

// Extents of one image for an input: its own where it states them, else the image's, aligned to the last.
function dimsFor(model, shape) {
  const own = ofImage.slice(-shape.length);
  const ahead = shape.length - own.length;
  const dims = shape.map((extent, d) => (typeof extent === 'number' && extent > 0 ? extent : d < ahead ? 1 : own[d - ahead]));
  if (dims.reduce((product, extent) => product * extent, 1) !== size)
    refuse(`${model}: an input of [${shape}]; accepted: ${size} elements, those of an image`);
  return dims;
}

async function load(model) {
  const session = await InferenceSession.create(model, { logSeverityLevel: 3 });
  if (session.inputNames.length !== 1) refuse(`${model}: ${session.inputNames.length} inputs; accepted: one`);
  const [input] = session.inputMetadata;
  const dims = dimsFor(model, input.shape);
  return {
    names: session.outputNames,
    async run(values) {
      const results = await session.run({ [input.name]: new Tensor('float32', values, dims) });
      return session.outputNames.map((name) => ({ dims: results[name].dims, data: Array.from(results[name].data, Number) }));
    },
  };
}

function largestElement(row) {
  return row.reduce((best, value, i) => (value > row[best] ? i : best), 0);
}

const a = await load(positionals[0]);
if (options.write) {
  const kept = [];
  for (let i = 0; i < count; ++i) kept.push(Buffer.from(Float32Array.from((await a.run(pixels(i)))[0].data).buffer));
  writeFileSync(options.write, Buffer.concat(kept));
  process.exit(0);
}
const b = await load(positionals[1]);
if (a.names.length !== b.names.length)
  refuse(`outputs [${a.names}] and [${b.names}]; accepted: equally many`);
const found = a.names.map(() => ({ difference: 0, largest: 0, decisions: 0, changed: 0 }));

function compare(left, right, sums) {
  if (left.data.length !== right.data.length)
    refuse(`outputs of [${left.dims}] and [${right.dims}]; accepted: equally many elements`);
  left.data.forEach((value, k) => {
    sums.difference = Math.max(sums.difference, Math.abs(value - right.data[k]));
    sums.largest = Math.max(sums.largest, Math.abs(value));
  });
  const width = left.dims.length === 0 ? 1 : left.dims.at(-1);
  for (let first = 0; first < left.data.length; first += width) {
    ++sums.decisions;
    const ofLeft = largestElement(left.data.slice(first, first + width));
    if (ofLeft !== largestElement(right.data.slice(first, first + width))) ++sums.changed;
  }
}

for (let i = 0; i < count; ++i) {
  const [left, right] = [await a.run(pixels(i)), await b.run(pixels(i))];
  left.forEach((output, o) => compare(output, right[o], found[o]));
}
found.forEach((sums, o) => {
  const output = found.length === 1 ? '' : `${a.names[o]}: `;
  console.log(`${output}${count} images: largest difference ${sums.difference.toExponential(2)}, ` +
    `largest output ${sums.largest.toPrecision(3)}, ${sums.changed} of ${sums.decisions} decisions differ`);
});

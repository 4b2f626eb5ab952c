#!/usr/bin/env node
// How far the outputs of two ONNX models are apart in a runtime that is not ours, onnxruntime:
//
//   npm install --ignore-scripts onnxruntime-node@1.30.0
//   docs/tools/onnxruntime_compare.mjs MODEL_A MODEL_B IMAGES.idx [--count 16] [--mean 0] [--deviation 1]
//
// Images are IDX, unsigned bytes, [image][y][x] or [image][channel][y][x]; a pixel becomes
// (pixel / 255 - mean) / deviation. Prints the largest difference, the largest output, and how often the
// largest element of an output's last dimension is another one.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';

const { InferenceSession, Tensor } = createRequire(`${process.cwd()}/`)('onnxruntime-node');

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '16' },
    mean: { type: 'string', default: '0' },
    deviation: { type: 'string', default: '1' },
  },
});
if (positionals.length !== 3) {
  console.error('usage: onnxruntime_compare.mjs MODEL_A MODEL_B IMAGES.idx [--count N] [--mean M] [--deviation D]');
  process.exit(2);
}
const [modelA, modelB, imageFile] = positionals;

const file = readFileSync(imageFile);
const rank = file[3];
if (file[2] !== 0x08 || (rank !== 3 && rank !== 4)) {
  console.error(`${imageFile}: no IDX file of images; accepted: unsigned bytes of 3 or 4 dimensions`);
  process.exit(2);
}
const extents = Array.from({ length: rank }, (_, i) => file.readUInt32BE(4 + 4 * i));
const dims = rank === 3 ? [1, 1, ...extents.slice(1)] : [1, ...extents.slice(1)];
const size = dims.reduce((product, extent) => product * extent);
const count = Math.min(Number(options.count), extents[0]);

function image(index) {
  const first = 4 + 4 * rank + index * size;
  const pixels = file.subarray(first, first + size);
  return new Tensor('float32', Float32Array.from(pixels, (p) => (p / 255 - options.mean) / options.deviation), dims);
}

async function load(model) {
  const session = await InferenceSession.create(model, { logSeverityLevel: 3 });
  return async (input) => (await session.run({ [session.inputNames[0]]: input }))[session.outputNames[0]];
}

function largestElement(row) {
  return row.reduce((best, value, i) => (value > row[best] ? i : best), 0);
}

const runA = await load(modelA);
const runB = await load(modelB);
let difference = 0;
let largest = 0;
let decisions = 0;
let changed = 0;
for (let i = 0; i < count; ++i) {
  const a = await runA(image(i));
  const b = await runB(image(i));
  if (a.data.length !== b.data.length) {
    console.error(`outputs of ${a.dims} and ${b.dims}; accepted: equally many elements`);
    process.exit(2);
  }
  a.data.forEach((value, k) => {
    difference = Math.max(difference, Math.abs(value - b.data[k]));
    largest = Math.max(largest, Math.abs(value));
  });
  const width = a.dims.at(-1);
  for (let first = 0; first < a.data.length; first += width) {
    ++decisions;
    const ofA = largestElement(a.data.subarray(first, first + width));
    if (ofA !== largestElement(b.data.subarray(first, first + width))) ++changed;
  }
}
console.log(`${count} images: largest difference ${difference.toExponential(2)}, ` +
  `largest output ${largest.toPrecision(3)}, ${changed} of ${decisions} decisions differ`);

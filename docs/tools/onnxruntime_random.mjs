#!/usr/bin/env node
// Holds our float evaluator against a runtime that is not ours, onnxruntime, on random models:
//
//   npm install --ignore-scripts onnxruntime-node@1.30.0
//   build/release/random_models [--graphs] FOLDER 2000
//   ALLOW_RELEASED_ONNX_OPSET_ONLY=0 docs/tools/onnxruntime_random.mjs FOLDER [--tolerance 1e-4]
//
// The variable lets onnxruntime load operator sets beyond those that it calls released. What it has no implementation
// of is counted, and named by operator.
// FOLDER has N.onnx, N.input and N.output (little-endian float32; outputs in the model's order). The tolerance is a
// share of the model's largest output, of 10^-3 where all are smaller. Prints each model beyond it and the largest difference of all; exit code 1 when
// there is one.
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';

const { InferenceSession, Tensor } = createRequire(`${process.cwd()}/`)('onnxruntime-node');

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { tolerance: { type: 'string', default: '1e-4' } },
});
if (positionals.length !== 1) {
  console.error('usage: onnxruntime_random.mjs FOLDER [--tolerance T]');
  process.exit(2);
}
const [folder] = positionals;

function floats(file) {
  const bytes = readFileSync(file);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

// Share of the largest output by which any element differs.
async function difference(stem) {
  // Unfused: onnxruntime's own fusion makes an invalid Clip of a Relu and a Clip to negative values.
  let session;
  try {
    session = await InferenceSession.create(`${stem}.onnx`, { graphOptimizationLevel: 'disabled', logSeverityLevel: 3 });
  } catch (error) {
    const missing = /Could not find an implementation for (\S+) node/.exec(error.message);
    if (!missing) throw error;
    notImplemented[missing[1]] = (notImplemented[missing[1]] ?? 0) + 1;
    return undefined;
  }
  const { shape } = session.inputMetadata[0];
  const results = await session.run({ [session.inputNames[0]]: new Tensor('float32', floats(`${stem}.input`), shape) });
  const found = session.outputNames.flatMap((name) => Array.from(results[name].data));
  const wanted = floats(`${stem}.output`);
  if (found.length !== wanted.length) return Infinity;
  const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  return found.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i])), 0) / largest;
}

const names = readdirSync(folder).filter((name) => name.endsWith('.onnx')).map((name) => name.slice(0, -5));
names.sort((a, b) => a - b);
let largest = 0;
let wrong = 0;
const notImplemented = {};
for (const name of names) {
  const share = await difference(`${folder}/${name}`);
  if (share === undefined) continue;
  largest = Math.max(largest, share);
  if (share <= Number(options.tolerance)) continue;
  ++wrong;
  console.log(`${name}.onnx: outputs differ by ${share.toExponential(2)} of the largest`);
}
console.log(`${names.length} models, ${wrong} beyond ${options.tolerance}; largest difference ` +
  `${largest.toExponential(2)} of a model's largest output`);
for (const [operator, count] of Object.entries(notImplemented))
  console.log(`${count} of them not run: onnxruntime has no ${operator}`);
process.exit(wrong > 0 ? 1 : 0);

#!/usr/bin/env bash
# onnxruntime-node 1.30.0: a Relu in front of a Clip of operator set 10 whose bounds lie below zero. The graph
# optimizer folds the Relu into the Clip by raising its minimum to 0, above its maximum, and then refuses its own Clip
# when the session is created. Without optimization the model runs and gives the maximum, as it does with Clip of
# operator set 13, whose bounds are inputs.
# Seen: set 10 disabled "-1 -1 -1 -1", set 10 basic and all: an exception from clip.h; set 13: "-1 -1 -1 -1" each time.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --ignore-scripts --silent --no-audit --no-fund onnxruntime-node@1.30.0 onnx-proto@8.0.1 >/dev/null

cat >run.js <<'END'
const { onnx } = require('onnx-proto');
const ort = require('onnxruntime-node');
const FLOAT = 1;
const tensor = (name) => ({ name, type: { tensorType: { elemType: FLOAT, shape: { dim: [{ dimValue: 4 }] } } } });
const bounds = { min: -3, max: -1 };

function model(set) {
  const clip = { opType: 'Clip', input: ['r'], output: ['y'] };
  const constants = [];
  for (const [name, value] of Object.entries(bounds)) {
    if (set < 11) {
      (clip.attribute ??= []).push({ name, f: value, type: 1 });
    } else {
      clip.input.push(name);
      constants.push({ name, dataType: FLOAT, dims: [], floatData: [value] });
    }
  }
  return onnx.ModelProto.encode({
    irVersion: 6,
    opsetImport: [{ domain: '', version: set }],
    graph: {
      name: 'graph', node: [{ opType: 'Relu', input: ['x'], output: ['r'] }, clip],
      initializer: constants, input: [tensor('x')], output: [tensor('y')],
    },
  }).finish();
}

(async () => {
  for (const set of [10, 13]) {
    for (const level of ['disabled', 'basic', 'all']) {
      let seen;
      try {
        const options = { graphOptimizationLevel: level, logSeverityLevel: 4 };
        const session = await ort.InferenceSession.create(model(set), options);
        const x = new ort.Tensor('float32', Float32Array.of(-2, -0.5, 0.5, 2), [4]);
        seen = Array.from((await session.run({ x })).y.data).join(' ');
      } catch (error) {
        seen = /clip\.h.*Clip_6Base/.test(error.message) ? 'exception from clip.h' : error.message;
      }
      console.log(`set ${set}, ${level}: ${seen}`);
    }
  }
})();
END
node run.js | tee seen.txt
diff seen.txt - <<'END'
set 10, disabled: -1 -1 -1 -1
set 10, basic: exception from clip.h
set 10, all: exception from clip.h
set 13, disabled: -1 -1 -1 -1
set 13, basic: -1 -1 -1 -1
set 13, all: -1 -1 -1 -1
END

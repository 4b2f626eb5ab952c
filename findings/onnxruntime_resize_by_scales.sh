#!/usr/bin/env bash
# onnxruntime-node 1.30.0, Resize by scales. (1) The output extent is floor(input extent x scale); the product is
# rounded to single precision first, so that 10 x 0.7 gives 7, while the same formula on the stored scale
# (0.699999988...) in double precision gives 6. (2) Where the scale leaves the extent as it is, the data are copied,
# though linear interpolation at x / scale gives other values: 4 x 1.1 with asymmetric coordinates should give
# 0, 0.9091, 1.8182, 2.7273. (3) Nearest of operator set 10 below a scale of 1 takes the ceiling of x / scale; above 1,
# and in operator set 13 with nearest_mode floor, it takes the floor.
# Seen: extent 7; copy 0 1 2 3; set 10 by 0.6: 0 2 4 5 7 9; set 13 by 0.6: 0 1 3 5 6 8; set 10 by 1.6: 0 0 1 1 2 3 3 4.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --ignore-scripts --silent --no-audit --no-fund onnxruntime-node@1.30.0 onnx-proto@8.0.1 >/dev/null

cat >run.js <<'END'
const { onnx } = require('onnx-proto');
const ort = require('onnxruntime-node');
const FLOAT = 1, STRING = 3;
const image = (name, width) => ({
  name,
  type: { tensorType: { elemType: FLOAT, shape: { dim: [1, 1, 1].map((dimValue) => ({ dimValue })).concat(width) } } },
});

function model(set, extent, scale, attributes) {
  const attribute = Object.entries(attributes).map(([name, s]) => ({ name, s: Buffer.from(s), type: STRING }));
  return onnx.ModelProto.encode({
    irVersion: 6,
    opsetImport: [{ domain: '', version: set }],
    graph: {
      name: 'graph',
      node: [{ opType: 'Resize', input: set < 11 ? ['x', 'scales'] : ['x', '', 'scales'], output: ['y'], attribute }],
      initializer: [{ name: 'scales', dataType: FLOAT, dims: [4], floatData: [1, 1, 1, scale] }],
      input: [image('x', { dimValue: extent })], output: [image('y', { dimParam: 'width' })],
    },
  }).finish();
}

async function show(set, extent, scale, attributes) {
  const session = await ort.InferenceSession.create(model(set, extent, scale, attributes), { logSeverityLevel: 4 });
  const x = new ort.Tensor('float32', Float32Array.from({ length: extent }, (_, i) => i), [1, 1, 1, extent]);
  const { y } = await session.run({ x });
  console.log(`set ${set}, ${attributes.mode}, ${extent} x ${scale}: ${Array.from(y.data).join(' ')}`);
}

(async () => {
  const asymmetric = { coordinate_transformation_mode: 'asymmetric' };
  await show(13, 10, 0.7, { mode: 'nearest', nearest_mode: 'floor', ...asymmetric });
  console.log(`in double precision: ${Math.floor(10 * Math.fround(0.7))} elements`);
  await show(13, 4, 1.1, { mode: 'linear', ...asymmetric });
  await show(10, 10, 0.6, { mode: 'nearest' });
  await show(13, 10, 0.6, { mode: 'nearest', nearest_mode: 'floor', ...asymmetric });
  await show(10, 5, 1.6, { mode: 'nearest' });
})();
END
node run.js | tee seen.txt
diff seen.txt - <<'END'
set 13, nearest, 10 x 0.7: 0 1 2 4 5 7 8
in double precision: 6 elements
set 13, linear, 4 x 1.1: 0 1 2 3
set 10, nearest, 10 x 0.6: 0 2 4 5 7 9
set 13, nearest, 10 x 0.6: 0 1 3 5 6 8
set 10, nearest, 5 x 1.6: 0 0 1 1 2 3 3 4
END

#!/usr/bin/env bash
# libonnx-testdata 1.12.0-2: the node tests of Cast with BFLOAT16 store their tensors of that type as UINT16, a type of
# its own with the same number of bits. The models beside them say BFLOAT16, and the tests of FLOAT16 store FLOAT16. Who
# feeds input_0.pb as it is gives the model an input of the wrong type, and who compares types fails where values agree.
# Seen: "UINT16" for the files of both tests, "BFLOAT16" for the models' value, "FLOAT16" twice for the other pair.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq libonnx-testdata=1.12.0-2
dpkg -x libonnx-testdata_*.deb .
npm init -y >/dev/null
npm install --ignore-scripts --silent --no-audit --no-fund onnx-proto@8.0.1 >/dev/null

cat >types.js <<'END'
const fs = require('fs');
const { onnx } = require('onnx-proto');
const names = Object.fromEntries(Object.entries(onnx.TensorProto.DataType).map(([name, value]) => [value, name]));
const node = 'usr/share/libonnx-testdata/data/node/';
for (const [test, side] of [['BFLOAT16_to_FLOAT', 'input'], ['FLOAT_to_BFLOAT16', 'output'],
                            ['FLOAT16_to_FLOAT', 'input'], ['FLOAT_to_FLOAT16', 'output']]) {
  const folder = `${node}test_cast_${test}/`;
  const tensor = onnx.TensorProto.decode(fs.readFileSync(`${folder}test_data_set_0/${side}_0.pb`));
  const value = onnx.ModelProto.decode(fs.readFileSync(`${folder}model.onnx`)).graph[side][0];
  console.log(`${test}: ${side} is ${names[value.type.tensorType.elemType]}, its file ${names[tensor.dataType]}`);
}
END
node types.js | tee seen.txt
diff seen.txt - <<'END'
BFLOAT16_to_FLOAT: input is BFLOAT16, its file UINT16
FLOAT_to_BFLOAT16: output is BFLOAT16, its file UINT16
FLOAT16_to_FLOAT: input is FLOAT16, its file FLOAT16
FLOAT_to_FLOAT16: output is FLOAT16, its file FLOAT16
END

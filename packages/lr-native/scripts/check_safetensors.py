"""Files that saveSafetensors writes, read by the Python library, and the reverse, compared value by value.

Run after a build: python packages/lr-native/scripts/check_safetensors.py
"""
import json
import subprocess
import tempfile
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

PACKAGE = Path(__file__).parent.parent
WRITE = """
import { Tensor, saveSafetensors, tensor } from './dist/index.js';
saveSafetensors(process.argv[1], {
  float32: tensor([[1.5, -0], [NaN, Infinity]]),
  float64: tensor(Float64Array.of(1 / 3, -1e300)),
  int32: tensor(Int32Array.of(-(2 ** 31), 2 ** 31 - 1)),
  int64: tensor(BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n)),
  uint8: tensor(Uint8Array.of(0, 255)),
  bool: new Tensor(Uint8Array.of(1, 0), [2], 'bool'),
  scalar: tensor(7, { shape: [] }),
  empty: tensor(new Float32Array(0), { shape: [0, 3] }),
  'ü "quoted" \\\\': tensor([1]),
}, { note: 'ü' });
"""
READ = """
import { readSafetensors } from './dist/index.js';
const { tensors, metadata } = readSafetensors(process.argv[1]);
const plain = Object.entries(tensors).map(([name, { shape, data }]) => [name, { shape, values: Array.from(data, String) }]);
console.log(JSON.stringify({ metadata, tensors: Object.fromEntries(plain) }));
"""
WRITTEN = {
    "float32": torch.tensor([[1.5, -0.0], [float("nan"), float("inf")]]),
    "float64": torch.tensor([1 / 3, -1e300], dtype=torch.float64),
    "int32": torch.tensor([-(2**31), 2**31 - 1], dtype=torch.int32),
    "int64": torch.tensor([-(2**63), 2**63 - 1]),
    "uint8": torch.tensor([0, 255], dtype=torch.uint8),
    "bool": torch.tensor([True, False]),
    "scalar": torch.tensor(7.0),
    "empty": torch.zeros(0, 3),
    'ü "quoted" \\': torch.tensor([1.0]),
}


def node(source, path):
    command = ["node", "--input-type=module", "-e", source, str(path)]
    return subprocess.run(command, cwd=PACKAGE, check=True, capture_output=True, text=True).stdout


def same(a, b):
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    return torch.equal(a.contiguous().reshape(-1).view(torch.uint8), b.contiguous().reshape(-1).view(torch.uint8))


with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "x.safetensors"
    node(WRITE, path)
    read = load_file(path)
    assert read.keys() == WRITTEN.keys()
    assert all(same(read[name], WRITTEN[name]) for name in WRITTEN), read
    with safe_open(path, "pt") as file:
        assert file.metadata() == {"note": "ü"}
    print(f"Python reads all {len(WRITTEN)} tensors that Node wrote")

    save_file(WRITTEN, path, {"note": "ü"})
    read = json.loads(node(READ, path))
    assert read["metadata"] == {"note": "ü"}
    for name, tensor in WRITTEN.items():
        values = [float(value) for value in read["tensors"][name]["values"]]
        assert read["tensors"][name]["shape"] == list(tensor.shape), name
        expected = [float(value) for value in tensor.flatten().tolist()]
        assert str(values) == str(expected) or name == "float32" and str(values[2:]) == str(expected[2:]), (name, values)
    print(f"Node reads all {len(WRITTEN)} tensors that Python wrote")

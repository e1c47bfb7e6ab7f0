"""Checks exported models with the onnx package's checker (full_check, strict shape inference) and with onnxruntime.

    npm run build && python packages/lr-onnx/scripts/check_onnx.py

Needs onnx, onnxruntime and numpy.
"""

import json
import os
import subprocess
import tempfile

import numpy as np
import onnx
import onnxruntime

HERE = os.path.dirname(os.path.abspath(__file__))


def check(folder, sample):
    path = os.path.join(folder, sample["file"])
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    dims = [d.dim_param or d.dim_value for d in inferred.graph.output[0].type.tensor_type.shape.dim]
    assert len(dims) == len(sample["yShape"]), dims
    assert all(isinstance(d, str) or d in (0, n) for d, n in zip(dims, sample["yShape"])), dims
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    x = np.array(sample["x"], sample["dtype"]).reshape(sample["shape"])
    (y,) = session.run(None, {"input": x})
    expected = np.array(sample["y"], np.float32).reshape(sample["yShape"])
    assert y.shape == expected.shape, (y.shape, expected.shape)
    difference = float(np.abs(y - expected).max())
    assert difference <= 1e-5 * max(1.0, float(np.abs(expected).max())), difference
    return difference


with tempfile.TemporaryDirectory() as folder:
    subprocess.run(["node", os.path.join(HERE, "sample-models.mjs"), folder], check=True)
    with open(os.path.join(folder, "samples.json")) as f:
        samples = json.load(f)
    for sample in samples:
        print(f"{sample['file']}: largest difference {check(folder, sample):.2e}")
    print(f"onnx {onnx.__version__} checker and onnxruntime {onnxruntime.__version__}: {len(samples)} models sound")

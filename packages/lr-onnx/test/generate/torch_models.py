"""Writes test/fixtures/torch-*.onnx, models as torch.onnx.export writes them, and torch-models.json, what they compute.

    python packages/lr-onnx/test/generate/torch_models.py

PyTorch 2.13, its TorchScript exporter (which needs no onnxscript).
"""

import json
import os
import warnings

import torch
from torch import nn

warnings.filterwarnings("ignore")
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures")


class View(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.sizes = sizes

    def forward(self, x):
        return x.view(*self.sizes)


torch.manual_seed(0)
MODELS = {
    "cnn": (
        nn.Sequential(
            nn.Conv2d(1, 4, 3, padding="same"),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(4, 6, (3, 2), stride=2, dilation=(1, 2), groups=2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(54, 8),
            nn.ReLU(),
            nn.Linear(8, 3, bias=False),
        ),
        (2, 1, 16, 16),
        True,
    ),
    "linear": (nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3, bias=False)), (2, 3, 5), False),
    "view": (nn.Sequential(nn.Conv2d(2, 3, 1), View(-1, 48), nn.Linear(48, 2)), (3, 2, 4, 4), False),
}

out = {}
for name, (model, shape, dynamic) in MODELS.items():
    x = torch.rand(shape) * 2 - 1
    axes = {"input": {0: "batch"}, "output": {0: "batch"}} if dynamic else None
    torch.onnx.export(
        model.eval(),
        x,
        os.path.join(HERE, f"torch-{name}.onnx"),
        dynamo=False,
        input_names=["input"],
        output_names=["output"],
        dynamic_axes=axes,
        opset_version=17,
    )
    y = model(x)
    out[name] = {"x": x.flatten().tolist(), "shape": shape, "y": y.flatten().tolist(), "yShape": list(y.shape)}
with open(os.path.join(HERE, "torch-models.json"), "w") as f:
    json.dump(out, f)
    f.write("\n")

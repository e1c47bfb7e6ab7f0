"""
Writes test/fixtures/modules.json: modules with PyTorch's initial weights, run forward twice in training mode and once in
evaluation mode, with all gradients of the last training pass and the state dict after it.

    python test/generate/modules.py
"""

import base64
import json
from pathlib import Path

import torch
from torch import nn

# name, PyTorch's module, our constructor's arguments, input shape (or integers below a limit)
CASES = [
    ("Conv2d", lambda: nn.Conv2d(3, 4, 3, padding=1, stride=2), [3, 4, 3, {"padding": 1, "stride": 2}], (2, 3, 7, 7)),
    ("Linear", lambda: nn.Linear(6, 4), [6, 4], (2, 3, 6)),
    ("BatchNorm1d", lambda: nn.BatchNorm1d(4), [4], (6, 4)),
    ("BatchNorm1d", lambda: nn.BatchNorm1d(4, momentum=None), [4, {"momentum": None}], (3, 4, 5)),
    ("BatchNorm2d", lambda: nn.BatchNorm2d(3), [3], (4, 3, 3, 2)),
    ("BatchNorm2d", lambda: nn.BatchNorm2d(3, eps=0.01, momentum=0.3, affine=False), [3, {"eps": 0.01, "momentum": 0.3, "affine": False}], (4, 3, 3, 2)),
    ("BatchNorm2d", lambda: nn.BatchNorm2d(3, track_running_stats=False), [3, {"trackRunningStats": False}], (4, 3, 3, 2)),
    ("LayerNorm", lambda: nn.LayerNorm(6), [6], (3, 6)),
    ("LayerNorm", lambda: nn.LayerNorm([2, 3], bias=False), [[2, 3], {"bias": False}], (4, 2, 3)),
    ("GroupNorm", lambda: nn.GroupNorm(2, 6), [2, 6], (2, 6, 3)),
    ("Embedding", lambda: nn.Embedding(9, 5), [9, 5], {"shape": (2, 4), "limit": 9}),
    ("Embedding", lambda: nn.Embedding(9, 5, padding_idx=1), [9, 5, {"paddingIdx": 1}], {"shape": (2, 4), "limit": 9}),
    ("MaxPool2d", lambda: nn.MaxPool2d(2), [2], (1, 2, 6, 6)),
    ("AvgPool2d", lambda: nn.AvgPool2d(3, stride=2, padding=1), [3, {"stride": 2, "padding": 1}], (1, 2, 6, 6)),
    ("AdaptiveAvgPool2d", lambda: nn.AdaptiveAvgPool2d((2, 3)), [[2, 3]], (1, 2, 6, 7)),
    ("Flatten", lambda: nn.Flatten(), [], (2, 3, 4)),
    ("Identity", lambda: nn.Identity(), [], (2, 3)),
    ("ReLU", lambda: nn.ReLU(), [], (2, 3)),
    ("GELU", lambda: nn.GELU(), [], (2, 3)),
    ("GELU", lambda: nn.GELU(approximate="tanh"), [{"approximate": "tanh"}], (2, 3)),
    ("Sigmoid", lambda: nn.Sigmoid(), [], (2, 3)),
    ("Tanh", lambda: nn.Tanh(), [], (2, 3)),
    ("SiLU", lambda: nn.SiLU(), [], (2, 3)),
    ("Softplus", lambda: nn.Softplus(), [], (2, 3)),
    ("LeakyReLU", lambda: nn.LeakyReLU(), [], (2, 3)),
    ("Softmax", lambda: nn.Softmax(dim=1), [{"dim": 1}], (2, 3)),
    ("LogSoftmax", lambda: nn.LogSoftmax(dim=0), [{"dim": 0}], (2, 3)),
]


def encode(tensor):
    values = tensor.detach().to(torch.float32).contiguous().numpy().astype("<f4")
    return {"shape": list(tensor.shape), "data": base64.b64encode(values.tobytes()).decode()}


cases = []
for seed, (name, make, args, shape) in enumerate(CASES):
    torch.manual_seed(seed)
    module = make()
    initial = {key: encode(value) for key, value in module.state_dict().items()}
    module = module.double()
    integers = isinstance(shape, dict)
    inputs = [
        torch.randint(0, shape["limit"], shape["shape"]) if integers else torch.empty(shape).uniform_(-1, 1) for _ in range(3)
    ]
    ys = []
    for i, x in enumerate(inputs):
        module.train(i < 2)
        if not integers:
            x = x.double().requires_grad_()
        module.zero_grad()
        y = module(x)
        ys.append(encode(y))
        if i == 1:
            dy = torch.empty(y.shape).uniform_(-1, 1)
            y.backward(dy.double())
            grads = {key: encode(p.grad) for key, p in module.named_parameters()}
            dx = None if integers else encode(x.grad)
            state = {key: encode(value) for key, value in module.state_dict().items()}
    cases.append(
        {
            "module": name, "args": args, "seed": seed, "initial": initial, "inputs": [encode(x) for x in inputs],
            "integers": integers, "y": ys, "dy": encode(dy), "dx": dx, "grads": grads, "state": state,
        }
    )
path = Path(__file__).parents[1] / "fixtures" / "modules.json"
path.write_text(json.dumps({"torch": torch.__version__, "cases": cases}, separators=(",", ":")) + "\n")
print(len(cases), "modules")

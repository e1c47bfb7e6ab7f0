"""Writes test/fixtures/clip-and-averaging.json: PyTorch's gradient clipping and parameter averages.

    python test/generate/clip_and_averaging.py
"""

import json
import math
import pathlib
import sys

import torch
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

SEED = 1971


def listed(tensor):
    names = {math.inf: "Infinity", -math.inf: "-Infinity"}
    return ["NaN" if math.isnan(v) else names.get(v, v) for v in tensor.reshape(-1).tolist()]


def clip_cases():
    specials = {"finite": [], "inf": [math.inf], "nan": [math.nan]}
    for kind, special in specials.items():
        for norm_type in (2.0, 1.0, math.inf, -math.inf, 0.0, 3.0, 0.5):
            for max_norm in (0.0, 1.0, 100.0):
                grads = [torch.randn(5), torch.cat([torch.randn(2), torch.tensor(special)]), torch.zeros(3)]
                params = [torch.zeros_like(g).requires_grad_() for g in grads]
                for p, g in zip(params, grads):
                    p.grad = g.clone()
                total = clip_grad_norm_(params, max_norm, norm_type, foreach=False)
                yield {
                    "kind": kind,
                    "normType": listed(torch.tensor(norm_type))[0],
                    "maxNorm": max_norm,
                    "grads": [listed(g) for g in grads],
                    "total": listed(total)[0],
                    "clipped": [listed(p.grad) for p in params],
                }


def value_cases():
    for value in (0.0, 0.5, 10.0):
        p = torch.zeros(6).requires_grad_()
        p.grad = torch.cat([torch.randn(3), torch.tensor([math.nan, math.inf, -math.inf])])
        before = listed(p.grad)
        clip_grad_value_([p], value, foreach=False)
        yield {"clipValue": value, "grad": before, "clipped": listed(p.grad)}


def average_cases():
    for decay in (None, 0.0, 0.3, 0.9, 1.0):
        model = torch.nn.Linear(3, 2)
        averaged = AveragedModel(model, multi_avg_fn=None if decay is None else get_ema_multi_avg_fn(decay))
        values, averages = [], []
        for _ in range(6):
            with torch.no_grad():
                for p in model.parameters():
                    p.copy_(torch.randn_like(p))
            averaged.update_parameters(model)
            values.append([listed(p) for p in model.parameters()])
            averages.append([listed(p) for p in averaged.parameters()])
        yield {"decay": decay, "values": values, "averages": averages}


def main():
    torch.manual_seed(SEED)
    fixture = {
        "versions": {"torch": torch.__version__, "python": sys.version.split()[0]},
        "seed": SEED,
        "norm": list(clip_cases()),
        "value": list(value_cases()),
        "average": list(average_cases()),
    }
    path = pathlib.Path(__file__).parent.parent / "fixtures" / "clip-and-averaging.json"
    path.write_text(json.dumps(fixture) + "\n")


main()

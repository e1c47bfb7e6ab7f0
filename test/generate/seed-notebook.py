"""Writes test/fixtures/seed-notebook.json: the learning rates that the notebook's loops give in this PyTorch.

Run from the root of the repository: python test/generate/seed-notebook.py
"""

import json
import platform

import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, MultiStepLR, ReduceLROnPlateau, StepLR


def rates(lr, epochs, make, *metric):
    model = nn.Sequential(nn.Conv2d(64, 10, 3), nn.Linear(10, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    scheduler = make(optimizer)
    values = []
    for _ in range(epochs):
        optimizer.zero_grad()
        optimizer.step()
        values.append(optimizer.param_groups[0]["lr"])
        scheduler.step(*metric)
    return values


curves = {
    "Stable": rates(1e-2, 10, lambda o: LambdaLR(o, lr_lambda=lambda epoch: 0.9**epoch)),
    "Flexible": rates(1e-2, 10, lambda o: LambdaLR(o, lr_lambda=lambda epoch: 1 / (epoch + 1))),
    "Step": rates(1e-2, 20, lambda o: StepLR(o, step_size=5, gamma=0.1)),
    "MultiStep": rates(1e-2, 20, lambda o: MultiStepLR(o, milestones=[2, 7, 15], gamma=0.05)),
    "CosineAnnealing": rates(1e-1, 20, lambda o: CosineAnnealingLR(o, T_max=4, eta_min=0)),
    "ReduceLROnPlateau": rates(1e-3, 20, lambda o: ReduceLROnPlateau(o, mode="min", factor=0.05, patience=2), 2),
}
versions = {"torch": torch.__version__, "python": platform.python_version(), "libc": " ".join(platform.libc_ver())}
with open("test/fixtures/seed-notebook.json", "w") as file:
    json.dump({"versions": versions, "curves": curves}, file, indent=1)
    file.write("\n")

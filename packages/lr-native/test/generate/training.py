"""
Writes test/fixtures/training.json: the losses of whole training runs, from PyTorch.

    python test/generate/training.py

Each run seeds the default generator, makes the model and then draws its inputs, so that the initial weights are part of
what is compared. The losses are those of a float64 run from the float32 weights; `error` is how far PyTorch's own
float32 run strays from them, relative, which is the measure of what float32 allows here.
"""

import copy
import json
from pathlib import Path

import torch
from torch import nn

STEPS = 20
# Models whose inputs are indices, below these
TOKENS = {"words": 50, "transformer": 30}


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(16 * 5 * 5, 32), nn.ReLU(), nn.Linear(32, 10),
    )


def strided():
    return nn.Sequential(
        nn.Conv2d(3, 12, 5, stride=2, padding=2), nn.ReLU(), nn.Conv2d(12, 12, 3, padding="same", groups=3), nn.ReLU(),
        nn.Conv2d(12, 8, 3, dilation=2, bias=False), nn.MaxPool2d(3, stride=1, padding=1), nn.Flatten(), nn.Linear(8 * 2 * 2, 4),
    )


def mlp():
    return nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 5))


def seed_model():
    return nn.Sequential(nn.Conv2d(64, 10, 3), nn.Linear(10, 3))


def batch_norm():
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 5),
    )


def batch_norm_1d():
    return nn.Sequential(nn.Linear(12, 32), nn.BatchNorm1d(32), nn.Tanh(), nn.Linear(32, 3))


def layer_norm():
    return nn.Sequential(
        nn.Linear(20, 64), nn.LayerNorm(64), nn.GELU(), nn.Linear(64, 48), nn.LayerNorm(48), nn.GELU(approximate="tanh"),
        nn.Linear(48, 5),
    )


def group_norm():
    return nn.Sequential(
        nn.Conv2d(3, 12, 3), nn.GroupNorm(4, 12), nn.SiLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(12 * 5 * 5, 4),
    )


def smooth_mlp():
    return nn.Sequential(nn.Linear(10, 40), nn.Softplus(), nn.Linear(40, 20), nn.Sigmoid(), nn.Linear(20, 2))


def words():
    return nn.Sequential(nn.Embedding(50, 16), nn.Flatten(), nn.Linear(16 * 7, 24), nn.LeakyReLU(0.1), nn.Linear(24, 4))


def transformer():
    return nn.Sequential(
        nn.Embedding(30, 16), nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0, batch_first=True),
        nn.TransformerEncoderLayer(16, 4, 24, dropout=0.0, activation="gelu", batch_first=True, norm_first=True),
        nn.Flatten(), nn.Linear(16 * 6, 5),
    )


def sequence():
    return nn.Sequential(
        nn.Conv1d(4, 16, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2), nn.Conv1d(16, 8, 3, stride=2, dilation=2), nn.ReLU(),
        nn.Flatten(), nn.Linear(8 * 4, 3),
    )


def autoencoder():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(8, 4, 3, stride=2, padding=1), nn.ReLU(),
        nn.ConvTranspose2d(4, 8, 3, stride=2, padding=1, output_padding=1), nn.ReLU(),
        nn.ConvTranspose2d(8, 1, 2, stride=2),
    )


def deep():
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 6),
    )


cross_entropy = {"type": "CrossEntropyLoss"}
smoothed = {"type": "CrossEntropyLoss", "labelSmoothing": 0.1}
mse = {"type": "MSELoss"}

RUNS = [
    # name, model, input, target (shape of floats, or number of classes), loss, optimizer
    ("seed", seed_model, (4, 64, 8, 12), (4, 10, 6, 3), mse, {"type": "Adam", "lr": 0.001}),
    ("seed", seed_model, (1, 64, 12, 12), (1, 10, 10, 3), mse, {"type": "SGD", "lr": 0.1}),
    ("cnn", cnn, (16, 1, 14, 14), 10, cross_entropy, {"type": "Adam", "lr": 0.001}),
    ("cnn", cnn, (16, 1, 14, 14), 10, cross_entropy, {"type": "SGD", "lr": 0.05, "momentum": 0.9}),
    ("cnn", cnn, (16, 1, 14, 14), 10, smoothed, {"type": "AdamW", "lr": 0.002, "weightDecay": 0.05}),
    ("cnn", cnn, (5, 1, 14, 14), 10, cross_entropy, {"type": "Adam", "lr": 0.001, "amsgrad": True}),
    ("strided", strided, (6, 3, 12, 12), 4, cross_entropy, {"type": "Adam", "lr": 0.003}),
    ("strided", strided, (6, 3, 12, 12), 4, smoothed, {"type": "SGD", "lr": 0.05, "momentum": 0.9, "nesterov": True}),
    ("mlp", mlp, (32, 20), 5, cross_entropy, {"type": "SGD", "lr": 0.1, "weightDecay": 0.001}),
    ("mlp", mlp, (32, 20), (32, 5), mse, {"type": "AdamW", "lr": 0.01}),
    ("mlp", mlp, (7, 20), (7, 5), mse, {"type": "SGD", "lr": 0.1, "momentum": 0.5, "dampening": 0.1}),
    ("batchNorm", batch_norm, (8, 3, 10, 10), 5, cross_entropy, {"type": "Adam", "lr": 0.003}),
    ("batchNorm", batch_norm, (8, 3, 10, 10), 5, smoothed, {"type": "SGD", "lr": 0.05, "momentum": 0.9, "weightDecay": 0.01}),
    ("batchNorm1d", batch_norm_1d, (16, 12), (16, 3), mse, {"type": "NAdam", "lr": 0.005}),
    ("layerNorm", layer_norm, (16, 20), 5, cross_entropy, {"type": "AdamW", "lr": 0.003}),
    ("groupNorm", group_norm, (6, 3, 12, 12), 4, cross_entropy, {"type": "RMSprop", "lr": 0.001}),
    ("smoothMlp", smooth_mlp, (12, 10), (12, 2), mse, {"type": "Adagrad", "lr": 0.05}),
    ("smoothMlp", smooth_mlp, (12, 10), (12, 2), {"type": "SmoothL1Loss"}, {"type": "RAdam", "lr": 0.01}),
    ("smoothMlp", smooth_mlp, (12, 10), (12, 2), {"type": "HuberLoss", "delta": 0.5}, {"type": "Adamax", "lr": 0.01}),
    ("words", words, (9, 7), 4, cross_entropy, {"type": "Adam", "lr": 0.002}),
    ("words", words, (9, 7), 4, cross_entropy, {"type": "SGD", "lr": 0.2}),
    ("transformer", transformer, (5, 6), 5, cross_entropy, {"type": "AdamW", "lr": 0.002}),
    ("sequence", sequence, (8, 4, 22), 3, cross_entropy, {"type": "Adam", "lr": 0.004}),
    ("autoencoder", autoencoder, (4, 1, 12, 12), (4, 1, 12, 12), mse, {"type": "Adam", "lr": 0.005}),
    ("deep", deep, (6, 3, 16, 16), 6, cross_entropy, {"type": "SGD", "lr": 0.05, "momentum": 0.9}),
]


def snake(options):
    return {
        "".join("_" + c.lower() if c.isupper() else c for c in key): value
        for key, value in options.items() if key != "type"
    }


def train(model, x, target, loss, optimizer):
    criterion = getattr(nn, loss["type"])(**snake(loss))
    opt = getattr(torch.optim, optimizer["type"])(model.parameters(), **snake(optimizer))
    losses = []
    for _ in range(STEPS):
        opt.zero_grad()
        value = criterion(model(x), target)
        value.backward()
        opt.step()
        losses.append(value.item())
    return losses


def main():
    torch.set_num_threads(1)
    runs = []
    for seed, (name, make, shape, target, loss, optimizer) in enumerate(RUNS):
        torch.manual_seed(seed)
        model = make()
        tokens = TOKENS.get(name)
        x = torch.randint(0, tokens, shape) if tokens else torch.empty(shape).uniform_(-1, 1)
        t = torch.randint(0, target, (shape[0],)) if isinstance(target, int) else torch.empty(target).uniform_(-1, 1)
        double = copy.deepcopy(model).double()
        exact = train(double, x if tokens else x.double(), t.double() if t.is_floating_point() else t, loss, optimizer)
        single = train(model, x, t, loss, optimizer)
        error = max(abs(a - b) / abs(a) for a, b in zip(exact, single))
        runs.append(
            {
                "model": name, "seed": seed, "input": shape, **({"tokens": tokens} if tokens else {}), "loss": loss, "optimizer": optimizer,
                "target": {"classes": target} if isinstance(target, int) else {"shape": target},
                "losses": exact, "error": error,
            }
        )
        print(name, optimizer["type"], f"{exact[0]:.4f} -> {exact[-1]:.4f}", f"float32 strays {error:.1e}")
    path = Path(__file__).parents[1] / "fixtures" / "training.json"
    path.write_text(json.dumps({"torch": torch.__version__, "runs": runs}, separators=(",", ":")) + "\n")


main()

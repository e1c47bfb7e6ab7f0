"""Runs in PyTorch, saved in the middle with the helper lr_torch.py, for test/checkpoint/torch.test.ts.

    python packages/lr-native/test/generate/optimizer_exchange.py
    python packages/lr-native/test/generate/optimizer_exchange.py --back FOLDER

The first writes the fixtures. The second goes on with what torch.test.ts left in FOLDER (LR_EXCHANGE=FOLDER), and says how far the
losses are from those that the run has there.
"""
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

GENERATE = Path(__file__).parent
sys.path.insert(0, str(GENERATE.parent.parent / "scripts"))
from lr_torch import load_optimizer, save_optimizer

FIXTURES = GENERATE.parent / "fixtures" / "exchange"
STEPS = 10
OPTIMIZERS = {
    "SGD": dict(lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
    "Adam": dict(lr=0.01, amsgrad=True),
    "AdamW": dict(lr=0.01, weight_decay=0.1),
    "NAdam": dict(lr=0.01),
    "RAdam": dict(lr=0.01),
    "Adamax": dict(lr=0.01),
    "Adagrad": dict(lr=0.05, lr_decay=0.1),
    "Adadelta": dict(lr=1.0),
    "RMSprop": dict(lr=0.005, centered=True, momentum=0.5),
    "Rprop": dict(lr=0.005),
    "ASGD": dict(lr=0.05, t0=3),
    "Adafactor": dict(lr=0.01),
    "Muon": dict(lr=0.01),
}


def model():
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(4, 8, bias=False), torch.nn.Tanh(), torch.nn.Linear(8, 3, bias=False)
    )


def batch(step):
    """Values without a random generator, the same in any language."""
    x = torch.tensor([[((i * 7 + j * 3 + step * 5) % 11 - 5) / 5 for j in range(4)] for i in range(6)])
    y = torch.tensor([[((i * 5 + j + step) % 7 - 3) / 3 for j in range(3)] for i in range(6)])
    return x, y


def train(net, optimizer, first):
    losses = []
    for step in range(first, first + STEPS):
        x, y = batch(step)
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(net(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def forth():
    FIXTURES.mkdir(exist_ok=True)
    losses = {}
    for name, options in OPTIMIZERS.items():
        net = model()
        optimizer = getattr(torch.optim, name)(net.parameters(), foreach=False, **options) if name != "Muon" else torch.optim.Muon(net.parameters(), **options)
        train(net, optimizer, 0)
        save_file(net.state_dict(), FIXTURES / f"{name}.model.safetensors")
        save_optimizer(FIXTURES / f"{name}.optimizer.safetensors", optimizer, net)
        losses[name] = train(net, optimizer, STEPS)
    (FIXTURES / "losses.json").write_text(json.dumps(losses, indent=1) + "\n")


def back(folder):
    losses = json.loads((folder / "losses.json").read_text())
    for name, there in losses.items():
        net = model()
        net.load_state_dict(load_file(folder / f"{name}.model.safetensors"))
        optimizer = getattr(torch.optim, name)(net.parameters(), lr=123.0)
        load_optimizer(folder / f"{name}.optimizer.safetensors", optimizer, net)
        here = train(net, optimizer, 2 * STEPS)
        furthest = max(abs(a - b) / abs(b) for a, b in zip(here, there))
        print(f"{name}: losses agree to {furthest:.1e}")
        # Muon orthogonalises in bfloat16 there, which has 8 bits.
        assert furthest < (1e-2 if name == "Muon" else 1e-5), name


if len(sys.argv) > 1:
    back(Path(sys.argv[2]))
else:
    forth()

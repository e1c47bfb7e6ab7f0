"""Writes test/fixtures/random.json and init.json: what PyTorch draws, and what it makes of that. Run with the PyTorch 2.13 CPU build (AVX2)."""

import hashlib
import json
import pathlib

import torch
from torch import nn

FIXTURES = pathlib.Path(__file__).parent.parent / "fixtures"
SEEDS = [0, 1, 2, 42, 1234, 2**31 - 1, 2**32 - 1, 2**32 + 7, -1, 67280421310721]


def sha(tensor):
    return hashlib.sha256(tensor.detach().contiguous().numpy().tobytes()).hexdigest()


def digest(tensor):
    """The shape, the first values (for a readable failure) and the SHA-256 of all bytes (for every bit)."""
    tensor = tensor.detach()
    return {"length": tensor.numel(), "head": tensor.flatten()[:8].tolist(), "sha256": sha(tensor)}


def draws(seed):
    g = torch.Generator().manual_seed(seed)
    f32 = lambda n: torch.empty(n)
    f64 = lambda n: torch.empty(n, dtype=torch.float64)
    i64 = lambda n: torch.empty(n, dtype=torch.int64)
    i32 = lambda n: torch.empty(n, dtype=torch.int32)
    # One stream, in this order: the test makes the same calls on one generator.
    return {
        "seed": seed,
        "uniform": digest(f32(5000).uniform_(generator=g)),
        "uniformRange": digest(f32(5000).uniform_(-0.3, 0.7, generator=g)),
        "normal16": digest(f32(16).normal_(generator=g)),
        "normal17": digest(f32(17).normal_(generator=g)),
        "normal10000": digest(f32(10000).normal_(0.1, 1.7, generator=g)),
        "normal5": digest(f32(5).normal_(0.1, 1.7, generator=g)),
        "normal15": digest(f32(15).normal_(generator=g)),
        "randperm": digest(torch.randperm(1000, generator=g).to(torch.int32)),
        "randperm60000": digest(torch.randperm(60000, generator=g).to(torch.int32)),
        "randint": digest(torch.randint(-5, 1000, (300,), generator=g).to(torch.int32)),
        "randintWide": digest(torch.randint(-5, 2**28 + 1, (300,), generator=g).to(torch.int32)),
        "randomInt64": {"values": [str(value) for value in i64(10).random_(generator=g).tolist()]},
        "randomInt32": digest(i32(10).random_(generator=g)),
        "randomInt32Range": digest(i32(10).random_(-(2**31), 2**31 - 1, generator=g)),
        "bernoulli": digest(f32(1000).bernoulli_(0.3, generator=g)),
        "bernoulliEach": digest(torch.bernoulli(torch.linspace(0, 1, 1000), generator=g)),
        "exponential": digest(f32(100).exponential_(1.5, generator=g)),
        "multinomial": digest(torch.multinomial(f32(50).fill_(1).cumsum(0), 20, generator=g).to(torch.int32)),
        "multinomialOne": digest(torch.multinomial(f32(50).fill_(1).cumsum(0), 1, True, generator=g).to(torch.int32)),
        "multinomialReplacement": digest(
            torch.multinomial(f32(50).fill_(0.3).cumsum(0), 200, True, generator=g).to(torch.int32)
        ),
        "uniform64": {"values": f64(20).uniform_(-1.3, 2.9, generator=g).tolist()},
        "normal64Scalar": {"values": f64(5).normal_(-1, 3, generator=g).tolist()},
        "normal64": {"values": f64(21).normal_(-1, 3, generator=g).tolist()},
        "after": digest(f32(3).uniform_(generator=g)),
    }


def initial(call, shape, **options):
    torch.manual_seed(7)
    tensor = torch.empty(shape)
    getattr(nn.init, call)(tensor, **options)
    return tensor


INITS = [
    ("uniform_", "uniform_", [7, 9], {}),
    ("uniform_", "uniform_", [7, 9], {"a": -0.25, "b": 0.5}),
    ("normal_", "normal_", [3, 4], {}),
    ("normal_", "normal_", [7, 9], {"mean": 0.5, "std": 0.02}),
    ("eye_", "eye_", [3, 5], {}),
    ("dirac_", "dirac_", [4, 3, 3], {}),
    ("dirac_", "dirac_", [4, 2, 3, 5], {"groups": 2}),
    ("dirac_", "dirac_", [2, 3, 3, 2, 4], {}),
    ("xavierUniform_", "xavier_uniform_", [7, 9], {"gain": 1.5}),
    ("xavierUniform_", "xavier_uniform_", [8, 3, 3, 5], {}),
    ("xavierNormal_", "xavier_normal_", [7, 9], {"gain": 0.7}),
    ("kaimingUniform_", "kaiming_uniform_", [8, 3, 3, 5], {}),
    ("kaimingUniform_", "kaiming_uniform_", [8, 3], {"a": 5**0.5}),
    ("kaimingUniform_", "kaiming_uniform_", [8, 3], {"mode": "fan_out", "nonlinearity": "relu"}),
    ("kaimingNormal_", "kaiming_normal_", [8, 3, 3, 5], {"mode": "fan_out", "nonlinearity": "relu"}),
    ("kaimingNormal_", "kaiming_normal_", [2, 3], {"nonlinearity": "tanh"}),
    ("truncNormal_", "trunc_normal_", [50, 40], {}),
    ("truncNormal_", "trunc_normal_", [50, 40], {"mean": 0.3, "std": 0.5, "a": -0.4, "b": 0.6}),
    ("truncNormal_", "trunc_normal_", [50, 40], {"mean": 0.0, "std": 1.0, "a": 1.5, "b": 3.0}),
    ("truncNormal_", "trunc_normal_", [3, 2], {"std": 0.02}),
    ("sparse_", "sparse_", [20, 6], {"sparsity": 0.3}),
    ("sparse_", "sparse_", [5, 3], {"sparsity": 0.5, "std": 2.0}),
]
ORTHOGONAL = [([6, 6], {}), ([5, 9], {"gain": 1.5}), ([9, 5], {}), ([4, 2, 3, 3], {}), ([40, 30], {})]


def modules():
    torch.manual_seed(0)
    built = [
        ("Linear(784, 10)", nn.Linear(784, 10)),
        ("Linear(3, 2)", nn.Linear(3, 2)),
        ("Conv2d(1, 32, 3)", nn.Conv2d(1, 32, 3)),
        ("Conv2d(4, 6, (3, 5), groups=2)", nn.Conv2d(4, 6, (3, 5), groups=2)),
        ("Linear(5, 3, bias=False)", nn.Linear(5, 3, bias=False)),
    ]
    return [
        {"module": name, "parameters": [{"shape": list(p.shape), **digest(p)} for p in module.parameters()]}
        for name, module in built
    ]


def dropouts():
    result = []
    for p in [0.0, 0.1, 0.3, 0.5, 0.9, 1.0]:
        torch.manual_seed(5)
        x = torch.arange(1001, dtype=torch.float32)
        y = nn.functional.dropout(x, p)
        result.append({"p": p, "after": torch.rand(1).item(), **digest(y)})
    return result


def main():
    torch.set_num_threads(1)
    (FIXTURES / "random.json").write_text(json.dumps([draws(seed) for seed in SEEDS]) + "\n")
    gains = [("linear", None), ("conv2d", None), ("sigmoid", None), ("tanh", None), ("relu", None), ("selu", None),
             ("leaky_relu", None), ("leaky_relu", 0.2), ("leaky_relu", 5**0.5)]
    result = {
        "inits": [
            {"name": name, "shape": shape, "options": options, **digest(initial(call, shape, **options))}
            for name, call, shape, options in INITS
        ],
        "orthogonal": [
            {"shape": shape, "options": options, "values": initial("orthogonal_", shape, **options).flatten().tolist()}
            for shape, options in ORTHOGONAL
        ],
        "gains": [[name, value, nn.init.calculate_gain(name, value)] for name, value in gains],
        "modules": modules(),
        "dropout": dropouts(),
    }
    (FIXTURES / "init.json").write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()

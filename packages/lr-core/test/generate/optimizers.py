"""Writes test/fixtures/optimizers.json: what PyTorch's optimizers make of given parameters and gradients.

    python test/generate/optimizers.py

PyTorch runs its for-loop (`foreach=False`) in float32. Parameters and gradients come from a generator that
test/optimizer-fixtures.ts has too, so that the fixture holds results only. Muon's Newton-Schulz iteration runs in
float32 instead of bfloat16. Optimizers that PyTorch lacks follow their papers' reference code, below. LBFGS minimises
the functions of PROBLEMS.

"suite" marks the configurations of PyTorch's own tests (torch/testing/_internal/common_optimizers.py), whose error
inputs are listed too, without their tensors.
"""

import itertools
import json
import math
import pathlib
import re
import sys
import types
import unittest

import numpy as np
import torch

STEPS = 30
SEED = 20130813
SHAPES = [[[3, 5], [7]], [[2, 3, 4], [], [33]]]
MATRIX_SHAPES = [[[3, 5], [6, 4]], [[4, 4], [1, 7]]]


class Stream:
    """A linear congruential generator; floats are exact multiples of 2^-23 in [-1, 1), one in sixteen is zero."""

    def __init__(self, seed):
        self.state = seed

    def bits(self):
        self.state = (self.state * 1664525 + 1013904223) % 2**32
        return self.state

    def floats(self, shape, scale):
        values = []
        for _ in range(math.prod(shape)):
            bits = self.bits()
            values.append(0.0 if bits >> 28 == 0 else ((bits >> 8) - 2**23) / 2**23 * scale)
        return torch.tensor(values, dtype=torch.float32).reshape(shape)

    def sparse(self, shape, scale):
        rows = [(self.bits() >> 8) % shape[0] for _ in range(3)]
        values = self.floats([3, *shape[1:]], scale)
        return torch.sparse_coo_tensor(torch.tensor([rows]), values, shape)


def snake(key):
    return re.sub(r"([A-Z])", r"_\1", key).lower()


def camel(key):
    return re.sub(r"_([a-z])", lambda m: m[1].upper(), key)


# --- optimizers that PyTorch lacks, after their reference code -------------------------------------------------------


class Plain:
    """What these need of torch.optim.Optimizer."""

    def __init__(self, params, **options):
        groups = params if isinstance(params[0], dict) else [{"params": params}]
        self.param_groups = [{**self.defaults, **options, **group} for group in groups]
        self.state = {}

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            self.begin(group)
            for p in group["params"]:
                if p.grad is not None:
                    grad = -p.grad if group["maximize"] else p.grad.clone()
                    self.update(group, p, grad, self.state.setdefault(p, {}))

    def begin(self, group):
        pass


class Lion(Plain):
    """github.com/google/automl/tree/master/lion"""

    defaults = dict(lr=1e-4, betas=(0.9, 0.99), weight_decay=0, maximize=False)

    def update(self, group, p, grad, state):
        beta1, beta2 = group["betas"]
        m = state.setdefault("exp_avg", torch.zeros_like(p))
        p.mul_(1 - group["lr"] * group["weight_decay"])
        p.add_(torch.sign(m * beta1 + grad * (1 - beta1)), alpha=-group["lr"])
        m.mul_(beta2).add_(grad, alpha=1 - beta2)


class LAMB(Plain):
    """Algorithm 2 of arxiv.org/abs/1904.00962"""

    defaults = dict(
        lr=1e-3, betas=(0.9, 0.999), eps=1e-6, weight_decay=0, bias_correction=True, maximize=False
    )

    def update(self, group, p, grad, state):
        beta1, beta2 = group["betas"]
        m = state.setdefault("exp_avg", torch.zeros_like(p))
        v = state.setdefault("exp_avg_sq", torch.zeros_like(p))
        t = state["step"] = state.get("step", 0) + 1
        m.mul_(beta1).add_(grad, alpha=1 - beta1)
        v.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        correct = group["bias_correction"]
        m_hat = m / (1 - beta1**t) if correct else m
        v_hat = v / (1 - beta2**t) if correct else v
        update = m_hat / (v_hat.sqrt() + group["eps"]) + group["weight_decay"] * p
        weight_norm, update_norm = p.norm().item(), update.norm().item()
        trust = weight_norm / update_norm if weight_norm > 0 and update_norm > 0 else 1.0
        p.add_(update, alpha=-group["lr"] * trust)


class LARS(Plain):
    """Algorithm 1 of arxiv.org/abs/1708.03888, the momentum as in torch.optim.SGD"""

    defaults = dict(
        lr=1e-3,
        momentum=0,
        dampening=0,
        weight_decay=0,
        nesterov=False,
        trust_coefficient=1e-3,
        eps=1e-8,
        maximize=False,
    )

    def update(self, group, p, grad, state):
        decay, momentum = group["weight_decay"], group["momentum"]
        weight_norm, grad_norm = p.norm().item(), grad.norm().item()
        if weight_norm > 0 and grad_norm > 0:
            ratio = group["trust_coefficient"] * weight_norm / (grad_norm + decay * weight_norm + group["eps"])
        else:
            ratio = 1.0
        grad = (grad + decay * p) * ratio
        if momentum != 0:
            if "momentum_buffer" not in state:
                state["momentum_buffer"] = grad.clone()
            else:
                state["momentum_buffer"].mul_(momentum).add_(grad, alpha=1 - group["dampening"])
            buffer = state["momentum_buffer"]
            grad = grad + momentum * buffer if group["nesterov"] else buffer
        p.add_(grad, alpha=-group["lr"])


class ScheduleFree(Plain):
    """github.com/facebookresearch/schedule_free, with x kept instead of derived from y and z"""

    def begin(self, group):
        k = group["k"] = group.get("k", 0) + 1
        warmup = group["warmup_steps"]
        lr = group["scheduled"] = group["lr"] * min(1.0, k / warmup if warmup > 0 else 1.0)
        group["lr_max"] = max(lr, group.get("lr_max", -1.0))
        weight = k ** group["r"] * group["lr_max"] ** group["weight_lr_power"]
        group["weight_sum"] = group.get("weight_sum", 0.0) + weight
        group["c"] = weight / group["weight_sum"] if group["weight_sum"] != 0 else 0.0

    def advance(self, group, p, update, state, beta):
        x = state.setdefault("x", p.double().clone())
        z = state.setdefault("z", p.double().clone())
        z.sub_(update.double(), alpha=group["scheduled"])
        x.mul_(1 - group["c"]).add_(z, alpha=group["c"])
        p.copy_(x * beta + z * (1 - beta))


class ScheduleFreeSGD(ScheduleFree):
    defaults = dict(
        lr=1.0, momentum=0.9, weight_decay=0, warmup_steps=0, r=0.0, weight_lr_power=2.0, maximize=False
    )

    def update(self, group, p, grad, state):
        self.advance(group, p, grad + group["weight_decay"] * p, state, group["momentum"])


class ScheduleFreeAdamW(ScheduleFree):
    defaults = dict(
        lr=2.5e-3,
        betas=(0.9, 0.999),
        eps=1e-8,
        weight_decay=0,
        warmup_steps=0,
        r=0.0,
        weight_lr_power=2.0,
        maximize=False,
    )

    def update(self, group, p, grad, state):
        beta1, beta2 = group["betas"]
        v = state.setdefault("exp_avg_sq", torch.zeros_like(p))
        v.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        denom = (v / (1 - beta2 ** group["k"])).sqrt() + group["eps"]
        self.advance(group, p, grad / denom + group["weight_decay"] * p, state, beta1)


def newton_schulz_float32(grad, coefficients, steps, eps):
    a, b, c = coefficients
    x = grad.T if grad.size(0) > grad.size(1) else grad
    x = x / x.norm().clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return x.T if grad.size(0) > grad.size(1) else x


sys.modules["torch.optim._muon"]._zeropower_via_newtonschulz = newton_schulz_float32

OPTIMIZERS = {name: getattr(torch.optim, name) for name in torch.optim.__all__ if name[0].isupper()}
OPTIMIZERS |= {c.__name__: c for c in (Lion, LAMB, LARS, ScheduleFreeSGD, ScheduleFreeAdamW)}

PROBLEMS = {
    "bowl": lambda x: sum((i + 1) * (v - 1 / (i + 1)) ** 2 for i, v in enumerate(x)),
    "quartic": lambda x: sum((v - 1) ** 4 / 4 + (v - 1) ** 2 + 0.1 * v for v in x),
    "rosenbrock": lambda x: (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2,
}

FLAGS = [False, True]

# The values each option takes; a case is a combination of them, less those that LEGAL rejects.
GRIDS = {
    "SGD": dict(
        lr=[0.1], momentum=[0, 0.9], dampening=[0, 0.5], weightDecay=[0, 0.1], nesterov=FLAGS, maximize=FLAGS
    ),
    "Adam": dict(
        betas=[[0.9, 0.999], [0.4, 0.99]],
        weightDecay=[0, 0.1],
        amsgrad=FLAGS,
        maximize=FLAGS,
        decoupledWeightDecay=FLAGS,
    ),
    "AdamW": dict(lr=[0.02], eps=[1e-8, 1e-3], weightDecay=[0, 0.1], amsgrad=FLAGS, maximize=FLAGS),
    "NAdam": dict(
        weightDecay=[0, 0.1], momentumDecay=[4e-3, 6e-2], decoupledWeightDecay=FLAGS, maximize=FLAGS
    ),
    "RAdam": dict(
        lr=[0.01],
        betas=[[0.9, 0.999], [0.8, 0.9]],
        weightDecay=[0, 0.1],
        decoupledWeightDecay=FLAGS,
        maximize=FLAGS,
    ),
    "Adamax": dict(
        lr=[0.01], betas=[[0.9, 0.999], [0.5, 0.9]], eps=[1e-8, 1e-2], weightDecay=[0, 0.1], maximize=FLAGS
    ),
    "Adagrad": dict(
        lr=[0.1], lrDecay=[0, 0.5], weightDecay=[0, 0.1], initialAccumulatorValue=[0, 0.1], maximize=FLAGS
    ),
    "Adadelta": dict(lr=[0.5], rho=[0.9, 1], eps=[1e-6, 1e-2], weightDecay=[0, 0.1], maximize=FLAGS),
    "RMSprop": dict(
        alpha=[0.99, 0.6], weightDecay=[0, 0.1], momentum=[0, 0.9], centered=FLAGS, maximize=FLAGS
    ),
    "Rprop": dict(lr=[1e-2, 0.5], etas=[[0.5, 1.2], [0.1, 2]], stepSizes=[[1e-6, 50], [1e-3, 0.1]], maximize=FLAGS),
    "ASGD": dict(lambd=[1e-4, 0.1], alpha=[0.75, 2], t0=[1e6, 5], weightDecay=[0, 0.1], maximize=FLAGS),
    "SparseAdam": dict(lr=[1e-3, 0.1], betas=[[0.9, 0.999], [0.5, 0.9]], eps=[1e-8, 1e-2], maximize=FLAGS),
    "Adafactor": dict(
        beta2Decay=[-0.8, -0.1], eps=[[None, 1e-3], [1e-2, 0.5]], d=[1, 1.5], weightDecay=[0, 0.1], maximize=FLAGS
    ),
    "Muon": dict(
        lr=[0.02],
        weightDecay=[0, 0.1],
        momentum=[0.95, 0.3],
        nesterov=FLAGS,
        nsSteps=[5, 2],
        adjustLrFn=[None, "match_rms_adamw"],
    ),
    "LBFGS": dict(
        lr=[1, 0.1], maxIter=[20, 4], historySize=[100, 2], lineSearchFn=[None, "strong_wolfe"]
    ),
    "Lion": dict(lr=[0.01], betas=[[0.9, 0.99], [0.5, 0.6]], weightDecay=[0, 0.1], maximize=FLAGS),
    "LAMB": dict(lr=[0.01], weightDecay=[0, 0.1], biasCorrection=FLAGS, maximize=FLAGS),
    "LARS": dict(
        lr=[0.5], momentum=[0, 0.9], weightDecay=[0, 0.1], nesterov=FLAGS, trustCoefficient=[1e-3, 0.1]
    ),
    "ScheduleFreeSGD": dict(
        lr=[0.1], momentum=[0.9, 0.5], weightDecay=[0, 0.1], warmupSteps=[0, 10], r=[0, 1], maximize=FLAGS
    ),
    "ScheduleFreeAdamW": dict(
        lr=[0.01], betas=[[0.9, 0.999], [0.5, 0.9]], weightDecay=[0, 0.1], warmupSteps=[0, 10], maximize=FLAGS
    ),
}


def legal(name, options):
    if name in ("SGD", "LARS") and options.get("nesterov"):
        return options["momentum"] > 0 and options.get("dampening", 0) == 0
    return True


def cases():
    """(name, options, shapes, extras) of every case."""
    for name, grid in GRIDS.items():
        combinations = [dict(zip(grid, values)) for values in itertools.product(*grid.values())]
        for i, options in enumerate(c for c in combinations if legal(name, c)):
            if name == "LBFGS":
                for problem in ("bowl", "quartic"):
                    yield name, options, [[4], [2]], {"problem": problem}
                continue
            shapes = (MATRIX_SHAPES if name in ("Muon", "SparseAdam") else SHAPES)[i % 2]
            yield name, options, shapes, {"nulls": True} if i % 3 == 0 else {}
        if name not in ("LBFGS", "SparseAdam"):
            groups = [{"lr": 0.05}, {}]
            yield name, {"lr": 0.01}, [MATRIX_SHAPES[0][0], MATRIX_SHAPES[0][1]], {"groups": groups}
    yield "LBFGS", {"lineSearchFn": "strong_wolfe"}, [[2]], {"problem": "rosenbrock"}
    yield "LBFGS", {"lineSearchFn": "strong_wolfe", "maxEval": 3}, [[4], [2]], {"problem": "bowl"}
    for name, options in (("SGD", {"lr": 0.1}), ("SGD", {"lr": 0.1, "momentum": 0.9}), ("Adagrad", {"lr": 0.1})):
        yield name, options, MATRIX_SHAPES[0], {"sparse": True}


def suite():
    """The configurations and error inputs of PyTorch's own tests."""
    expecttest = types.ModuleType("expecttest")
    expecttest.TestCase = unittest.TestCase
    expecttest.assert_expected_inline = None
    sys.modules.setdefault("expecttest", expecttest)
    from torch.testing._internal.common_optimizers import optim_db

    def plain(value):
        if isinstance(value, torch.Tensor):
            return value.item() if value.numel() == 1 else {"tensor": value.tolist()}
        return [plain(v) for v in value] if isinstance(value, tuple) else value

    configurations, errors = [], []
    for info in optim_db:
        for entry in info.optim_inputs_func("cpu"):
            options = {camel(k): plain(v) for k, v in entry.kwargs.items()}
            extras = {"suite": entry.desc}
            shapes = MATRIX_SHAPES[0]
            if info.name == "LBFGS":
                extras["problem"], shapes = "bowl", [[4], [2]]
            configurations.append((info.name, options, shapes, extras))
        for entry in info.optim_error_inputs_func("cpu", torch.float32):
            kwargs = entry.optimizer_error_input.kwargs
            options = {camel(k): {"tensor": 0} if isinstance(v, torch.Tensor) else v for k, v in kwargs.items()}
            if any(isinstance(v, tuple) for v in options.values()):
                options = {
                    k: [{"tensor": 0} if isinstance(x, torch.Tensor) else x for x in v] if isinstance(v, tuple) else v
                    for k, v in options.items()
                }
            errors.append(
                {
                    "optimizer": info.name,
                    "options": options,
                    "description": entry.optimizer_error_input.desc,
                    "torch": entry.error_regex,
                    "warns": entry.error_type is UserWarning,
                }
            )
    return configurations, errors


def short(tensor):
    """float32 values by their shortest decimals; NaN and infinities as strings"""
    values = [float(str(v)) for v in tensor.detach().float().reshape(-1).numpy()]
    return [v if math.isfinite(v) else str(v).replace("inf", "Infinity").replace("nan", "NaN") for v in values]


def state_of(state):
    """The state of one parameter with our names; scalars as numbers."""
    plain = {}
    for key, value in state.items():
        if isinstance(value, torch.Tensor):
            value = value.item() if key in ("step", "mu_product", "eta", "mu") else short(value)
        plain[camel(key)] = value
    return plain


def run(name, options, shapes, extras, seed):
    stream = Stream(seed)
    params = [stream.floats(shape, 1.0).requires_grad_() for shape in shapes]
    kwargs = {snake(key): value for key, value in options.items()}
    if name in torch.optim.__all__ and name not in ("LBFGS", "SparseAdam", "Muon", "Adafactor"):
        kwargs["foreach"] = False
    groups = extras.get("groups")
    argument = [{"params": [p], **g} for p, g in zip(params, groups)] if groups else params
    optimizer = OPTIMIZERS[name](argument, **kwargs)
    if "problem" in extras:
        return run_problem(optimizer, params, PROBLEMS[extras["problem"]])
    for step in range(STEPS):
        for i, p in enumerate(params):
            if extras.get("nulls") and (step + 2 * i) % 5 == 3:
                p.grad = None
            elif extras.get("sparse") or name == "SparseAdam":
                p.grad = stream.sparse(list(p.shape), 0.5)
            else:
                p.grad = stream.floats(list(p.shape), 0.5)
        optimizer.step()
    result = {"expected": [short(p) for p in params]}
    if "suite" in extras and name in torch.optim.__all__:
        result["state"] = state_of(optimizer.state[params[0]])
        if name == "SGD" and options.get("momentum", 0) == 0:
            result["state"] = {}
    return result


def run_problem(optimizer, params, problem):
    losses = []

    def closure():
        optimizer.zero_grad()
        loss = problem([v for p in params for v in p.reshape(-1)])
        loss.backward()
        return loss

    for _ in range(5):
        losses.append(optimizer.step(closure).item())
    return {"expected": [short(p) for p in params], "losses": losses}


def main():
    torch.set_num_threads(1)
    configurations, errors = suite()
    rows = []
    for i, (name, options, shapes, extras) in enumerate([*cases(), *configurations]):
        seed = (SEED + 7919 * i) % 2**32
        row = {"optimizer": name, "options": options, "shapes": shapes, "seed": seed, **extras}
        rows.append(row | run(name, options, shapes, extras, seed))
    versions = {"torch": torch.__version__, "numpy": np.__version__, "python": sys.version.split()[0]}
    path = pathlib.Path(__file__).parent.parent / "fixtures" / "optimizers.json"
    head = json.dumps({"versions": versions, "seed": SEED, "steps": STEPS})[1:-1]
    lines = [f"  {json.dumps(row, separators=(',', ':'))}" for row in rows]
    error_lines = [f"  {json.dumps(row, separators=(',', ':'))}" for row in errors]
    text = '{%s,\n"cases": [\n%s\n],\n"errors": [\n%s\n]}\n' % (head, ",\n".join(lines), ",\n".join(error_lines))
    path.write_text(text)
    print(f"{len(rows)} cases, {len(configurations)} of PyTorch's own, {len(errors)} error inputs, {len(text)} bytes")


main()

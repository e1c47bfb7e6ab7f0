"""
Writes test/fixtures/schedulers.json: learning rates (and momenta) of PyTorch's schedulers over up to 1,000 steps, as a
SHA-256 per case and some of the doubles.

A case is a schedule in lr-core's JSON form, which this script translates to PyTorch. Each case runs twice: with the cosines
and powers of this machine's C library, and with correctly rounded ones, whose results are stored. `libm` counts the doubles
in which the two differ: there PyTorch itself gives other bits on other machines.

    python test/generate/schedulers.py
"""

import functools
import hashlib
import json
import math
import platform
import random
import struct
import types
import warnings
from pathlib import Path

import mpmath
import torch
from rounding import exact, hex64, splitmix64
from torch.optim import lr_scheduler, swa_utils

SEED = 2130
warnings.simplefilter("ignore")


# --- correctly rounded functions -------------------------------------------------------------------------------------


@functools.cache
def exact_cos(x):
    return 1.0 if x == 0 else exact("cos", [x], 320)


@functools.cache
def exact_pow(x, y):
    if y == 0 or x == 1:
        return 1.0
    if x == 0:
        return 0.0 if y > 0 else math.inf
    if x < 0:
        return -exact_pow(-x, y) if y % 2 else exact_pow(-x, y)
    return exact("pow", [x, y], 320)


class Exact(float):
    """A float whose powers are correctly rounded."""

    def __pow__(self, other):
        return exact_pow(float(self), float(other))

    def __rpow__(self, other):
        return exact_pow(float(other), float(self))


EXACT_MATH = types.SimpleNamespace(**{**vars(math), "cos": exact_cos})


# --- the functions that schedules name -------------------------------------------------------------------------------


def make_lambdas(number, cos):
    def noam(epoch):
        step = max(1, epoch)
        size, warmup = number(512.0), number(40.0)
        return size ** (-0.5) * min(number(step) ** (-0.5), step * warmup ** (-1.5))

    return {
        "inverse": lambda epoch: 1 / (epoch + 1),
        "power95": lambda epoch: number(0.95) ** epoch,
        "power9": lambda epoch: number(0.9) ** epoch,
        "wave": lambda epoch: 0.5 * (1.0 + cos(0.01 * epoch)),
        "constant95": lambda epoch: 0.95,
        "nearly1": lambda epoch: 1 - 1 / (epoch + 2),
        "halve": lambda x: 1 / number(2.0) ** (x - 1),
        "noam": noam,
    }


# --- translation to PyTorch ------------------------------------------------------------------------------------------

NAMES = {"tMax": "T_max", "t0": "T_0", "tMult": "T_mult"}


def snake(name):
    if name in NAMES:
        return NAMES[name]
    return "".join("_" + c.lower() if c.isupper() else c for c in name)


def hugging_face(options, lr_init, number, cos):
    """The factors of transformers/optimization.py."""
    name, warmup = options["name"], options.get("numWarmupSteps", 0)
    total = options.get("numTrainingSteps")

    def progress(step):
        return float(step - warmup) / float(max(1, total - warmup))

    def factor(step):
        if name == "constant":
            return 1
        if name == "warmup_stable_decay":
            decay = options["numDecaySteps"]
            stable = options.get("numStableSteps", None if total is None else total - warmup - decay)
            floor = options.get("minLrRatio", 0)
            if step < warmup:
                x = float(step) / float(max(1, warmup))
                f = {
                    "linear": lambda: x,
                    "cosine": lambda: 0.5 * (1.0 - cos(math.pi * x)),
                    "1-sqrt": lambda: 1.0 - math.sqrt(1.0 - x),
                }[options.get("warmupType", "linear")]()
                return max(0.0, f * (1.0 - floor) + floor)
            if step < warmup + stable:
                return 1.0
            if step < warmup + stable + decay:
                x = float(step - warmup - stable) / float(max(1, decay))
                f = {
                    "linear": lambda: 1.0 - x,
                    "cosine": lambda: 0.5 * (1.0 + cos(math.pi * float(options.get("numCycles", 0.5)) * 2.0 * x)),
                    "1-sqrt": lambda: 1.0 - math.sqrt(x),
                }[options.get("decayType", "cosine")]()
                return max(0.0, f * (1.0 - floor) + floor)
            return floor
        if step < warmup:
            return float(step) / float(max(1, warmup))
        if name == "constant_with_warmup":
            return 1.0
        if name == "linear":
            return max(0.0, float(total - step) / float(max(1, total - warmup)))
        if name in ("cosine", "cosine_with_min_lr"):
            floor = options.get("minLrRate", options.get("minLr", 0) / lr_init if "minLr" in options else 0.0)
            f = 0.5 * (1.0 + cos(math.pi * float(options.get("numCycles", 0.5)) * 2.0 * progress(step)))
            return max(0, f * (1 - floor) + floor)
        if name == "cosine_with_restarts":
            if progress(step) >= 1.0:
                return 0.0
            return max(0.0, 0.5 * (1.0 + cos(math.pi * ((float(options.get("numCycles", 1)) * progress(step)) % 1.0))))
        if name == "polynomial":
            end, power = options.get("lrEnd", 1e-7), options.get("power", 1.0)
            if step > total:
                return end / lr_init
            remaining = 1 - (step - warmup) / (total - warmup)
            return ((lr_init - end) * remaining ** number(power) + end) / lr_init
        assert name == "inverse_sqrt"
        timescale = options.get("timescale") or warmup or 10_000
        return 1.0 / math.sqrt((step + timescale - warmup) / timescale)

    return factor


def build(optimizer, schedule, number, cos):
    options = dict(schedule)
    kind = options.pop("type")
    lambdas = make_lambdas(number, cos)
    if kind in ("SequentialLR", "ChainedScheduler"):
        children = [build(optimizer, child, number, cos) for child in options["schedulers"]]
        if kind == "ChainedScheduler":
            return lr_scheduler.ChainedScheduler(children, optimizer)
        return lr_scheduler.SequentialLR(optimizer, children, options["milestones"])
    if kind == "NoamLR":
        size, warmup, scale = options["modelSize"], options["warmupSteps"], options.get("factor", 1)

        def rate(epoch):
            step = max(1, epoch)
            return scale * (number(size) ** (-0.5) * min(number(step) ** (-0.5), step * number(warmup) ** (-1.5)))

        return lr_scheduler.LambdaLR(optimizer, rate)
    if kind == "HuggingFaceLR":
        return lr_scheduler.LambdaLR(optimizer, hugging_face(options, optimizer.defaults["lr"], number, cos))
    arguments = {snake(key): value for key, value in options.items()}
    if "lr_lambda" in arguments:
        named = arguments["lr_lambda"]
        arguments["lr_lambda"] = [lambdas[n] for n in named] if isinstance(named, list) else lambdas[named]
    if "scale_fn" in arguments:
        arguments["scale_fn"] = lambdas[arguments["scale_fn"]]
    for key in ("gamma", "power"):
        if key in arguments:
            arguments[key] = number(arguments[key])
    return getattr(swa_utils if kind == "SWALR" else lr_scheduler, kind)(optimizer, **arguments)


def run(case, number, cos):
    params = [{"params": [torch.zeros(1)], "lr": lr} for lr in case["lrs"]]
    if case["optimizer"] == "sgd":
        optimizer = torch.optim.SGD(params, lr=case["lrs"][0], momentum=0.5)
    else:
        optimizer = torch.optim.Adam(params, lr=case["lrs"][0], betas=(0.7, 0.99))
    scheduler = build(optimizer, case["schedule"], number, cos)
    curve = []

    def record():
        for group in optimizer.param_groups:
            curve.append(float(group["lr"]))
        for group in optimizer.param_groups:
            curve.append(float(group["betas"][0] if "betas" in group else group["momentum"]))

    record()
    metrics = metrics_of(case)
    for i in range(case["steps"] - 1):
        optimizer.step()
        if metrics is not None:
            scheduler.step(metrics[i])
        elif "epochs" in case and case["epochs"][i] is not None:
            scheduler.step(case["epochs"][i])
        else:
            scheduler.step()
        record()
    return curve


def metrics_of(case):
    """1 / (1 + i * rate) + noise * u, u from splitmix64; every `nanEvery`-th is NaN."""
    spec = case.get("metrics")
    if spec is None:
        return None
    bits = splitmix64(spec["seed"])
    values = []
    for i in range(case["steps"]):
        u = (next(bits) >> 11) * 2.0**-53
        nan = spec["nanEvery"] and i % spec["nanEvery"] == 0
        values.append(math.nan if nan else spec["sign"] * (1 / (1 + i * spec["rate"]) + spec["noise"] * u))
    return values


# --- cases -----------------------------------------------------------------------------------------------------------

rng = random.Random(SEED)


def pick(*choices):
    return rng.choice(choices)


def number_between(low, high):
    return round(rng.uniform(low, high), pick(2, 4, 17))


def maybe(options, **extra):
    """Leaves some options out, for their defaults."""
    return options | {key: value for key, value in extra.items() if rng.random() < 0.75}


def schedule_of(kind, groups, steps):
    """Random options of one scheduler."""
    length = pick(1, 2, 3, 7, 10, 30, 97, 100, 365, 500, 1000)
    gamma = pick(0.1, 0.5, 0.9, 0.99, 0.999, 1.0, 1.001, number_between(0.8, 1))
    eta = pick(0, 0.0, 1e-6, 0.001, number_between(0, 0.01))

    def per_group(low, high):
        return [number_between(low, high) for _ in range(groups)] if rng.random() < 0.4 else number_between(low, high)

    if kind in ("LambdaLR", "MultiplicativeLR"):
        names = ["inverse", "power95", "power9", "wave"] if kind == "LambdaLR" else ["constant95", "nearly1", "wave"]
        return {"lrLambda": [pick(*names) for _ in range(groups)] if rng.random() < 0.5 else pick(*names)}
    if kind == "StepLR":
        return maybe({"stepSize": length}, gamma=gamma)
    if kind == "MultiStepLR":
        return maybe({"milestones": [rng.randrange(0, steps) for _ in range(pick(0, 1, 3, 8, 30))]}, gamma=gamma)
    if kind == "ConstantLR":
        return maybe({}, factor=pick(1 / 3, 0.1, 1.0, 0.3, number_between(0.01, 1)), totalIters=pick(0, 1, 5, 100, 2000))
    if kind == "LinearLR":
        return maybe(
            {},
            startFactor=pick(0.1, 1.0, 1 / 3, number_between(0.01, 1)),
            endFactor=pick(0.0, 1.0, 0.5, number_between(0, 1)),
            totalIters=pick(0, 1, 5, 100, 997, 2000),
        )
    if kind == "ExponentialLR":
        return {"gamma": gamma}
    if kind == "PolynomialLR":
        return maybe({}, totalIters=pick(1, 5, 100, 997, 2000, 0), power=pick(0.5, 1.0, 2.0, 0.9, 3.0, number_between(0, 4)))
    if kind == "CosineAnnealingLR":
        return maybe({"tMax": length}, etaMin=eta)
    if kind == "CosineAnnealingWarmRestarts":
        return maybe({"t0": length}, tMult=pick(1, 2, 3, 5), etaMin=eta)
    if kind == "CyclicLR":
        mode = pick("triangular", "triangular2", "exp_range")
        options = maybe(
            {"baseLr": per_group(0.0001, 0.01), "maxLr": per_group(0.01, 1)},
            stepSizeUp=pick(1, 3, 20, 100, 333),
            stepSizeDown=pick(1, 5, 50, 200),
            mode=mode,
            gamma=pick(0.9, 0.999, 0.9999, 1.0),
            cycleMomentum=pick(True, False),
            baseMomentum=per_group(0.5, 0.8),
            maxMomentum=per_group(0.8, 0.99),
        )
        if rng.random() < 0.25:
            options |= {"scaleFn": "halve", "scaleMode": pick("cycle", "iterations")}
        return options
    if kind == "OneCycleLR":
        total = pick(2, 10, 100, 365, 999, steps)
        options = maybe(
            {"maxLr": per_group(0.01, 1)},
            pctStart=pick(0.3, 0.25, 0.45, number_between(0.05, 0.5)),
            annealStrategy=pick("cos", "linear"),
            cycleMomentum=pick(True, False),
            baseMomentum=per_group(0.5, 0.85),
            maxMomentum=per_group(0.85, 0.99),
            divFactor=pick(25.0, 10.0, number_between(2, 100)),
            finalDivFactor=pick(1e4, 100.0, 1.0),
            threePhase=pick(True, False),
        )
        if total == 100:
            return options | {"epochs": 10, "stepsPerEpoch": 10}
        return options | {"totalSteps": total}
    if kind == "ReduceLROnPlateau":
        return maybe(
            {},
            mode=pick("min", "max"),
            factor=pick(0.1, 0.5, 0.9, 0.0, number_between(0, 0.99)),
            patience=pick(0, 1, 2, 5, 10),
            threshold=pick(1e-4, 0.01, 0.0, number_between(0, 0.1)),
            thresholdMode=pick("rel", "abs"),
            cooldown=pick(0, 1, 3, 10),
            minLr=pick(0, 1e-5, 0.001) if rng.random() < 0.5 else [pick(0, 1e-4, 0.01) for _ in range(groups)],
            eps=pick(1e-8, 0, 1e-3),
        )
    if kind == "SWALR":
        return maybe({"swaLr": per_group(0.001, 1)}, annealEpochs=pick(0, 1, 2, 10, 100, 777), annealStrategy=pick("cos", "linear"))
    if kind == "NoamLR":
        return maybe({"modelSize": pick(64, 512, 768), "warmupSteps": pick(1, 10, 400, 4000)}, factor=pick(1, 2.0, 0.5))
    assert kind == "HuggingFaceLR"
    name = pick(*HUGGING_FACE)
    options = {"name": name}
    if name != "constant":
        options["numWarmupSteps"] = pick(0, 1, 10, 100, 300)
    if name not in ("constant", "constant_with_warmup", "inverse_sqrt", "warmup_stable_decay"):
        options["numTrainingSteps"] = pick(400, 777, 1000, 5000)
    if name == "warmup_stable_decay":
        shapes = ("linear", "cosine", "1-sqrt")
        options |= {"numDecaySteps": pick(1, 100, 333), "numTrainingSteps": pick(700, 1000)}
        return maybe(options, warmupType=pick(*shapes), decayType=pick(*shapes), minLrRatio=pick(0, 0.1, 0.25))
    if name == "polynomial":
        return maybe(options, lrEnd=pick(1e-7, 1e-5), power=pick(1.0, 2.0, 0.5))
    if name == "inverse_sqrt":
        return maybe(options, timescale=pick(100, 1000))
    if name == "cosine_with_min_lr":
        return options | pick({"minLr": 1e-5}, {"minLrRate": 0.1})
    if name in ("cosine", "cosine_with_restarts"):
        return maybe(options, numCycles=pick(1, 2, 3) if name != "cosine" else pick(0.5, 1.0, 2.5))
    return options


HUGGING_FACE = [
    "constant",
    "constant_with_warmup",
    "linear",
    "cosine",
    "cosine_with_restarts",
    "polynomial",
    "inverse_sqrt",
    "warmup_stable_decay",
    "cosine_with_min_lr",
]
PLAIN = [
    "LambdaLR",
    "MultiplicativeLR",
    "StepLR",
    "MultiStepLR",
    "ConstantLR",
    "LinearLR",
    "ExponentialLR",
    "PolynomialLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "SWALR",
]
CLOSED = [kind for kind in PLAIN if kind != "SWALR"]


def case_of(kind):
    groups = pick(1, 1, 2, 3)
    steps = 1000
    case = {"optimizer": pick("sgd", "adam"), "lrs": [pick(0.1, 0.01, 0.05, 1.0, number_between(0.001, 1)) for _ in range(groups)]}
    if kind == "SequentialLR":
        count = pick(2, 2, 3, 4)
        children = [{"type": (k := pick(*PLAIN, "CyclicLR")), **schedule_of(k, groups, steps)} for _ in range(count)]
        milestones = sorted(rng.sample(range(1, 600), count - 1))
        case["schedule"] = {"type": kind, "schedulers": children, "milestones": milestones}
    elif kind == "ChainedScheduler":
        children = [{"type": (k := pick(*PLAIN)), **schedule_of(k, groups, steps)} for _ in range(pick(1, 2, 2, 3))]
        case["schedule"] = {"type": kind, "schedulers": children}
    elif kind == "closed":
        kind = pick(*CLOSED)
        steps = 200
        case["schedule"] = {"type": kind, **schedule_of(kind, groups, steps)}
        fractional = kind == "CosineAnnealingWarmRestarts"
        case["epochs"] = [pick(None, rng.randrange(0, 300), *([i / 7] if fractional else [])) for i in range(steps)]
    else:
        case["schedule"] = {"type": kind, **schedule_of(kind, groups, steps)}
        if kind == "OneCycleLR":
            options = case["schedule"]
            steps = options.get("totalSteps", 100) + 1  # one step too many, which PyTorch lets pass
        if kind == "ReduceLROnPlateau":
            case["metrics"] = {
                "seed": rng.randrange(1 << 32),
                "rate": pick(0.0, 0.001, 0.1),
                "noise": pick(0.0, 0.01, 0.3),
                "sign": pick(1, 1, -1),
                "nanEvery": pick(0, 0, 13, 1),
            }
    case["steps"] = steps
    return case


def restarts_differ(case):
    """Whether PyTorch's logarithm finds another cycle than counting does, which lr-core mends."""
    schedule = case["schedule"]
    mult = schedule.get("tMult", 1)
    if schedule["type"] != "CosineAnnealingWarmRestarts" or mult == 1:
        return False
    for epoch in case.get("epochs", []):
        if epoch is None or epoch < schedule["t0"]:
            continue
        n, start = 0, 0
        while epoch - start >= schedule["t0"] * mult**n:
            start += schedule["t0"] * mult**n
            n += 1
        if n != int(math.log(epoch / schedule["t0"] * (mult - 1) + 1, mult)):
            return True
    return False


def finish(case):
    """Runs the case; None where PyTorch raises."""
    plain = run(case, float, math.cos)
    lr_scheduler.math = swa_utils.math = EXACT_MATH
    try:
        curve = run(case, Exact, exact_cos)
    finally:
        lr_scheduler.math = swa_utils.math = math
    if any(math.isnan(x) for x in curve):
        return None
    width = 2 * len(case["lrs"])
    data = b"".join(struct.pack("<d", x) for x in curve)
    steps = [0, 1, 2, 3, 5, 10, 33, 100, 333, 999]
    case["sha256"] = hashlib.sha256(data).hexdigest()
    everything.update(data)
    case["samples"] = {str(i): [hex64(x) for x in curve[i * width : (i + 1) * width]] for i in steps if i < case["steps"]}
    case["libm"] = sum(x != y for x, y in zip(plain, curve))
    scale = max(abs(x) for x in curve)
    case["libmError"] = max(abs(x - y) for x, y in zip(plain, curve)) / scale
    return case


COUNTS = (
    {kind: 18 for kind in PLAIN}
    | {"CyclicLR": 30, "OneCycleLR": 30, "ReduceLROnPlateau": 40, "SequentialLR": 40, "ChainedScheduler": 24}
    | {"closed": 40, "HuggingFaceLR": 30, "NoamLR": 6}
)

cases = []
raised = 0
everything = hashlib.sha256()
for kind, count in COUNTS.items():
    while count:
        case = case_of(kind)
        if restarts_differ(case):
            continue
        try:
            finished = finish(case)
        except (ZeroDivisionError, OverflowError, ValueError):
            finished = None
        if finished is None:
            raised += 1
            continue
        cases.append(finished)
        count -= 1

fixture = {
    "generator": "test/generate/schedulers.py",
    "torch": torch.__version__,
    "python": platform.python_version(),
    "libc": " ".join(platform.libc_ver()),
    "mpmath": mpmath.__version__,
    "seed": SEED,
    "sha256": everything.hexdigest(),
    "cases": cases,
}
path = Path(__file__).parent.parent / "fixtures" / "schedulers.json"
path.write_text(json.dumps(fixture, separators=(",", ":")).replace('},{"optimizer"', '},\n{"optimizer"') + "\n")
values = sum(case["steps"] * 2 * len(case["lrs"]) for case in cases)
print(f"{len(cases)} cases, {values} doubles; the C library's rounding changes {sum(c['libm'] for c in cases)}")
print(f"in {sum(c['libm'] > 0 for c in cases)} cases, by {max(c['libmError'] for c in cases):.2g} of the largest at most")
print(f"{raised} drawn cases raised in PyTorch")

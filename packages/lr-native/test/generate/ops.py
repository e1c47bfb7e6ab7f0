"""
Writes test/fixtures/ops/<family>.json: outputs and all gradients of every op, computed by PyTorch in float64.

    python test/generate/ops.py [family ...]

Inputs are not stored: both sides draw them uniformly from PyTorch's generator with the seed of the case, in the order
of the inputs, and the gradient of the output last. Integer, boolean and chosen inputs are stored. Arrays are base64 of
float32. Options with `args` are the arguments of the op in order, "$0" being input 0, and `pick` which of several results.
`terms` has, for the output and for the gradient of each input, how many products one element sums: the test's bound is
proportional to eps · sqrt(terms) · the largest magnitude. Where a result is the difference of larger numbers, `floor` has
their size, for the output and the gradients. To add an op: a function of `case`s below, and its row in the
table of test/kernels/ops.test.ts if it is not simply F[op](...inputs, options).
"""

import base64
import json
import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

OUT = Path(__file__).parents[1] / "fixtures" / "ops"


def encode(tensor):
    values = tensor.detach().to(torch.float32).contiguous().numpy().astype("<f4")
    return {"shape": list(tensor.shape), "data": base64.b64encode(values.tobytes()).decode()}


class Family:
    def __init__(self, name):
        self.name = name
        self.cases = []

    def case(self, op, fn, inputs, options=None, terms=None, range=(-1.0, 1.0), frozen=(), floor=None, integers=None):
        """
        inputs: shapes of floats, or tensors; fn(*inputs) is PyTorch's; frozen inputs ask for no gradient; integers: the type that
        inputs of integers have in the test, int32 by default.
        """
        seed = 1000 + len(self.cases)
        generator = torch.Generator().manual_seed(seed)
        tensors, described = [], []
        for i, spec in enumerate(inputs):
            if isinstance(spec, torch.Tensor) and spec.is_floating_point():
                tensors.append(spec.double().requires_grad_(i not in frozen))
                described.append({**encode(spec), **({"frozen": True} if i in frozen else {})})
            elif isinstance(spec, torch.Tensor):
                tensors.append(spec)
                kind = {"dtype": "bool"} if spec.dtype == torch.bool else {"dtype": integers} if integers else {}
                described.append({"shape": list(spec.shape), "integers": spec.int().flatten().tolist(), **kind})
            else:
                drawn = torch.empty(spec).uniform_(*range, generator=generator).double()
                drawn.requires_grad_(i not in frozen)
                tensors.append(drawn)
                described.append({"shape": list(spec), **({"frozen": True} if i in frozen else {})})
        y = fn(*tensors)
        dtype = "bool" if y.dtype == torch.bool else None if y.is_floating_point() else integers or "int32"
        dy = torch.empty(y.shape).uniform_(-1.0, 1.0, generator=generator).double()
        if y.requires_grad:
            y.backward(dy)
        grads = [t.grad if t.is_floating_point() else None for t in tensors]
        self.cases.append(
            {
                "op": op,
                "seed": seed,
                "inputs": described,
                **({"range": list(range)} if range != (-1.0, 1.0) else {}),
                "options": options or {},
                "y": encode(y),
                **({"dtype": dtype} if dtype else {}),
                "grads": [None if g is None else encode(g) for g in grads],
                "terms": terms or [1] * (1 + len(tensors)),
                **({"floor": floor} if floor else {}),
            }
        )

    def write(self):
        OUT.mkdir(parents=True, exist_ok=True)
        text = {"torch": torch.__version__, "cases": self.cases}
        (OUT / f"{self.name}.json").write_text(json.dumps(text, separators=(",", ":"), ensure_ascii=False) + "\n")
        print(self.name, len(self.cases), "cases")


def snake(options):
    return {"".join("_" + c.lower() if c.isupper() else c for c in key): value for key, value in options.items()}


def conv2d():
    family = Family("conv2d")
    rows = [
        # x, weight, bias, options
        ((2, 3, 7, 8), (4, 3, 3, 3), True, {}),
        ((1, 1, 5, 5), (1, 1, 1, 1), False, {}),
        ((3, 2, 6, 6), (5, 2, 2, 3), True, {"stride": 2}),
        ((2, 4, 9, 7), (6, 4, 3, 3), True, {"padding": 1}),
        ((2, 4, 9, 7), (6, 2, 3, 3), True, {"padding": 1, "groups": 2}),
        ((2, 6, 8, 8), (6, 1, 3, 3), True, {"padding": 1, "groups": 6}),
        ((2, 6, 8, 8), (12, 1, 3, 3), False, {"padding": 1, "groups": 6, "stride": 2}),
        ((1, 3, 11, 9), (8, 3, 3, 3), True, {"dilation": 2}),
        ((1, 3, 11, 9), (8, 3, 3, 2), True, {"dilation": [1, 3], "stride": [2, 1], "padding": [0, 2]}),
        ((2, 3, 6, 7), (4, 3, 3, 4), True, {"padding": "same"}),
        ((2, 3, 6, 7), (4, 3, 2, 4), True, {"padding": "same", "dilation": [2, 1]}),
        ((2, 3, 6, 7), (4, 3, 3, 3), True, {"padding": "valid"}),
        ((2, 17, 10, 10), (33, 17, 3, 3), True, {"padding": 1}),
        ((1, 32, 6, 6), (16, 32, 1, 1), True, {}),
        ((2, 8, 7, 7), (16, 8, 1, 1), False, {"stride": 2}),
        ((1, 3, 17, 17), (16, 3, 7, 7), True, {"stride": 2, "padding": 3}),
        ((2, 2, 3, 3), (3, 2, 5, 5), True, {"padding": 2}),
        ((2, 2, 5, 5), (3, 2, 2, 2), True, {"stride": 3}),
        ((2, 2, 9, 1), (3, 2, 3, 1), True, {"padding": [1, 0]}),
        ((2, 2, 1, 9), (3, 2, 1, 5), True, {"padding": [0, 2], "stride": [1, 2]}),
        ((3, 7, 8), (4, 3, 3, 3), True, {"padding": 1}),
        ((8, 64, 5, 4), (10, 64, 3, 3), True, {}),
        ((4, 1, 12, 12), (32, 1, 3, 3), True, {}),
        ((2, 16, 8, 8), (32, 4, 3, 3), True, {"groups": 4, "padding": 2, "dilation": 2}),
        ((1, 5, 13, 11), (7, 5, 4, 4), True, {"stride": [3, 2], "padding": [2, 1]}),
    ]
    for x, w, has_bias, options in rows:
        inputs = [x, w] + ([(w[0],)] if has_bias else [])
        args = {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}
        y = F.conv2d(torch.zeros(x), torch.zeros(w), **args)
        per_y = w[1] * w[2] * w[3]
        per_x = w[0] // options.get("groups", 1) * w[2] * w[3]
        per_w = y.numel() // w[0]
        terms = [per_y, per_x, per_w] + ([per_w] if has_bias else [])
        if not has_bias:
            inputs_fn = lambda x, w, a=args: F.conv2d(x, w, None, **a)
        else:
            inputs_fn = lambda x, w, b, a=args: F.conv2d(x, w, b, **a)
        family.case("conv2d", inputs_fn, inputs, options, terms)
    # gradients of some inputs only
    family.case("conv2d", F.conv2d, [(2, 3, 6, 6), (4, 3, 3, 3), (4,)], {}, [27, 36, 32, 32], frozen=(0,))
    family.case("conv2d", F.conv2d, [(2, 3, 6, 6), (4, 3, 3, 3), (4,)], {}, [27, 36, 32, 32], frozen=(1, 2))
    family.case("conv2d", F.conv2d, [(2, 3, 6, 6), (4, 3, 3, 3), (4,)], {}, [27, 36, 32, 32], frozen=(0, 1))
    return family


def linear():
    family = Family("linear")
    for x, w, has_bias in [
        ((4, 3), (5, 3), True),
        ((1, 1), (1, 1), True),
        ((7, 33), (17, 33), True),
        ((7, 33), (17, 33), False),
        ((6,), (4, 6), True),
        ((6,), (4, 6), False),
        ((2, 3, 5), (4, 5), True),
        ((8, 10, 6, 10), (3, 10), True),
        ((64, 128), (10, 128), True),
        ((3, 300), (2, 300), True),
        ((130, 8), (70, 8), True),
    ]:
        rows = math.prod(x[:-1])
        inputs = [x, w] + ([(w[0],)] if has_bias else [])
        family.case("linear", F.linear, inputs, {}, [w[1], w[0], rows] + ([rows] if has_bias else []))
    family.case("linear", F.linear, [(4, 3), (5, 3), (5,)], {}, [3, 5, 4, 4], frozen=(1,))
    family.case("linear", F.linear, [(4, 3), (5, 3), (5,)], {}, [3, 5, 4, 4], frozen=(0,))
    return family


def pooling():
    family = Family("pooling")
    for x, options in [
        ((2, 3, 8, 8), {"kernelSize": 2}),
        ((2, 3, 9, 7), {"kernelSize": 2}),
        ((2, 3, 9, 7), {"kernelSize": 2, "ceilMode": True}),
        ((2, 3, 9, 7), {"kernelSize": 3, "stride": 2, "padding": 1}),
        ((2, 3, 9, 7), {"kernelSize": [3, 2], "stride": [1, 2], "padding": [1, 1]}),
        ((2, 3, 9, 9), {"kernelSize": 3, "stride": 1}),
        ((2, 3, 11, 9), {"kernelSize": 2, "dilation": 2}),
        ((2, 3, 11, 9), {"kernelSize": 3, "stride": 2, "padding": 1, "dilation": 2, "ceilMode": True}),
        ((3, 6, 6), {"kernelSize": 3}),
        ((1, 1, 5, 5), {"kernelSize": 5}),
        ((1, 20, 26, 26), {"kernelSize": 2}),
        ((2, 1, 10, 10), {"kernelSize": 3, "stride": 4, "ceilMode": True}),
    ]:
        overlap = 9
        family.case(
            "maxPool2d", lambda x, o=snake(options): F.max_pool2d(x, **o), [x], options, [1, overlap]
        )
    return family


def losses():
    family = Family("losses")

    def classes(shape, count, seed, ignore=None):
        target = torch.randint(0, count, shape, generator=torch.Generator().manual_seed(seed))
        if ignore is not None:
            flat = target.flatten()
            flat[::3] = ignore
            target = flat.reshape(shape)
        return target

    def cross_entropy(x, target, options, weight=None):
        def fn(x, target, *rest):
            return F.cross_entropy(x, target, weight=rest[0] if rest else None, **snake(options))

        inputs = [x, target] + ([weight] if weight else [])
        n = x[1] if len(x) > 1 else x[0]
        total = target.numel()
        frozen = (2,) if weight else ()
        family.case("crossEntropy", fn, inputs, options, [n * total, n, 1, 1], frozen=frozen, range=(0.0, 3.0))

    for reduction in ("mean", "sum", "none"):
        for smoothing in (0.0, 0.1):
            options = {"reduction": reduction, "labelSmoothing": smoothing}
            cross_entropy((6, 5), classes((6,), 5, 1), options)
            cross_entropy((6, 5), classes((6,), 5, 2), options, (5,))
            cross_entropy((6, 5), classes((6,), 5, 3, -100), options)
            cross_entropy((2, 5, 3, 4), classes((2, 3, 4), 5, 4, 2), {**options, "ignoreIndex": 2}, (5,))
    cross_entropy((7,), torch.tensor(3), {})
    cross_entropy((64, 10), classes((64,), 10, 5), {})
    cross_entropy((3, 1000), classes((3,), 1000, 6), {"labelSmoothing": 0.2})
    cross_entropy((3, 17, 5), classes((3, 5), 17, 7), {})
    cross_entropy((4, 2), classes((4,), 2, 8), {"labelSmoothing": 1.0})

    for reduction in ("mean", "sum", "none"):
        for shape in [(), (5,), (3, 4), (2, 3, 4, 5), (1000,)]:
            options = {"reduction": reduction}
            fn = lambda x, t, r=reduction: F.mse_loss(x, t, reduction=r)
            family.case("mseLoss", fn, [shape, shape], options, [math.prod(shape), 1, 1])
    family.case("mseLoss", F.mse_loss, [(4, 3), (4, 3)], {}, [12, 1, 1], frozen=(1,))
    return family


def arithmetic():
    family = Family("arithmetic")
    pairs = [
        ((3, 4), (3, 4)),
        ((3, 4), (4,)),
        ((3, 1), (1, 4)),
        ((2, 3, 4, 5), (3, 1, 5)),
        ((), (3, 2)),
        ((4, 1, 3), ()),
        ((1,), (5,)),
        ((2, 1, 3, 1), (1, 4, 1, 5)),
        ((33, 17), (33, 1)),
    ]
    for op in ("add", "sub", "mul", "div"):
        for a, b in pairs:
            y = torch.broadcast_shapes(a, b)
            n = math.prod(y)
            terms = [1, n // math.prod(a), n // math.prod(b)]
            range = (0.5, 2.0) if op == "div" else (-1.0, 1.0)
            family.case(op, getattr(torch, op), [a, b], {}, terms, range=range)
    return family


def reduction():
    family = Family("reduction")
    for op in ("sum", "mean"):
        for shape, options in [
            ((), {}),
            ((7,), {}),
            ((3, 4), {}),
            ((3, 4), {"dim": 0}),
            ((3, 4), {"dim": 1, "keepdim": True}),
            ((3, 4), {"dim": -1}),
            ((2, 3, 4, 5), {"dim": [1, 3]}),
            ((2, 3, 4, 5), {"dim": [0, 2], "keepdim": True}),
            ((2, 3, 4), {"dim": [0, 1, 2]}),
            ((1000, 3), {"dim": 0}),
        ]:
            def fn(x, op=op, options=options):
                args = dict(options)
                dim = args.pop("dim", None)
                if dim is None:
                    return getattr(x, op)()
                return getattr(x, op)(dim=tuple(dim) if isinstance(dim, list) else dim, **args)

            family.case(op, fn, [shape], options, [math.prod(shape), 1])
    return family


def more_reductions():
    """prod, extremes, variance, norms and what else runs along dimensions, with ties, zeros and NaN."""
    family = Family("more-reductions")
    ALL = [((), {}), ((7,), {}), ((3, 4), {"dim": 0}), ((3, 4), {"dim": -1, "keepdim": True}), ((2, 3, 4, 5), {"dim": [1, 3]}),
           ((2, 3, 4, 5), {"dim": [0, -2], "keepdim": True}), ((33, 70), {"dim": 1}), ((300, 5), {"dim": 0}), ((5, 2, 9), {})]
    SOME = [row for row in ALL if row[0] != ()]

    def count(shape, options):
        dim = options.get("dim")
        if dim is None:
            return math.prod(shape)
        return math.prod(shape[d] for d in (dim if isinstance(dim, list) else [dim]))

    def arguments(options):
        args = snake(options)
        if isinstance(args.get("dim"), list):
            args["dim"] = tuple(args["dim"])
        return args

    def reduce(op, fn, rows, terms, range=(-1.0, 1.0), floor=None, **extra):
        for shape, options in rows:
            args = arguments(options)
            dims = args.pop("dim", tuple(d for d, _ in enumerate(shape)))
            family.case(
                op, lambda x, a=args, d=dims: fn(x, d, **a), [shape], {**options, **extra}, terms(count(shape, options)),
                range=range, floor=floor
            )

    def prod(x, dims, keepdim=False):
        for d in sorted((d % x.ndim for d in (dims if isinstance(dims, tuple) else (dims,))), reverse=True):
            x = x.prod(d, keepdim=keepdim)
        return x

    reduce("prod", prod, SOME, lambda n: [n, n], range=(0.5, 1.5))
    reduce("amax", torch.amax, ALL, lambda n: [1, 1])
    reduce("amin", torch.amin, ALL, lambda n: [1, 1])
    reduce("logsumexp", torch.logsumexp, ALL, lambda n: [n, 16], range=(-6.0, 6.0), floor=[1, 0])
    for correction in (0, 1):
        reduce("var", lambda x, d, c=correction, **a: torch.var(x, d, correction=c, **a), SOME, lambda n: [n, 16], correction=correction)
        reduce("std", lambda x, d, c=correction, **a: torch.std(x, d, correction=c, **a), SOME, lambda n: [n, 16], correction=correction)
    reduce("var", lambda x, d, **a: torch.var(x, d, correction=1, **a), SOME[2:4], lambda n: [n, 16], range=(99.0, 101.0), floor=[1000, 100])
    for p in (0, 1, 2, 3, 1.5, "inf", "-inf", -1, 0.5):
        norm = lambda x, d, p=p, **a: torch.linalg.vector_norm(x, float(p), d, **a)
        rows = SOME if p == 2 else SOME[1:6]
        reduce("norm", norm, rows, lambda n: [4 * n, 64], range=(0.1, 1.0) if p in (-1, 0.5) else (-1.0, 1.0), p=p)
    reduce("vectorNorm", lambda x, d, **a: torch.linalg.vector_norm(x, 2, d, **a), SOME[:4], lambda n: [n, 4])
    reduce("vectorNorm", lambda x, d, **a: torch.linalg.vector_norm(x, 3, d, **a), SOME[:4], lambda n: [n, 64], ord=3)
    for which in (0, 1):
        reduce("varMean", lambda x, d, w=which, **a: torch.var_mean(x, d, **a)[w], SOME[1:4], lambda n: [n, 16], which=which)

    ties = torch.tensor([[1.0, 3, 3, -2], [0, 0, 0, 0], [5, -1, 5, 5], [-7, 2, -7, 1]])
    nans = torch.tensor([[1.0, math.nan, 3, math.nan], [0, 1, 2, 3], [math.nan, math.nan, 1, 1]])
    zeros = torch.tensor([[2.0, 0, 3, 4], [0, 5, 0, 1], [1, 2, 3, 4]])
    family.case("prod", lambda x: x.prod(1), [zeros], {"dim": 1}, [4, 4])
    family.case("prod", lambda x: x.prod(), [zeros], {}, [4, 4])
    family.case("norm", lambda x: torch.linalg.vector_norm(x, 2, 1), [zeros - zeros], {"dim": 1}, [4, 4])
    family.case("norm", lambda x: torch.linalg.vector_norm(x, 3, 1), [zeros], {"dim": 1, "p": 3}, [4, 16])
    family.case("norm", lambda x: torch.linalg.vector_norm(x, math.inf, 1), [ties], {"dim": 1, "p": "inf"}, [1, 4])
    family.case("std", lambda x: x.std(1), [zeros - zeros + 2], {"dim": 1}, [4, 4])
    infinite = torch.tensor([[-math.inf, -math.inf], [0, -math.inf], [1, math.inf]])
    family.case("logsumexp", lambda x: x.logsumexp(1), [infinite[:2]], {"dim": 1}, [4, 4])
    for x in (ties, nans, (3, 4)):
        for op in ("max", "min"):
            for options in ({"dim": 0}, {"dim": 1, "keepdim": True}):
                family.case(op, lambda x, op=op, o=options: getattr(torch, op)(x, **o).values, [x], options)
            family.case(op, lambda x, op=op: getattr(torch, op)(x), [x], {}, [1, 4])
            for options in ({}, {"dim": 0}, {"dim": -1, "keepdim": True}):
                family.case("arg" + op, lambda x, op=op, o=options: getattr(torch, "arg" + op)(x, **o), [x], options)
    for x in (ties, (3, 4)):
        for op in ("amax", "amin"):
            family.case(op, lambda x, op=op: getattr(torch, op)(x, 1), [x], {"dim": 1}, [1, 4])
    for shape, dim in [((5,), 0), ((3, 4), 0), ((3, 4), -1), ((2, 40, 3), 1), ((1, 300), 1), ((), 0)]:
        n = shape[dim] if shape else 1
        family.case("cumsum", lambda x, d=dim: torch.cumsum(x, d), [shape], {"dim": dim}, [n, n])
    for shape, dim in [((3, 5), 1), ((2, 3, 4), 0), ((7, 33), -1)]:
        n = shape[dim]
        # y · (dy - the sum of y · dy) is a difference of numbers of up to 1
        family.case("softmin", lambda x, d=dim: F.softmin(x, dim=d), [shape], {"dim": dim}, [n, n], range=(-4.0, 4.0), floor=[0, 1])
    for op, fn in [("softmax", F.softmax), ("logSoftmax", F.log_softmax)]:
        for shape, dim in [((2, 300), 1), ((5, 17, 33), 1), ((40, 2, 3), 0), ((2, 5000), -1), ((1, 1), 0)]:
            n = shape[dim]
            family.case(op, lambda x, d=dim, fn=fn: fn(x, dim=d), [shape], {"dim": dim}, [n, n], range=(-9.0, 9.0))
    for shape, options in [((3, 5), {}), ((2, 3, 4), {"dim": 0}), ((3, 5), {"p": 1}), ((3, 5), {"p": 3, "dim": -1}),
                           ((2, 4, 33), {"p": "inf", "dim": 2}), ((3, 5), {"eps": 2.0})]:
        args = {**options, **({"p": math.inf} if options.get("p") == "inf" else {})}
        family.case("normalize", lambda x, a=args: F.normalize(x, **a), [shape], options, [8, 64])
    return family


def matmul():
    family = Family("matmul")
    for a, b in [
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 4)),
        ((2, 3), (3, 4)),
        ((33, 65), (65, 17)),
        ((5, 2, 3), (3, 4)),
        ((2, 3), (5, 3, 4)),
        ((5, 2, 3), (5, 3, 4)),
        ((2, 1, 4, 3), (5, 3, 2)),
        ((5, 2, 3), (3,)),
        ((3,), (5, 3, 4)),
        ((1, 7, 1), (4, 1, 2)),
    ]:
        y = torch.matmul(torch.zeros(a), torch.zeros(b))
        k = a[-1]
        terms = [k, y.numel() * k // math.prod(a), y.numel() * k // math.prod(b)]
        family.case("matmul", torch.matmul, [a, b], {}, terms)
    return family


def shapes():
    family = Family("shapes")
    family.case("relu", F.relu, [(3, 5, 7)])
    family.case("relu", F.relu, [()])
    family.case("relu", F.relu, [(1031,)])
    for shape, options in [((2, 3, 4), {}), ((2, 3, 4), {"startDim": 1}), ((2, 3, 4, 5), {"startDim": 1, "endDim": 2}), ((), {})]:
        family.case("flatten", lambda x, o=snake(options): torch.flatten(x, **o), [shape], options)
    for shape, to in [((2, 6), [3, 4]), ((2, 3, 4), [-1]), ((2, 3, 4), [4, -1, 2]), ((1,), [])]:
        family.case("reshape", lambda x, to=to: torch.reshape(x, to), [shape], {"shape": to})
    for shape, dims in [((2, 3), [0, 1]), ((2, 3, 4), [0, -1]), ((2, 3, 4, 5), [1, 2]), ((3,), [0, 0])]:
        family.case("transpose", lambda x, d=dims: torch.transpose(x, *d), [shape], {"dims": dims})
    for shape, dims in [((2, 3, 4), [2, 0, 1]), ((2, 3, 4, 5), [0, 2, 3, 1]), ((2, 3, 4, 5), [-1, 1, 0, 2])]:
        family.case("permute", lambda x, d=dims: torch.permute(x, d), [shape], {"dims": dims})
    for shapes, dim in [([(2, 3), (4, 3)], 0), ([(2, 3), (2, 1), (2, 2)], 1), ([(2, 3, 4), (2, 5, 4)], -2), ([(3,)], 0)]:
        family.case("cat", lambda *xs, d=dim: torch.cat(xs, d), shapes, {"dim": dim})
    for shapes, dim in [([(2, 3), (2, 3)], 0), ([(2, 3), (2, 3), (2, 3)], -1), ([(), ()], 0)]:
        family.case("stack", lambda *xs, d=dim: torch.stack(xs, d), shapes, {"dim": dim})
    family.case("unsqueeze", lambda x: x.unsqueeze(1), [(2, 3)], {"dim": 1})
    family.case("unsqueeze", lambda x: x.unsqueeze(-1), [(2, 3)], {"dim": -1})
    family.case("squeeze", lambda x: x.squeeze(), [(1, 2, 1, 3)], {})
    family.case("squeeze", lambda x: x.squeeze(2), [(1, 2, 1, 3)], {"dim": 2})
    family.case("squeeze", lambda x: x.squeeze(1), [(1, 2, 1, 3)], {"dim": 1})
    return family


def unary():
    family = Family("unary")
    sizes = [(3, 5), (67,), ()]
    for op, fn, span, *floor in [
        ("exp", torch.exp, (-3.0, 3.0)),
        ("log", torch.log, (0.1, 5.0)),
        ("sqrt", torch.sqrt, (0.1, 5.0)),
        ("abs", torch.abs, (-1.0, 1.0)),
        ("sigmoid", torch.sigmoid, (-6.0, 6.0), 0, 1),
        ("tanh", torch.tanh, (-4.0, 4.0), 0, 1),
        ("silu", F.silu, (-6.0, 6.0), 0, 1),
        ("softplus", F.softplus, (-25.0, 25.0)),
        ("gelu", F.gelu, (-5.0, 5.0), 5, 1),
    ]:
        for shape in sizes:
            family.case(op, fn, [shape], range=span, floor=floor)
    for shape in sizes:
        # tanh(x) near 1 is subtracted from 1: a few more roundings
        family.case(
            "gelu", lambda x: F.gelu(x, approximate="tanh"), [shape], {"approximate": "tanh"}, [2, 4], range=(-5.0, 5.0),
            floor=[5, 1],
        )
        for slope in (0.01, 0.3):
            family.case("leakyRelu", lambda x, s=slope: F.leaky_relu(x, s), [shape], {"negativeSlope": slope})
    for op, fn in [("softmax", F.softmax), ("logSoftmax", F.log_softmax)]:
        for shape, dim in [((3, 5), 1), ((3, 5), 0), ((2, 3, 4), 1), ((2, 3, 4), -1), ((7,), 0), ((3, 100), 1), ((), 0)]:
            n = shape[dim] if shape else 1
            family.case(op, lambda x, d=dim, fn=fn: fn(x, dim=d), [shape], {"dim": dim}, [n, n], range=(-4.0, 4.0))
    return family


def norms():
    family = Family("norms")

    def batch_norm(x, training, affine, eps=1e-5):
        c = x[1]
        n = math.prod(x) // c
        options = {"training": training, "eps": eps}

        def fn(x, mean, var, *affine):
            # statistics move in place, and ask for no gradient
            mean, var = mean.detach().clone(), var.detach().clone() + 1.5
            return F.batch_norm(x, mean, var, *affine, training=training, eps=eps)

        inputs = [x, (c,), (c,)] + ([(c,), (c,)] if affine else [])
        family.case("batchNorm", fn, inputs, options, [4, n, 1, 1, n, n], frozen=(1, 2))

    for x in [(6, 3), (4, 3, 5), (2, 3, 4, 5), (2, 1, 3, 3), (8, 16, 1, 1)]:
        for training in (True, False):
            batch_norm(x, training, True)
        batch_norm(x, True, False)
    batch_norm((3, 4, 2, 2), True, True, 0.1)
    for x, shape in [((4, 6), [6]), ((2, 3, 8), [8]), ((2, 3, 4), [3, 4]), ((1, 33), [33])]:
        n = math.prod(shape)
        rows = math.prod(x) // n
        for affine in (True, False):
            inputs = [x] + ([tuple(shape), tuple(shape)] if affine else [])
            family.case(
                "layerNorm", lambda x, *wb, s=shape: F.layer_norm(x, s, *wb), inputs, {"normalizedShape": shape}, [4, n, rows, rows]
            )
    for x, groups in [((2, 6, 3, 3), 3), ((2, 6, 3, 3), 1), ((2, 6, 3, 3), 6), ((3, 4), 2)]:
        n = math.prod(x[1:]) // groups
        rows = math.prod(x) // x[1]
        for affine in (True, False):
            inputs = [x] + ([(x[1],), (x[1],)] if affine else [])
            family.case(
                "groupNorm", lambda x, *wb, g=groups: F.group_norm(x, g, *wb), inputs, {"numGroups": groups}, [4, max(n, 4), rows, rows]
            )
    for x, options in [((70, 33), {"momentum": 0.3}), ((5, 2, 600), {}), ((2, 5, 1), {}), ((3, 20, 4, 4), {"eps": 0.5})]:
        n = math.prod(x) // x[1]
        for training in (True, False):
            given = {**options, "training": training}

            def fn(x, mean, var, w, b, given=given):
                return F.batch_norm(x, mean.detach().clone(), var.detach().clone() + 1.5, w, b, **given)

            c = (x[1],)
            family.case("batchNorm", fn, [x, c, c, c, c], given, [4, n, 1, 1, n, n], frozen=(1, 2))
    for x, shape in [((40, 70), [70]), ((200, 8), [8]), ((2, 3, 500), [500]), ((3, 2, 5, 7), [2, 5, 7])]:
        n = math.prod(shape)
        rows = math.prod(x) // n
        family.case(
            "layerNorm", lambda x, w, b, s=shape: F.layer_norm(x, s, w, b, 0.01), [x, tuple(shape), tuple(shape)],
            {"normalizedShape": shape, "eps": 0.01}, [4, n, rows, rows]
        )
        family.case(
            "layerNorm", lambda x, w, s=shape: F.layer_norm(x, s, w), [x, tuple(shape)], {"normalizedShape": shape}, [4, n, rows]
        )
    for x, shape in [((4, 6), [6]), ((2, 3, 8), [8]), ((2, 3, 4), [3, 4]), ((40, 70), [70]), ((1, 33), [33]), ((6,), [6])]:
        n = math.prod(shape)
        rows = math.prod(x) // n
        for eps in (None, 0.1):
            options = {"normalizedShape": shape, **({"eps": eps} if eps else {})}
            # the default epsilon is that of the element type, here float32's
            used = eps or torch.finfo(torch.float32).eps
            family.case("rmsNorm", lambda x, w, s=shape, e=used: F.rms_norm(x, s, w, e), [x, tuple(shape)], options, [4, n, rows])
        family.case("rmsNorm", lambda x, s=shape, e=used: F.rms_norm(x, s, None, e), [x], options, [4, n])
    for x in [(2, 3, 5), (2, 3, 4, 5), (1, 2, 300), (3, 1, 2)]:
        n = math.prod(x[2:])
        rows = n * x[0]
        c = (x[1],)
        family.case("instanceNorm", lambda x: F.instance_norm(x), [x], {}, [4, max(n, 16)])
        # pairs become about 1 and -1, whose products with dy cancel in the gradient of the weight
        floor = [0, 1] if n == 2 else None
        family.case(
            "instanceNorm", lambda x, w, b: F.instance_norm(x, weight=w, bias=b, eps=0.01), [x, c, c], {"eps": 0.01},
            [4, max(n, 16), rows, rows], floor=floor
        )
        family.case(
            "instanceNorm",
            lambda x, w, b, m, v: F.instance_norm(x, m.detach().clone(), v.detach().clone() + 1.5, w, b, use_input_stats=False),
            [x, c, c, c, c], {"useInputStats": False}, [4, 4, rows, rows, 1, 1], frozen=(3, 4)
        )
    for x, groups in [((3, 8, 7, 9), 4), ((2, 4, 700), 2), ((4, 6, 1), 3)]:
        n = math.prod(x[1:]) // groups
        rows = math.prod(x) // x[1]
        family.case(
            "groupNorm", lambda x, w, b, g=groups: F.group_norm(x, g, w, b, 0.01), [x, (x[1],), (x[1],)],
            {"numGroups": groups, "eps": 0.01}, [4, max(n, 16), rows, rows]
        )
    return family


def average_pooling():
    family = Family("average-pooling")
    for x, options in [
        ((2, 3, 8, 8), {"kernelSize": 2}),
        ((2, 3, 9, 7), {"kernelSize": 2, "ceilMode": True}),
        ((2, 3, 9, 7), {"kernelSize": 3, "stride": 2, "padding": 1}),
        ((2, 3, 9, 7), {"kernelSize": 3, "stride": 2, "padding": 1, "countIncludePad": False}),
        ((2, 3, 9, 7), {"kernelSize": 3, "stride": 2, "padding": 1, "ceilMode": True}),
        ((2, 3, 9, 7), {"kernelSize": [3, 2], "stride": [1, 2], "divisorOverride": 5}),
        ((3, 6, 6), {"kernelSize": 3, "stride": 1}),
        ((2, 1, 10, 10), {"kernelSize": 3, "stride": 4, "ceilMode": True}),
    ]:
        family.case("avgPool2d", lambda x, o=snake(options): F.avg_pool2d(x, **o), [x], options, [9, 9])
    for x, size in [((2, 3, 8, 8), 1), ((2, 3, 7, 5), 3), ((2, 3, 7, 5), [4, None]), ((3, 4, 6), [2, 3]), ((1, 2, 3, 3), 5)]:
        family.case(
            "adaptiveAvgPool2d", lambda x, s=size: F.adaptive_avg_pool2d(x, s), [x], {"outputSize": size}, [64, 9]
        )
    return family


def more_losses():
    family = Family("more-losses")
    for reduction in ("mean", "sum", "none"):
        for shape in [(5,), (3, 4), ()]:
            n = math.prod(shape)
            for op, fn, options in [
                ("l1Loss", F.l1_loss, {}),
                ("smoothL1Loss", F.smooth_l1_loss, {}),
                ("smoothL1Loss", F.smooth_l1_loss, {"beta": 0.3}),
                ("huberLoss", F.huber_loss, {"delta": 0.4}),
                ("bceWithLogits", F.binary_cross_entropy_with_logits, {}),
            ]:
                given = {**options, "reduction": reduction}
                family.case(op, lambda x, t, fn=fn, o=given: fn(x, t, **o), [shape, shape], given, [4 * n, 4, 4])
        bce = lambda x, t, w, p, r=reduction: F.binary_cross_entropy_with_logits(x, t, w, reduction=r, pos_weight=p)
        family.case(
            "bceWithLogits", bce, [(4, 3), (4, 3), (3,), (3,)], {"reduction": reduction}, [48, 4, 4, 12, 12],
            range=(0.1, 2.0), frozen=(2, 3),
        )
        target = torch.tensor([1, 0, 3, 1, 2])
        family.case("nllLoss", lambda x, t, r=reduction: F.nll_loss(x, t, reduction=r), [(5, 4), target], {"reduction": reduction}, [5, 1])
        family.case(
            "nllLoss", lambda x, t, w, r=reduction: F.nll_loss(x, t, w, ignore_index=1, reduction=r),
            [(5, 4), target, (4,)], {"reduction": reduction, "ignoreIndex": 1}, [5, 1, 1], range=(0.1, 2.0), frozen=(2,),
        )
        for smoothing in (0.0, 0.2):
            options = {"reduction": reduction, "labelSmoothing": smoothing}
            for shape in [(4, 3), (2, 3, 4), (5,)]:
                n = math.prod(shape)
                family.case(
                    "crossEntropy", lambda x, t, o=snake(options): F.cross_entropy(x, t, **o), [shape, shape], options, [n * 4, 16, 16],
                    range=(0.0, 1.0),
                )
    spatial = torch.tensor([[[0, 1], [2, 0]], [[1, 1], [0, 2]]])
    family.case("nllLoss", lambda x, t: F.nll_loss(x, t), [(2, 3, 2, 2), spatial], {}, [8, 1])
    return family


def embedding_and_attention():
    family = Family("embedding-attention")
    indices = torch.tensor([[0, 2, 1], [4, 2, 2]])
    family.case("embedding", lambda i, w: F.embedding(i, w), [indices, (5, 3)], {}, [1, 1, 3])
    family.case("embedding", lambda i, w: F.embedding(i, w, padding_idx=2), [indices, (5, 3)], {"paddingIdx": 2}, [1, 1, 3])
    for q, k, v, options in [
        ((2, 3, 4), (2, 5, 4), (2, 5, 6), {}),
        ((2, 2, 4, 8), (2, 2, 4, 8), (2, 2, 4, 8), {"isCausal": True}),
        ((3, 4), (5, 4), (5, 2), {"scale": 0.7}),
    ]:
        family.case(
            "scaledDotProductAttention", lambda q, k, v, o=snake(options): F.scaled_dot_product_attention(q, k, v, **o),
            [q, k, v], options, [q[-1] * k[-2], 4 * q[-1] * k[-2], 4 * q[-1] * k[-2], k[-2] * q[-2]],
        )
    return family


def conv1d():
    family = Family("conv1d")
    for x, w, has_bias, options in [
        ((2, 3, 9), (4, 3, 3), True, {}),
        ((2, 4, 17), (6, 2, 3), True, {"groups": 2, "padding": 1}),
        ((1, 5, 40), (7, 5, 5), False, {"stride": 3, "padding": 2, "dilation": 2}),
        ((2, 6, 8), (6, 1, 3), True, {"groups": 6, "padding": "same"}),
        ((3, 2, 7), (3, 2, 4), True, {"padding": "same", "dilation": 2}),
        ((2, 2, 7), (3, 2, 4), True, {"padding": "valid"}),
        ((3, 11), (5, 3, 2), True, {"stride": 2}),
        ((1, 1, 1), (1, 1, 1), True, {}),
    ]:
        inputs = [x, w] + ([(w[0],)] if has_bias else [])
        k, n = math.prod(w[1:]), x[0] * x[-1]
        family.case("conv1d", lambda *a, o=snake(options): F.conv1d(*a, **o), inputs, options, [k, w[0] * w[2], n] + [n] * has_bias)
    return family


def conv_transpose():
    family = Family("conv-transpose")
    for x, w, has_bias, options in [
        ((2, 3, 5, 6), (3, 4, 3, 3), True, {}),
        ((1, 1, 3, 3), (1, 1, 1, 1), False, {}),
        ((2, 4, 5, 5), (4, 3, 3, 3), True, {"stride": 2}),
        ((2, 4, 5, 5), (4, 3, 3, 3), True, {"stride": 2, "padding": 1, "outputPadding": 1}),
        ((2, 4, 5, 4), (4, 3, 2, 3), False, {"stride": [2, 3], "padding": [0, 1], "outputPadding": [1, 2]}),
        ((2, 6, 4, 4), (6, 2, 3, 3), True, {"groups": 3, "padding": 1}),
        ((2, 6, 4, 4), (6, 1, 4, 4), True, {"groups": 6, "stride": 2, "padding": 1}),
        ((1, 3, 4, 5), (3, 5, 3, 2), True, {"dilation": 2}),
        ((1, 3, 4, 5), (3, 5, 3, 2), True, {"dilation": [2, 3], "stride": [1, 2], "outputPadding": [1, 2]}),
        ((4, 6, 5), (4, 3, 3, 3), True, {"stride": 2, "padding": 1}),
        ((2, 17, 7, 7), (17, 9, 2, 2), True, {"stride": 2}),
        ((1, 2, 1, 1), (2, 3, 5, 5), True, {}),
    ]:
        groups = options.get("groups", 1)
        out = w[1] * groups
        inputs = [x, w] + ([(out,)] if has_bias else [])
        fn = lambda *a, o=snake(options): F.conv_transpose2d(*a, **o)
        n = 9 * math.prod(x) // x[-3]
        family.case("convTranspose2d", fn, inputs, options, [math.prod(w[2:]) * w[0] + 1, math.prod(w[1:]), n] + [4 * n] * has_bias)
    for x, w, options in [
        ((2, 3, 7), (3, 4, 3), {}),
        ((2, 4, 9), (4, 2, 4), {"stride": 2, "padding": 1, "groups": 2}),
        ((1, 3, 5), (3, 5, 3), {"stride": 3, "outputPadding": 2, "dilation": 2}),
        ((3, 6), (3, 2, 2), {"padding": 1}),
    ]:
        out = w[1] * options.get("groups", 1)
        fn = lambda *a, o=snake(options): F.conv_transpose1d(*a, **o)
        family.case("convTranspose1d", fn, [x, w, (out,)], options, [w[0] * w[2] + 1, w[1] * w[2], 30, 60])
    return family


def more_pooling():
    family = Family("more-pooling")
    for x, options in [
        ((2, 3, 8), {"kernelSize": 2}),
        ((2, 3, 37), {"kernelSize": 3, "stride": 2, "padding": 1}),
        ((3, 11), {"kernelSize": 3, "stride": 2, "ceilMode": True}),
        ((2, 3, 20), {"kernelSize": 3, "stride": 1, "dilation": 2}),
    ]:
        family.case("maxPool1d", lambda x, o=snake(options): F.max_pool1d(x, **o), [x], options, [1, 9])
    for x, options in [
        ((2, 3, 8), {"kernelSize": 2}),
        ((2, 3, 37), {"kernelSize": 3, "stride": 2, "padding": 1}),
        ((2, 3, 37), {"kernelSize": 3, "stride": 2, "padding": 1, "countIncludePad": False}),
        ((3, 10), {"kernelSize": 3, "stride": 4, "ceilMode": True}),
    ]:
        family.case("avgPool1d", lambda x, o=snake(options): F.avg_pool1d(x, **o), [x], options, [9, 9])
    for x, size in [((2, 3, 8), 1), ((2, 3, 7), 3), ((3, 5), 8), ((2, 3, 64), 32)]:
        family.case("adaptiveAvgPool1d", lambda x, s=size: F.adaptive_avg_pool1d(x, s), [x], {"outputSize": size}, [64, 9])
        family.case("adaptiveMaxPool1d", lambda x, s=size: F.adaptive_max_pool1d(x, s), [x], {"outputSize": size}, [1, 9])
    for x, size in [((2, 3, 8, 8), 1), ((2, 3, 7, 5), 3), ((2, 3, 7, 5), [4, None]), ((3, 4, 6), [2, 3]), ((1, 2, 3, 3), 5)]:
        family.case("adaptiveMaxPool2d", lambda x, s=size: F.adaptive_max_pool2d(x, s), [x], {"outputSize": size}, [1, 9])
    for x, options in [((2, 3, 66, 70), {"kernelSize": 2}), ((1, 2, 9, 70), {"kernelSize": 3, "stride": 1, "padding": 1})]:
        family.case("avgPool2d", lambda x, o=snake(options): F.avg_pool2d(x, **o), [x], options, [9, 9])

    def unpool(x, k, o, size):
        _, indices = F.max_pool2d(x, **snake(o), return_indices=True)
        return F.max_unpool2d(k, indices, **snake(o), output_size=size)

    for x, pooled, options, size in [
        ((2, 3, 6, 8), (2, 3, 3, 4), {"kernelSize": 2}, None),
        ((2, 3, 7, 9), (2, 3, 3, 4), {"kernelSize": 2}, [7, 9]),
        ((3, 9, 9), (3, 3, 3), {"kernelSize": 2, "stride": 3}, [9, 9]),
    ]:
        given = {**options, **({"outputSize": size} if size else {})}
        family.case("maxUnpool2d", lambda x, k, o=options, s=size: unpool(x, k, o, s), [x, pooled], given, [1, 1, 9], frozen=(0,))
    return family


def resampling():
    family = Family("resampling")
    rows = []
    for x in [(2, 3, 4, 5), (1, 2, 7, 3)]:
        for size in [8, [3, 11], [4, 5]]:
            for mode in ["nearest", "nearest-exact", "area", "bilinear", "bicubic"]:
                rows.append((x, {"size": size, "mode": mode}))
            rows.append((x, {"size": size, "mode": "bilinear", "alignCorners": True}))
    for scale in [2, 1.7, [0.5, 3]]:
        for mode in ["nearest", "bilinear"]:
            rows.append(((2, 3, 4, 6), {"scaleFactor": scale, "mode": mode}))
    rows.append(((2, 3, 4, 6), {"scaleFactor": 2, "mode": "bicubic", "alignCorners": True}))
    rows.append(((1, 1, 1, 1), {"size": 3, "mode": "bilinear", "alignCorners": True}))
    rows.append(((2, 3, 16, 16), {"scaleFactor": 2}))
    for mode, align in [("nearest", None), ("linear", None), ("linear", True), ("area", None)]:
        rows.append(((2, 3, 7), {"size": 12, "mode": mode, **({"alignCorners": align} if align else {})}))
    rows.append(((2, 3, 7), {"scaleFactor": 2.5, "mode": "linear"}))
    for x, options in rows:
        family.case("interpolate", lambda x, o=snake(options): F.interpolate(x, **o), [x], options, [64, 64])
    for x, padding, options in [
        ((2, 3), [1, 2], {}),
        ((2, 3, 4), [1, 0, 2, 3], {"value": 0.5}),
        ((2, 3, 4, 5), [1, -1, -2, 3], {}),
        ((5,), [3, 4], {"value": -1.5}),
        ((2, 3, 4, 5), [2, 3, 1, 0], {"mode": "reflect"}),
        ((2, 3, 4, 5), [2, 3, 5, 6], {"mode": "replicate"}),
        ((2, 3, 4, 5), [2, 5, 1, 4], {"mode": "circular"}),
        ((2, 3, 4), [2, 1], {"mode": "reflect"}),
        ((2, 3, 4), [5, 1], {"mode": "replicate"}),
        ((2, 3, 4), [4, 1], {"mode": "circular"}),
    ]:
        family.case("pad", lambda x, p=padding, o=options: F.pad(x, p, **o), [x], {"padding": padding, **options}, [1, 16])
    for x, options in [
        ((2, 3, 6, 7), {"kernelSize": 3}),
        ((2, 3, 6, 7), {"kernelSize": [2, 3], "stride": 2, "padding": 1, "dilation": [1, 2]}),
        ((3, 9, 20), {"kernelSize": 3, "stride": [1, 2], "padding": [1, 0]}),
    ]:
        family.case("unfold", lambda x, o=snake(options): F.unfold(x, **o), [x], options, [1, 9])
    for x, options in [
        ((2, 27, 20), {"outputSize": [6, 7], "kernelSize": 3}),
        ((2, 12, 12), {"outputSize": [6, 8], "kernelSize": 2, "stride": 2}),
        ((8, 24), {"outputSize": [5, 7], "kernelSize": 2}),
    ]:
        family.case("fold", lambda x, o=snake(options): F.fold(x, **o), [x], options, [9, 1])
    return family


def classification_losses():
    family = Family("classification-losses")
    spatial = torch.randint(0, 5, (2, 3, 4), generator=torch.Generator().manual_seed(3))
    ignoring = spatial.clone()
    ignoring[:, 0] = 1
    for reduction in ("mean", "sum", "none"):
        for target in (spatial, ignoring):
            options = {"reduction": reduction, "ignoreIndex": 1}
            fn = lambda x, t, w, r=reduction: F.nll_loss(x, t, w, ignore_index=1, reduction=r)
            family.case("nllLoss", fn, [(2, 5, 3, 4), target, (5,)], options, [24, 1, 1], range=(0.1, 2.0), frozen=(2,))
        options = {"reduction": reduction, "labelSmoothing": 0.1}
        weighted = lambda x, t, w, o=snake(options): F.cross_entropy(x, t, w, **o)
        for shape in [(4, 5), (2, 5, 3)]:
            n = math.prod(shape)
            family.case("crossEntropy", weighted, [shape, shape, (5,)], options, [n * 4, 32, 32, 32], range=(0.1, 1.0), frozen=(2,))
        target = torch.tensor([1, 0, 3, 1, 2])
        for p in (1, 2):
            options = {"reduction": reduction, "p": p, "margin": 0.7}
            fn = lambda x, t, *w, o=options: F.multi_margin_loss(x, t, weight=w[0] if w else None, **o)
            family.case("multiMarginLoss", fn, [(5, 4), target], options, [40, 16])
            family.case("multiMarginLoss", fn, [(5, 4), target, (4,)], options, [40, 16, 16], range=(0.1, 1.0), frozen=(2,))
    family.case("multiMarginLoss", F.multi_margin_loss, [(4,), torch.tensor(2)], {}, [16, 16])
    family.case("nllLoss", lambda x, t: F.nll_loss(x, t), [(5,), torch.tensor(2)], {}, [1, 1])
    return family


def pointwise_losses():
    family = Family("pointwise-losses")
    signs = lambda shape: torch.randint(0, 2, shape, generator=torch.Generator().manual_seed(7)) * 2 - 1
    for reduction in ("mean", "sum", "none"):
        for shape in [(5,), (3, 7), ()]:
            n = math.prod(shape)
            terms = [16 * n, 16, 16]
            given = {"reduction": reduction}
            case = lambda op, fn, o={}, **rest: family.case(
                op, lambda *a, o={**snake(o), **given}: fn(*a, **o), [shape, shape], {**o, **given}, terms, **rest
            )
            case("binaryCrossEntropy", F.binary_cross_entropy, range=(0.05, 0.95))
            case("klDiv", F.kl_div, range=(0.1, 1.0))
            case("klDiv", F.kl_div, {"logTarget": True})
            case("poissonNllLoss", F.poisson_nll_loss, floor=[1, 1])
            case("poissonNllLoss", F.poisson_nll_loss, {"full": True}, range=(0.1, 3.0))
            case("poissonNllLoss", F.poisson_nll_loss, {"logInput": False, "eps": 1e-6}, range=(0.1, 3.0))
            for full in (False, True):
                family.case(
                    "gaussianNllLoss", lambda x, t, v, f=full, g=given: F.gaussian_nll_loss(x, t, v, full=f, **g),
                    [shape, shape, shape], {"full": full, **given}, [16 * n, 16, 16, 16], range=(0.2, 1.0), floor=[1, 1],
                )
            target = signs(shape)
            family.case("hingeEmbeddingLoss", lambda x, t, g=given: F.hinge_embedding_loss(x, t, margin=0.4, **g), [shape, target], {"margin": 0.4, **given}, [16 * n, 4])
            family.case("softMarginLoss", lambda x, t, g=given: F.soft_margin_loss(x, t, **g), [shape, target], given, [16 * n, 4])
            family.case("marginRankingLoss", lambda a, b, t, g=given: F.margin_ranking_loss(a, b, t, margin=0.2, **g), [shape, shape, target], {"margin": 0.2, **given}, [16 * n, 4, 4])
        options = {"reduction": reduction}
        family.case(
            "binaryCrossEntropy", lambda x, t, w, o=options: F.binary_cross_entropy(x, t, w, **o), [(4, 3), (4, 3), (3,)], options, [200, 16, 16, 48],
            range=(0.05, 0.95), frozen=(2,),
        )
        family.case(
            "gaussianNllLoss", lambda x, t, v, o=options: F.gaussian_nll_loss(x, t, v, **o), [(4, 3), (4, 3), (4, 1)], options, [200, 16, 16, 48],
            range=(0.2, 1.0), floor=[1, 1],
        )
        family.case("multilabelSoftMarginLoss", lambda x, t, o=options: F.multilabel_soft_margin_loss(x, t, **o), [(4, 3), (4, 3)], options, [200, 16, 16], range=(0.0, 1.0))
        family.case(
            "multilabelSoftMarginLoss", lambda x, t, w, o=options: F.multilabel_soft_margin_loss(x, t, w, **o), [(4, 3), (4, 3), (3,)], options, [200, 16, 16, 16],
            range=(0.0, 1.0), frozen=(2,),
        )
        vectors = [(5, 6), (5, 6), signs((5,))]
        family.case("cosineEmbeddingLoss", lambda a, b, t, o=options: F.cosine_embedding_loss(a, b, t, margin=0.1, **o), vectors, {"margin": 0.1, **options}, [200, 64, 64], floor=[1, 1])
        for o in ({}, {"p": 1, "margin": 0.5}, {"swap": True}):
            family.case("tripletMarginLoss", lambda a, p, n, o={**o, **options}: F.triplet_margin_loss(a, p, n, **o), [(5, 6)] * 3, {**o, **options}, [200, 64, 64, 64], floor=[1, 1])
    for shape in [(4, 3), (2, 3, 4)]:
        for target in (False, True):
            family.case("klDiv", lambda x, t, l=target: F.kl_div(x, t, reduction="batchmean", log_target=l), [shape, shape], {"reduction": "batchmean", "logTarget": target}, [200, 16, 16], range=(0.1, 1.0))
    for a, b, o in [((4, 5), (4, 5), {}), ((2, 3, 4), (2, 3, 4), {"dim": -1}), ((2, 3, 4), (2, 3, 4), {"dim": 0, "eps": 0.5}), ((3, 1, 4), (2, 4), {"dim": 2}), ((4,), (4,), {"dim": 0})]:
        family.case("cosineSimilarity", lambda a, b, o=o: F.cosine_similarity(a, b, **o), [a, b], o, [16, 64, 64], floor=[1, 1])
    for a, b, o in [((4, 5), (4, 5), {}), ((4, 5), (4, 5), {"p": 1}), ((4, 5), (4, 5), {"p": 3, "keepdim": True}), ((4, 5), (5,), {}), ((5,), (5,), {"eps": 0.1})]:
        family.case("pairwiseDistance", lambda a, b, o=o: F.pairwise_distance(a, b, **o), [a, b], o, [32, 64, 64])
    return family


def products():
    family = Family("products")
    for a, b in [((2, 3, 4, 5), (2, 3, 5, 6)), ((2, 1, 4, 5), (1, 3, 5, 6)), ((3, 1, 2, 4, 5), (2, 1, 5, 3)), ((2, 1, 3, 1, 4, 5), (1, 2, 1, 3, 5, 2)), ((7, 33, 20), (7, 20, 17)), ((4, 3, 5), (5, 2)), ((1, 2, 3), (4, 3, 5))]:
        y = torch.matmul(torch.zeros(a), torch.zeros(b))
        k = a[-1]
        family.case("matmul", torch.matmul, [a, b], {}, [k, y.numel() * k // math.prod(a), y.numel() * k // math.prod(b)])
    for op, fn, a, b in [
        ("mm", torch.mm, (3, 4), (4, 5)), ("bmm", torch.bmm, (3, 4, 5), (3, 5, 2)), ("mv", torch.mv, (3, 4), (4,)), ("dot", torch.dot, (7,), (7,)), ("outer", torch.outer, (3,), (4,)),
    ]:
        family.case(op, fn, [a, b], {}, [8, 8, 8])
    for options in ({}, {"beta": 0.5, "alpha": 2.0}):
        family.case("addmm", lambda c, a, b, o=options: torch.addmm(c, a, b, **o), [(5,), (3, 4), (4, 5)], options, [8, 8, 16, 16])
        family.case("baddbmm", lambda c, a, b, o=options: torch.baddbmm(c, a, b, **o), [(2, 3, 5), (2, 3, 4), (2, 4, 5)], options, [8, 8, 16, 16])
    for equation, shapes in [
        ("ij,jk->ik", [(3, 4), (4, 5)]), ("bij,bjk->bik", [(2, 3, 4), (2, 4, 5)]), ("bhld,bhsd->bhls", [(2, 2, 3, 4), (2, 2, 5, 4)]), ("i,j", [(3,), (4,)]), ("ij->ji", [(3, 4)]),
        ("ij->", [(3, 4)]), ("ij,ij->i", [(3, 4), (3, 4)]), ("ik,kj,jl->il", [(2, 3), (3, 4), (4, 5)]), ("ijk,k->ji", [(2, 3, 4), (4,)]), ("ab,cd->abcd", [(2, 3), (2, 2)]), ("bi,bj->ij", [(6, 3), (6, 2)]),
    ]:
        family.case("einsum", lambda *a, e=equation: torch.einsum(e, *a), shapes, {"equation": equation}, [64] + [64] * len(shapes))
    for lead in [(), (4,), (2, 3)]:
        family.case("bilinear", F.bilinear, [(*lead, 3), (*lead, 5), (4, 3, 5), (4,)], {}, [64, 64, 64, 64, 16])
    causal = torch.ones(4, 5, dtype=torch.bool).tril(1)
    for q, k, v, mask, options in [
        ((2, 4, 8), (2, 5, 8), (2, 5, 6), causal, {}),
        ((2, 3, 4, 8), (2, 3, 5, 8), (2, 3, 5, 8), (4, 5), {}),
        ((2, 3, 4, 8), (2, 3, 5, 8), (2, 3, 5, 8), (2, 1, 4, 5), {"scale": 0.5}),
        ((2, 6, 4, 8), (2, 3, 5, 8), (2, 3, 5, 8), None, {"enableGqa": True}),
        ((2, 6, 4, 8), (2, 2, 5, 8), (2, 2, 5, 7), causal, {"enableGqa": True}),
        ((2, 6, 4, 8), (2, 1, 4, 8), (2, 1, 4, 8), None, {"enableGqa": True, "isCausal": True}),
    ]:
        def fn(q, k, v, *mask, o=snake(options)):
            bias = mask[0].bool() if mask and not mask[0].is_floating_point() else mask[0] if mask else None
            return F.scaled_dot_product_attention(q, k, v, attn_mask=bias, **o)

        inputs = [q, k, v] + ([] if mask is None else [mask.long() if isinstance(mask, torch.Tensor) else mask])
        family.case("scaledDotProductAttention", fn, inputs, options, [q[-1] * k[-2], 200, 400, 400, 400])
    return family


def row(op, args, fn, inputs, pick=None):
    """The arguments of a case whose op takes `args`, "$0" for input 0; fn(*inputs) is PyTorch's."""
    return op, fn, inputs, {"args": args, **({} if pick is None else {"pick": pick})}


EDGES = torch.tensor([math.nan, math.inf, -math.inf, 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0])


def binary():
    family = Family("binary")
    pairs = [((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 1), (1, 4)), ((2, 3, 4, 5), (3, 1, 5)), ((), (3, 2)), ((4, 1, 3), ()),
             ((33, 17), (33, 1)), ((2, 1, 3, 1), (1, 4, 1, 5))]
    for op, range in [("pow", (0.2, 3.0)), ("maximum", (-1.0, 1.0)), ("minimum", (-1.0, 1.0)), ("fmod", (0.5, 4.0)),
                      ("remainder", (-4.0, 4.0)), ("atan2", (-2.0, 2.0))]:
        for a, b in pairs:
            n = math.prod(torch.broadcast_shapes(a, b))
            # the gradients of pow are sums of terms of either sign of about this size
            floor = [0, 5] if op == "pow" else None
            terms = [2, 8 * n // math.prod(a), 8 * n // math.prod(b)]
            family.case(op, getattr(torch, op), [a, b], {}, terms, range=range, floor=floor)
    n = len(EDGES)
    for op in ("add", "sub", "mul", "div", "pow", "maximum", "minimum", "atan2", "fmod", "remainder"):
        # every pair of them; the values, and of those with gradients that are functions of finite values, the gradients
        family.case(op, getattr(torch, op), [EDGES.reshape(n, 1), EDGES], frozen=(0, 1))
        finite = EDGES[3:]
        if op in ("fmod", "remainder"):
            finite = EDGES[5:]
        pairs = torch.cartesian_prod(finite, finite)
        family.case(op, getattr(torch, op), [pairs[:, 0].contiguous(), pairs[:, 1].contiguous()], terms=[2, 8, 8])
    for exponent in (2, 3, 0.5, 0, 1, -1, -2):
        family.case(*row("pow", ["$0", exponent], lambda x, e=exponent: torch.pow(x, e), [(3, 5)]), [2, 8], range=(0.3, 2.0))
        # PyTorch's gradient of x^0.5 at -0 is that of 1 / sqrt(x), -infinity
        edges = EDGES[5:] if exponent == 0.5 else EDGES[3:]
        family.case(*row("pow", ["$0", exponent], lambda x, e=exponent: torch.pow(x, e), [edges]), [2, 8])
    for base in (0, 1, 2, 0.5):
        family.case(*row("pow", [base, "$0"], lambda x, b=base: torch.pow(b, x), [(3, 5)]), [2, 8])
    for op in ("add", "sub", "mul", "div", "maximum", "remainder", "fmod"):
        fn = getattr(torch, op)
        for number in (3, -0.7):
            if op != "maximum":
                family.case(*row(op, ["$0", number], lambda x, v=number, fn=fn: fn(x, v), [(4, 3)]), [1, 1], range=(-3.0, 3.0))
    family.case(*row("sub", [2, "$0"], lambda x: 2 - x, [(4, 3)]))
    family.case(*row("div", [2, "$0"], lambda x: 2 / x, [(4, 3)]), [2, 8], range=(0.5, 2.0))
    for weight in (0.3, 0.8, 0, 1):
        family.case(*row("lerp", ["$0", "$1", weight], lambda a, b, w=weight: torch.lerp(a, b, w), [(3, 4), (3, 4)]), [4, 2, 2])
    family.case("lerp", torch.lerp, [(3, 4), (4,), (3, 1)], {}, [4, 4, 12, 16])
    for value in (1, -0.5):
        family.case("addcmul", lambda x, a, b, v=value: torch.addcmul(x, a, b, value=v), [(3, 4), (3, 1), (4,)], {"value": value}, [3, 1, 8, 6])
        family.case("addcdiv", lambda x, a, b, v=value: torch.addcdiv(x, a, b, value=v), [(3, 4), (3, 1), (4,)], {"value": value}, [3, 1, 8, 12], range=(0.5, 2.0))
    for op in ("add", "sub", "mul", "remainder", "maximum", "minimum", "fmod", "pow"):
        a, b = torch.tensor([[5, -7, 2], [9, 4, -1]], dtype=torch.int32), torch.tensor([3, 2, 4], dtype=torch.int32)
        family.case(op, getattr(torch, op), [a, b])
    family.case("div", torch.div, [torch.tensor([5, -7, 2]), torch.tensor([3, 2, 0])])
    family.case("mul", torch.mul, [(3, 2), torch.tensor([3, -2])])
    family.case("add", torch.add, [torch.tensor([True, False]), (3, 2)], {}, [1, 1, 1])
    return family


def comparisons():
    family = Family("comparisons")
    n = len(EDGES)
    for op in ("eq", "ne", "lt", "le", "gt", "ge"):
        fn = getattr(torch, op)
        family.case(op, fn, [EDGES.reshape(n, 1), EDGES], frozen=(0, 1))
        family.case(*row(op, ["$0", 0.5], lambda x, fn=fn: fn(x, 0.5), [EDGES]), frozen=(0,))
        family.case(op, fn, [(3, 1, 5), (4, 1)], frozen=(0, 1))
        family.case(op, fn, [torch.tensor([1, 2, 3]), torch.tensor([[1], [3]])])
        family.case(op, fn, [torch.tensor([1, 2, 3]), torch.tensor([2.5, 2.0, 1.0])], frozen=(1,))
    for op, torch_op in [("isnan", "isnan"), ("isinf", "isinf"), ("isfinite", "isfinite"), ("logicalNot", "logical_not")]:
        family.case(op, getattr(torch, torch_op), [EDGES], frozen=(0,))
    for op in ("And", "Or", "Xor"):
        fn = getattr(torch, "logical_" + op.lower())
        family.case("logical" + op, fn, [torch.tensor([[True], [False]]), torch.tensor([True, False])])
        family.case("logical" + op, fn, [torch.tensor([0, 2, 0]), torch.tensor([1.0, 0.0, 0.0])], frozen=(1,))
    mask = torch.tensor([[True, False, True], [False, False, True]])
    family.case("where", torch.where, [mask, (2, 3), (2, 3)])
    family.case("where", torch.where, [mask, (3,), (2, 1)], {}, [1, 1, 2, 3])
    family.case("where", torch.where, [mask[0], (2, 3), ()], {}, [1, 1, 1, 6])
    family.case(*row("where", ["$0", "$1", 0], lambda c, x: torch.where(c, x, 0), [mask, (2, 3)]))
    family.case(*row("where", ["$0", -2.5, "$1"], lambda c, x: torch.where(c, -2.5, x), [mask, (4, 2, 3)]))
    family.case("where", torch.where, [mask, torch.tensor([1, 2, 3]), torch.tensor([7, 8, 9])])
    family.case("where", torch.where, [mask, mask[1], mask[0]])
    family.case(*row("maskedFill", ["$0", "$1", -1e9], lambda x, m: x.masked_fill(m, -1e9), [(4, 2, 3), mask]), [1, 1, 1])
    family.case("maskedFill", lambda x, m, v: x.masked_fill(m, v), [(2, 3), mask, ()], {}, [1, 1, 1, 6])
    family.case("maskedSelect", torch.masked_select, [(2, 3), mask])
    family.case("maskedSelect", torch.masked_select, [(4, 1, 3), mask], {}, [1, 2])
    family.case("clamp", lambda x: torch.clamp(x, -0.5, 0.5), [(3, 5)], {"min": -0.5, "max": 0.5})
    family.case("clamp", lambda x: torch.clamp(x, min=0.5), [EDGES], {"min": 0.5})
    family.case("clamp", lambda x: torch.clamp(x, max=0.5), [EDGES], {"max": 0.5})
    family.case("clamp", lambda x: torch.clamp(x, -0.5, 2), [EDGES], {"min": -0.5, "max": 2})
    family.case("clamp", lambda x: torch.clamp(x, 1, -1), [(7,)], {"min": 1, "max": -1})
    family.case("clamp", lambda x, a, b: torch.clamp(x, a, b), [(4, 5), (5,), (4, 1)], {"args": ["$0", {"min": "$1", "max": "$2"}]}, [1, 1, 4, 5])
    return family


def functions():
    family = Family("functions")
    for op, span, terms in [
        ("exp2", (-3.0, 3.0), [1, 4]), ("expm1", (-3.0, 3.0), [1, 2]), ("log2", (0.1, 5.0), [1, 4]), ("log10", (0.1, 5.0), [1, 4]),
        ("log1p", (-0.9, 5.0), [1, 4]), ("rsqrt", (0.1, 5.0), [2, 8]), ("square", (-2.0, 2.0), [1, 1]), ("reciprocal", (0.3, 2.0), [1, 4]),
        ("neg", (-1.0, 1.0), [1, 1]), ("sign", (-1.0, 1.0), [1, 1]), ("sin", (-9.0, 9.0), [1, 2]), ("cos", (-9.0, 9.0), [1, 2]),
        ("tan", (-1.4, 1.4), [1, 4]), ("asin", (-0.95, 0.95), [1, 4]), ("acos", (-0.95, 0.95), [1, 4]), ("atan", (-5.0, 5.0), [1, 4]),
        ("sinh", (-4.0, 4.0), [1, 2]), ("cosh", (-4.0, 4.0), [1, 2]), ("floor", (-5.0, 5.0), [1, 1]), ("ceil", (-5.0, 5.0), [1, 1]),
        ("round", (-5.0, 5.0), [1, 1]), ("trunc", (-5.0, 5.0), [1, 1]), ("erf", (-3.0, 3.0), [1, 2]), ("erfc", (-3.0, 3.0), [1, 2]),
    ]:
        for shape in [(3, 5), ()]:
            family.case(op, getattr(torch, op), [shape], {}, terms, range=span)
        family.case(op, getattr(torch, op), [EDGES], {}, terms, frozen=(0,))
        if op not in ("log2", "log10", "log1p", "rsqrt", "reciprocal", "asin", "acos"):
            family.case(op, getattr(torch, op), [EDGES[3:]], {}, terms)
    for op, fn, options in [
        ("relu6", F.relu6, {}), ("elu", F.elu, {}), ("elu", F.elu, {"alpha": 0.6}), ("selu", F.selu, {}), ("celu", F.celu, {}),
        ("celu", F.celu, {"alpha": 0.6}), ("mish", F.mish, {}), ("softplus", F.softplus, {"beta": 2, "threshold": 5}),
        ("softsign", F.softsign, {}), ("hardtanh", F.hardtanh, {}), ("hardtanh", F.hardtanh, {"minVal": -2, "maxVal": 0.5}),
        ("hardsigmoid", F.hardsigmoid, {}), ("hardswish", F.hardswish, {}), ("logsigmoid", F.logsigmoid, {}),
        ("tanhshrink", F.tanhshrink, {}), ("softshrink", F.softshrink, {}), ("softshrink", F.softshrink, {"lambd": 1}),
        ("hardshrink", F.hardshrink, {}), ("hardshrink", F.hardshrink, {"lambd": 1}),
    ]:
        call = lambda x, fn=fn, a=snake(options): fn(x, **a)
        for shape in [(3, 5), (67,)]:
            family.case(op, call, [shape], options, [4, 8], range=(-5.0, 5.0))
        family.case(op, call, [EDGES[3:]], options, [4, 8])
    family.case(*row("threshold", ["$0", 0.5, -3], lambda x: F.threshold(x, 0.5, -3), [EDGES[3:]]))
    family.case("prelu", F.prelu, [(2, 3, 4), (3,)], {}, [1, 1, 8])
    family.case("prelu", F.prelu, [(2, 3, 4), (1,)], {}, [1, 1, 24])
    family.case("prelu", F.prelu, [EDGES[3:], torch.tensor([0.25])], {}, [1, 1, 10])
    return family


def layout():
    family = Family("layout")

    def add(op, args, fn, inputs, terms=None, pick=None):
        family.case(*row(op, args, fn, inputs, pick), terms)

    x = (2, 3, 4)
    add("view", ["$0", [6, -1]], lambda x: x.view(6, -1), [x])
    add("unflatten", ["$0", 1, [3, -1]], lambda x: x.unflatten(1, (3, -1)), [(2, 6, 2)])
    add("swapaxes", ["$0", 0, -1], lambda x: x.swapaxes(0, -1), [x])
    for source, destination in [(0, -1), ([0, 1], [2, 0]), (-1, 0)]:
        add("movedim", ["$0", source, destination], lambda x, s=source, d=destination: torch.movedim(x, s, d), [x])
    add("expand", ["$0", [2, 3, 4]], lambda x: x.expand(2, 3, 4), [(2, 1, 4)], [1, 3])
    add("expand", ["$0", [5, -1, 3, 4]], lambda x: x.expand(5, -1, 3, 4), [(2, 1, 4)], [1, 15])
    add("expand", ["$0", [3]], lambda x: x.expand(3), [()], [1, 3])
    add("expandAs", ["$0", "$1"], lambda x, y: x.expand_as(y), [(3, 1), torch.zeros(2, 3, 4).int()], [1, 8, 1])
    add("broadcastTo", ["$0", [4, 3]], lambda x: torch.broadcast_to(x, (4, 3)), [(3,)], [1, 4])
    for repeats in [[2, 1], [2, 3, 2]]:
        add("repeat", ["$0", repeats], lambda x, r=repeats: x.repeat(r), [(2, 3)], [1, 12])
    for repeats in [[2], [3, 1, 2]]:
        add("tile", ["$0", repeats], lambda x, r=repeats: torch.tile(x, r), [(2, 3)], [1, 12])
    add("outer", ["$0", "$1"], torch.outer, [(3,), (4,)], [1, 4, 3])
    for indexing in ("ij", "xy"):
        for pick in (0, 1, 2):
            add("meshgrid", [["$0", "$1", "$2"], {"indexing": indexing}], lambda a, b, c, i=indexing, p=pick: torch.meshgrid(a, b, c, indexing=i)[p],
                [torch.tensor([1, 2, 3]), torch.tensor([4, 5]), torch.tensor([6, 7, 8, 9])], None, pick)
    for dims in ([0], [1, 2], [-1, 0]):
        add("flip", ["$0", dims], lambda x, d=dims: torch.flip(x, d), [x])
    for shifts, dims in [(1, 0), (-2, 2), ([1, 2], [0, 1]), (5, None), (7, 1), ([1, 1], [2, 2])]:
        add("roll", ["$0", shifts] + ([] if dims is None else [dims]), lambda x, s=shifts, d=dims: torch.roll(x, s, d), [x])
    for diagonal in (0, 1, -2, 5, -5):
        add("tril", ["$0", diagonal], lambda x, k=diagonal: torch.tril(x, k), [(2, 3, 4)])
        add("triu", ["$0", diagonal], lambda x, k=diagonal: torch.triu(x, k), [(4, 3)])
    for offset in (0, 1, -1):
        add("diag", ["$0", offset], lambda x, k=offset: torch.diag(x, k), [(3,)])
        add("diag", ["$0", offset], lambda x, k=offset: torch.diag(x, k), [(3, 4)])
        add("diagonal", ["$0", {"offset": offset, "dim1": 2, "dim2": 0}], lambda x, k=offset: torch.diagonal(x, k, 2, 0), [(3, 2, 4)])
    for padding in ([1, 2], [0, 1, 2, 0], [1, 1, 0, 2, 3, 0], [-1, 2], [-1, -1, 2, -1], [3, -3]):
        add("pad", ["$0", padding, {"value": 1.5}], lambda x, p=padding: F.pad(x, p, value=1.5), [(2, 3, 4)])
    for mode in ("reflect", "replicate", "circular"):
        for padding, shape in [([1, 2], (2, 3, 4)), ([2, 1, 1, 2], (2, 2, 3, 4))]:
            add("pad", ["$0", padding, {"mode": mode}], lambda x, p=padding, m=mode: F.pad(x, p, mode=m), [shape], [1, 9])
    add("cat", [["$0", "$1"], 0], lambda a, b: torch.cat([a, b]), [torch.tensor([[1, 2]]), torch.tensor([[3, 4], [5, 6]])])
    add("permute", ["$0", [3, 1, 0, 2]], lambda x: x.permute(3, 1, 0, 2), [(5, 4, 33, 18)])
    add("transpose", ["$0", 0, 1], lambda x: x.transpose(0, 1), [(65, 37)])
    return family


def parts():
    family = Family("parts")

    def add(op, args, fn, inputs, terms=None, pick=None):
        family.case(*row(op, args, fn, inputs, pick), terms)

    x = (4, 5, 6)
    for dim, start, length in [(0, 1, 2), (1, 0, 5), (-1, -3, 2)]:
        add("narrow", ["$0", dim, start, length], lambda x, a=(dim, start, length): x.narrow(*a), [x])
    for dim, at in [(0, 1), (1, -1), (-1, 3)]:
        add("select", ["$0", dim, at], lambda x, a=(dim, at): x.select(*a), [x])
    places = torch.tensor([3, 0, 3])
    for items, fn in [
        ([2], lambda x: x[2]),
        ([None, -1], lambda x: x[:, -1]),
        ([[1, 3]], lambda x: x[1:3]),
        ([[1, None], [None, None, 2], [-4, -1]], lambda x: x[1:, ::2, -4:-1]),
        ([[0, 100], 0, [1, 6, 3]], lambda x: x[0:100, 0, 1:6:3]),
        ([1, 2, 3], lambda x: x[1, 2, 3]),
    ]:
        add("index", ["$0", *items], fn, [x])
    add("index", ["$0", "$1"], lambda x, i: x[i], [x, places], [1, 2])
    add("index", ["$0", None, "$1", 2], lambda x, i: x[:, i, 2], [x, torch.tensor([-1, 0, 0, 2])], [1, 2])
    add("index", ["$0", "$1", "$2"], lambda x, i, j: x[i][:, j], [x, places, torch.tensor([1, 4])], [1, 2])
    for size, pick in [(2, 0), (2, 1), (3, 1), ([1, 3], 1)]:
        add("split", ["$0", size], lambda x, s=size, p=pick: torch.split(x, s)[p], [x], None, pick)
    add("split", ["$0", 4, -1], lambda x: torch.split(x, 4, -1)[1], [x], None, 1)
    for chunks, pick in [(2, 1), (3, 2), (9, 4)]:
        add("chunk", ["$0", chunks, 1], lambda x, c=chunks, p=pick: torch.chunk(x, c, 1)[p], [x], None, min(pick, 4))
    add("unbind", ["$0"], lambda x: torch.unbind(x)[3], [x], None, 3)
    add("unbind", ["$0", 2], lambda x: torch.unbind(x, 2)[0], [x], None, 0)
    for dim, i in [(0, [3, 0, 3]), (1, [1]), (-1, [5, 5, 5, 0])]:
        index = torch.tensor(i)
        add("indexSelect", ["$0", dim, "$1"], lambda x, i, d=dim: torch.index_select(x, d, i), [x, index], [1, 3])
    draw = torch.Generator().manual_seed(7)
    for shape, dim, index in [((4, 5), 0, (3, 5)), ((4, 5), 1, (4, 7)), ((4, 5), 1, (2, 3)), ((3, 4, 5), 1, (3, 6, 5)), ((6,), 0, (9,)),
                              ((2, 3, 40), 2, (2, 1, 50))]:
        i = torch.randint(0, shape[dim], index, generator=draw)
        add("gather", ["$0", dim, "$1"], lambda x, i, d=dim: torch.gather(x, d, i), [shape, i], [1, 8])
        add("scatterAdd", ["$0", dim, "$1", "$2"], lambda x, i, s, d=dim: torch.scatter_add(x, d, i, s), [shape, i, index], [9, 1, 1, 1])
        larger = tuple(n + 1 for n in index)
        # PyTorch takes a larger source, but not its gradient
        larger_row = row("scatterAdd", ["$0", dim, "$1", "$2"], lambda x, i, s, d=dim: torch.scatter_add(x, d, i, s), [shape, i, larger])
        family.case(*larger_row, [9, 1, 1, 1], frozen=(2,))
    for shape, dim, index in [((4, 3), 0, [[2, 0, 1], [0, 3, 2]]), ((3, 5), 1, [[4, 0], [1, 2], [3, 4]]), ((5,), 0, [4, 1])]:
        i = torch.tensor(index)
        add("scatter", ["$0", dim, "$1", "$2"], lambda x, i, s, d=dim: torch.scatter(x, d, i, s), [shape, i, tuple(i.shape)])
        add("scatter", ["$0", dim, "$1", 2.5], lambda x, i, d=dim: torch.scatter(x, d, i, 2.5), [shape, i])
    add("takeAlongDim", ["$0", "$1", 1], lambda x, i: torch.take_along_dim(x, i, 1), [(3, 4), torch.tensor([[2, 0, 2]])], [1, 2])
    add("takeAlongDim", ["$0", "$1", 0], lambda x, i: torch.take_along_dim(x, i, 0), [(3, 1, 2), torch.tensor([[[2], [0]]])], [1, 2])
    add("oneHot", ["$0", 5], lambda i: F.one_hot(i, 5), [torch.tensor([[0, 4], [2, 2]])])
    add("oneHot", ["$0"], lambda i: F.one_hot(i), [torch.tensor([1, 0, 3])])
    family.case("embedding", F.embedding, [torch.tensor([[0, 2, 1, 1], [4, 2, 2, 0]]), (5, 37)], {}, [1, 1, 4])
    family.case("embedding", lambda i, w: F.embedding(i, w, padding_idx=-1), [torch.tensor([4, 4, 1]), (5, 3)], {"paddingIdx": -1}, [1, 1, 4])
    return family


def nan():
    """What becomes of NaN, of the fixtures that other families have not."""
    family = Family("nan")
    NAN, INF = math.nan, math.inf
    x = torch.tensor([[1.0, NAN, 3, NAN], [5, 5, 2, 1], [NAN, NAN, NAN, NAN], [-INF, 0, INF, INF]])
    for op in ("amax", "amin"):
        for options in ({"dim": 1}, {"dim": 0, "keepdim": True}, {}):
            args = {**options, "dim": options.get("dim", (0, 1))}
            family.case(op, lambda x, op=op, a=args: getattr(torch, op)(x, **a), [x], options)
            family.case(op, lambda x, op=op, a=args: getattr(torch, op)(x, **a), [x[1:2]], options, [1, 4])
    for op in ("max", "min"):
        family.case(op, lambda x, op=op: getattr(torch, op)(x), [x], {}, [1, 4])
        family.case(op, lambda x, op=op: getattr(torch, op)(x, dim=1).values, [x], {"dim": 1})
        for options in ({}, {"dim": 0}, {"dim": 1}):
            family.case("arg" + op, lambda x, op=op, o=options: getattr(torch, "arg" + op)(x, **o), [x], options)
    a, b = torch.tensor([1.0, NAN, 3, NAN, 2, INF, -INF]), torch.tensor([NAN, 1.0, 3, NAN, 1, NAN, -INF])
    for op in ("maximum", "minimum"):
        family.case(op, getattr(torch, op), [a, b])
        family.case(op, getattr(torch, op), [x, x[:, :1].clone()], {}, [1, 1, 4])
    value = torch.tensor([1.0, NAN, 3, 5, -4, 2, 2, 1, 0.5, 2, INF, 1, 1])
    least = torch.tensor([NAN, 1.0, 0, NAN, 0, 2, 3, 3, 0, 4, 0, 1, NAN])
    most = torch.tensor([2.0, 2, NAN, NAN, 1, 3, 2, 1, 0.5, 4, INF, 1, NAN])
    family.case(*row("clamp", ["$0", {"min": "$1", "max": "$2"}], torch.clamp, [value, least, most]))
    family.case(*row("clamp", ["$0", {"min": "$1"}], lambda x, a: torch.clamp(x, min=a), [value, least]))
    family.case(*row("clamp", ["$0", {"max": "$1"}], lambda x, a: torch.clamp(x, max=a), [value, most]))
    family.case(*row("clamp", ["$0", {"min": "$1", "max": 1}], lambda x, a: torch.clamp(x, a, torch.tensor(1.0).double()), [value, least]))
    family.case(*row("clamp", ["$0", {"min": 0, "max": 2}], lambda x: torch.clamp(x, 0, 2), [value]))
    seen = torch.tensor([[True, False, True], [False, False, False], [True, True, True]])
    shape = (2, 2, 3, 4)
    terms = [12, 48, 48, 12]
    family.case("scaledDotProductAttention", lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, m), [shape, shape, shape, seen], {}, terms + [1])
    scores = torch.zeros(3, 3).masked_fill(~seen, -INF)
    family.case("scaledDotProductAttention", lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, m), [shape, shape, shape, scores], {}, terms + [1], frozen=(3,))
    for fn, op in ((F.softmax, "softmax"), (F.log_softmax, "logSoftmax")):
        hidden = torch.tensor([[-INF, -INF, -INF], [1, -INF, 2], [NAN, 1, 2]])
        family.case(op, lambda x, fn=fn: fn(x, dim=1), [hidden], {"dim": 1}, frozen=(0,))
        family.case(op, lambda x, fn=fn: fn(x, dim=0), [hidden.T.contiguous()], {"dim": 0}, frozen=(0,))
    return family


def order():
    """Sorting and what is made of it, with ties and NaN."""
    family = Family("order")
    NAN = math.nan
    ties = torch.tensor([[1.0, 3, 3, -2, 0], [0, -0.0, 0, 0, 1], [5, -1, 5, 5, 5], [-7, 2, -7, 1, 9]])
    nans = torch.tensor([[1.0, NAN, 3, NAN, 7], [0, 1, 2, 3, math.inf], [NAN, NAN, 1, 1, -math.inf]])

    def both(op, args, fn, x, positions=True):
        """Which of equals PyTorch's selections take is left open: then there are no positions, and no gradient."""
        for pick in ("values", "indices") if positions else ("values",):
            family.case(*row(op, args, lambda x, p=pick: getattr(fn(x), p), [x], pick), frozen=() if positions else (0,))

    for x in (ties, nans, (3, 5), (2, 70, 3), (2, 130), ()):
        for options in ({}, {"dim": 0}, {"dim": -1, "descending": True}):
            call = lambda x, o=options: torch.sort(x, **{"dim": -1, **o}, stable=True)
            both("sort", ["$0", options], call, x)
        family.case(*row("argsort", ["$0", {"dim": 0}], lambda x: torch.argsort(x, dim=0, stable=True), [x]))
        for options in ({}, {"largest": False}, {"dim": 0}):
            k = 1 if x == () else 2
            both("topk", ["$0", k, options], lambda x, k=k, o=options: torch.topk(x, k, **o), x, isinstance(x, tuple))
        for options in ({}, {"dim": 0, "keepdim": True}):
            k = 1 if x == () else 2
            both("kthvalue", ["$0", k, options], lambda x, k=k, o=options: torch.kthvalue(x, k, **o), x, isinstance(x, tuple))
        for options in ({"dim": -1}, {"dim": 0, "keepdim": True}):
            both("median", ["$0", options], lambda x, o=options: torch.median(x, **o), x, x is not ties)
        family.case("median", lambda x: torch.median(x), [x], {}, [1, 4])
    for x, options in [((2, 6), {}), ((4, 3, 5), {"dim": 0}), ((3, 8, 2), {"dim": -2})]:
        family.case("glu", lambda x, o=options: F.glu(x, **o), [x], options, [2, 8], range=(-4.0, 4.0))
    for x, args in [((2, 3, 9), (2, 3)), ((3, 10), (1, 2, 1)), ((2, 2, 11), (3, 3, 2, True))]:
        options = dict(zip(("normType", "kernelSize", "stride", "ceilMode"), args))
        family.case("lpPool1d", lambda x, a=args: F.lp_pool1d(x, *a), [x], options, [16, 64], range=(0.1, 1.0))
    for x, args in [((2, 3, 8, 8), (2, 2)), ((3, 7, 9), (1, (2, 3), 2)), ((2, 2, 9, 9), (3, 2, (2, 3), True)), ((1, 2, 6, 6), (2, 3))]:
        options = dict(zip(("normType", "kernelSize", "stride", "ceilMode"), args))
        family.case("lpPool2d", lambda x, a=args: F.lp_pool2d(x, *a), [x], options, [16, 64], range=(0.1, 1.0))
    return family


def truth_and_integers():
    """Truth over dimensions, and integers of every type, which the test makes of int32."""
    family = Family("truth-and-integers")
    some = torch.tensor([[1, 0, 2], [0, 0, 0], [3, 4, 5]])
    for op in ("all", "any"):
        for options in ({}, {"dim": 0}, {"dim": 1, "keepdim": True}, {"dim": [0, 1]}):
            args = {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}
            family.case(op, lambda x, op=op, a=args: getattr(torch, op)(x, **a), [some], options)
            family.case(op, lambda x, op=op, a=args: getattr(torch, op)(x, **a), [some > 0], options)
        family.case(op, lambda x, op=op: getattr(torch, op)(x, dim=1), [torch.tensor([[0.0, -0.0], [math.nan, 1.0], [math.inf, 0.0]])], {"dim": 1}, frozen=(0,))
    a, b = torch.tensor([[7, -7, 250], [90, 4, -1]]), torch.tensor([3, -2, 100])
    for dtype in (torch.int32, torch.int64, torch.uint8):
        name = str(dtype).split(".")[1]
        p, q = a.to(dtype), b.to(dtype)
        for op in ("add", "sub", "mul", "remainder", "fmod", "maximum", "minimum", "eq", "ne", "lt", "le", "gt", "ge"):
            family.case(op, getattr(torch, op), [p, q], integers=name)
            family.case(op, getattr(torch, op), [q.reshape(3, 1), q], integers=name)
        family.case("pow", torch.pow, [p, torch.tensor([0, 1, 3]).to(dtype)], integers=name)
    return family


FAMILIES = [conv2d, linear, pooling, losses, arithmetic, reduction, more_reductions, matmul, shapes, unary, norms, average_pooling,
            more_losses, embedding_and_attention, conv1d, conv_transpose, more_pooling, resampling, classification_losses,
            pointwise_losses, products, binary, comparisons, functions, layout, parts, nan, order, truth_and_integers]

if __name__ == "__main__":
    for make in FAMILIES:
        if len(sys.argv) == 1 or make.__name__ in sys.argv[1:]:
            make().write()

"""
PyTorch's side of the benchmarks: answers requests, a JSON object a line, on standard input.

    {"build": {"kind": ..., ...}, "threads": n, "device": name}   -> {"ok": true}; the call that `run` times from here on
    {"run": seconds}                              -> {"times": [microseconds of each call]}

With an argument, a ProcessRequest of case.ts as JSON, it trains that model in this process instead and prints
{"peak": bytes, "ms": ...}, the most memory it had, or the GPU where the device is one, and the time since the first import.

On a GPU a call is over when the GPU is done with it, and float32 is float32, as ours is: convolutions do without TF32 too.

To add a kind: a function below with its name, which takes the parameters and returns the call.
"""

import time

started = time.perf_counter()

import json
import sys

import torch
import torch.nn.functional as F
from torch import nn


def gemm(m, n, k, ta, tb):
    a = torch.randn(k, m).t() if ta else torch.randn(m, k)
    b = torch.randn(n, k).t() if tb else torch.randn(k, n)
    c = torch.empty(m, n)
    return lambda: torch.mm(a, b, out=c)


def conv(n, c, size, k, kernel, stride, padding, groups, direction):
    x = torch.randn(n, c, size, size, requires_grad=direction in ("input", "both"))
    w = torch.randn(k, c // groups, kernel, kernel, requires_grad=direction in ("weight", "both"))
    if direction == "forward":
        return lambda: F.conv2d(x, w, None, stride, padding, 1, groups)
    if direction == "both":
        dy = torch.ones_like(F.conv2d(x, w, None, stride, padding, 1, groups))

        def both():
            x.grad = w.grad = None
            F.conv2d(x, w, None, stride, padding, 1, groups).backward(dy)

        return both
    dy = torch.randn_like(F.conv2d(x, w, None, stride, padding, 1, groups))
    mask = [direction == "input", direction == "weight", False]
    return lambda: torch.ops.aten.convolution_backward(
        dy, x, w, None, [stride] * 2, [padding] * 2, [1, 1], False, [0, 0], groups, mask
    )


def op(name, shape, options):
    x = torch.randn(shape, requires_grad=True)
    fn = {
        "softmax": lambda: F.softmax(x, -1),
        "layerNorm": lambda: F.layer_norm(x, shape[-1:]),
        "batchNorm": lambda: F.batch_norm(x, None, None, training=True),
        "gelu": lambda: F.gelu(x),
        "relu": lambda: F.relu(x),
        "add": lambda: x + x,
        "maxPool2d": lambda: F.max_pool2d(x, options["kernel"]),
        "crossEntropy": lambda: F.cross_entropy(x, target),
        "sum": lambda: x.sum(),
    }[name]
    target = torch.arange(shape[0]) % shape[-1]
    dy = torch.ones_like(fn())

    def both():
        x.grad = None
        fn().backward(dy)

    return both


def optimizer(name, tensors, size, fused):
    params = [nn.Parameter(torch.randn(size)) for _ in range(tensors)]
    for p in params:
        p.grad = torch.randn(size)
    step = getattr(torch.optim, name)(params, lr=1e-3, **({"fused": True} if fused else {}))
    return step.step


class Residual(nn.Module):
    def __init__(self, width, convs):
        super().__init__()
        layers = []
        for _ in range(convs):
            layers += [nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        self.body = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.body(x)


def block(inputs, outputs):
    return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]


MODELS = {
    "seed": lambda: nn.Sequential(nn.Conv2d(64, 10, 3), nn.Linear(10, 3)),
    "mnist": lambda: nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10),
    ),
    "mlp": lambda: nn.Sequential(nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 10)),
    "cifar": lambda: nn.Sequential(
        *block(3, 64), Residual(64, 1), nn.MaxPool2d(2), *block(64, 128), Residual(128, 1), nn.MaxPool2d(2),
        *block(128, 256), Residual(256, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 10),
    ),
    "transformer": lambda: nn.TransformerEncoder(
        nn.TransformerEncoderLayer(256, 4, 1024, dropout=0.0, batch_first=True), 2, enable_nested_tensor=False
    ),
}


def step(model, input, target, loss, optimizer, options, channels_last):
    torch.manual_seed(0)
    net = MODELS[model]()
    x = torch.randn(input)
    if channels_last:
        net = net.to(memory_format=torch.channels_last)
        x = x.to(memory_format=torch.channels_last)
    t = torch.arange(input[0]) % target if isinstance(target, int) else torch.randn(target)
    criterion = getattr(nn, loss)()
    opt = getattr(torch.optim, optimizer)(net.parameters(), **options)

    def one():
        opt.zero_grad()
        value = criterion(net(x), t)
        value.backward()
        opt.step()
        return value.item()

    return one


def use(device, threads):
    torch.set_default_device(device)
    torch.set_num_threads(threads)
    torch.backends.cudnn.allow_tf32 = False


def synchronize():
    if torch.get_default_device().type == "cuda":
        torch.cuda.synchronize()


KINDS = {fn.__name__: fn for fn in (gemm, conv, op, optimizer, step)}


def times(call, seconds):
    found = []
    end = time.perf_counter() + seconds
    while True:
        begin = time.perf_counter()
        call()
        synchronize()
        now = time.perf_counter()
        found.append((now - begin) * 1e6)
        if now >= end:
            return found


def peak_memory():
    if torch.get_default_device().type == "cuda":
        return torch.cuda.max_memory_allocated()
    # Not ru_maxrss: that starts with the memory of the process this one was forked from.
    if sys.platform == "linux":
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def once(model, input, target, loss, calls, threads, device, compiled):
    use(device, threads)
    one = step(model, input, target, loss, "Adam", {"lr": 1e-3}, False)
    for _ in range(calls):
        one()
    print(json.dumps({"peak": peak_memory(), "ms": (time.perf_counter() - started) * 1e3}), flush=True)


def main():
    if len(sys.argv) > 1:
        once(**json.loads(sys.argv[1]))
        return
    call = None
    versions = {"torch": torch.__version__, "python": sys.version.split()[0]}
    if torch.cuda.is_available():
        gpu = {"gpu": torch.cuda.get_device_name(), "cuda": torch.version.cuda, "cudnn": torch.backends.cudnn.version()}
        versions = {**versions, **gpu}
    print(json.dumps(versions), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if "build" in request:
            use(request["device"], request["threads"])
            parameters = dict(request["build"])
            call = KINDS[parameters.pop("kind")](**parameters)
            call()
            synchronize()
            print(json.dumps({"ok": True}), flush=True)
        else:
            print(json.dumps({"times": times(call, request["run"])}), flush=True)


main()

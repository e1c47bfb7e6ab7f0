"""
Writes test/fixtures/modules.json: modules with PyTorch's initial weights, run forward twice in training mode and once in
evaluation mode, with all gradients of the last training pass and the state dict after it. And attention with PyTorch's
initial weights: outputs, weights of attention and all gradients.

    python test/generate/modules.py
"""

import base64
import json
from pathlib import Path

import torch
from torch import nn

# name, PyTorch's module, our constructor's arguments, input shape (or integers below a limit)
CASES = [
    ("Conv2d", lambda: nn.Conv2d(3, 4, 3, padding=1, stride=2), [3, 4, 3, {"padding": 1, "stride": 2}], (2, 3, 7, 7)),
    ("Linear", lambda: nn.Linear(6, 4), [6, 4], (2, 3, 6)),
    ("BatchNorm1d", lambda: nn.BatchNorm1d(4), [4], (6, 4)),
    ("BatchNorm1d", lambda: nn.BatchNorm1d(4, momentum=None), [4, {"momentum": None}], (3, 4, 5)),
    ("BatchNorm2d", lambda: nn.BatchNorm2d(3), [3], (4, 3, 3, 2)),
    ("BatchNorm2d", lambda: nn.BatchNorm2d(3, eps=0.01, momentum=0.3, affine=False), [3, {"eps": 0.01, "momentum": 0.3, "affine": False}], (4, 3, 3, 2)),
    ("BatchNorm2d", lambda: nn.BatchNorm2d(3, track_running_stats=False), [3, {"trackRunningStats": False}], (4, 3, 3, 2)),
    ("LayerNorm", lambda: nn.LayerNorm(6), [6], (3, 6)),
    ("LayerNorm", lambda: nn.LayerNorm([2, 3], bias=False), [[2, 3], {"bias": False}], (4, 2, 3)),
    ("GroupNorm", lambda: nn.GroupNorm(2, 6), [2, 6], (2, 6, 3)),
    ("Embedding", lambda: nn.Embedding(9, 5), [9, 5], {"shape": (2, 4), "limit": 9}),
    ("Embedding", lambda: nn.Embedding(9, 5, padding_idx=1), [9, 5, {"paddingIdx": 1}], {"shape": (2, 4), "limit": 9}),
    ("MaxPool2d", lambda: nn.MaxPool2d(2), [2], (1, 2, 6, 6)),
    ("AvgPool2d", lambda: nn.AvgPool2d(3, stride=2, padding=1), [3, {"stride": 2, "padding": 1}], (1, 2, 6, 6)),
    ("AdaptiveAvgPool2d", lambda: nn.AdaptiveAvgPool2d((2, 3)), [[2, 3]], (1, 2, 6, 7)),
    ("Flatten", lambda: nn.Flatten(), [], (2, 3, 4)),
    ("Identity", lambda: nn.Identity(), [], (2, 3)),
    ("ReLU", lambda: nn.ReLU(), [], (2, 3)),
    ("GELU", lambda: nn.GELU(), [], (2, 3)),
    ("GELU", lambda: nn.GELU(approximate="tanh"), [{"approximate": "tanh"}], (2, 3)),
    ("Sigmoid", lambda: nn.Sigmoid(), [], (2, 3)),
    ("Tanh", lambda: nn.Tanh(), [], (2, 3)),
    ("SiLU", lambda: nn.SiLU(), [], (2, 3)),
    ("Softplus", lambda: nn.Softplus(), [], (2, 3)),
    ("LeakyReLU", lambda: nn.LeakyReLU(), [], (2, 3)),
    ("Softmax", lambda: nn.Softmax(dim=1), [{"dim": 1}], (2, 3)),
    ("LogSoftmax", lambda: nn.LogSoftmax(dim=0), [{"dim": 0}], (2, 3)),
]


def encode(tensor):
    values = tensor.detach().to(torch.float32).contiguous().numpy().astype("<f4")
    return {"shape": list(tensor.shape), "data": base64.b64encode(values.tobytes()).decode()}


cases = []
for seed, (name, make, args, shape) in enumerate(CASES):
    torch.manual_seed(seed)
    module = make()
    initial = {key: encode(value) for key, value in module.state_dict().items()}
    module = module.double()
    integers = isinstance(shape, dict)
    inputs = [
        torch.randint(0, shape["limit"], shape["shape"]) if integers else torch.empty(shape).uniform_(-1, 1) for _ in range(3)
    ]
    ys = []
    for i, x in enumerate(inputs):
        module.train(i < 2)
        if not integers:
            x = x.double().requires_grad_()
        module.zero_grad()
        y = module(x)
        ys.append(encode(y))
        if i == 1:
            dy = torch.empty(y.shape).uniform_(-1, 1)
            y.backward(dy.double())
            grads = {key: encode(p.grad) for key, p in module.named_parameters()}
            dx = None if integers else encode(x.grad)
            state = {key: encode(value) for key, value in module.state_dict().items()}
    cases.append(
        {
            "module": name, "args": args, "seed": seed, "initial": initial, "inputs": [encode(x) for x in inputs],
            "integers": integers, "y": ys, "dy": encode(dy), "dx": dx, "grads": grads, "state": state,
        }
    )
# The path without gradients that skips what padding hides: we have no nested tensors.
torch.backends.mha.set_fastpath_enabled(False)

N, L, S, E = 2, 3, 4, 8
PADDING = torch.tensor([[False, False, False, True], [False, True, False, False]])
CAUSAL = torch.ones(L, L).triu(1).bool()
SCORES = torch.tensor([[0.0, -1.0, 0.5, 2.0]] * L) * torch.tensor([[1.0], [-0.5], [0.25]])


def heads(mask):
    """Another mask for each head: (N * 2, L, S)"""
    return torch.stack([mask.roll(i, 1) for i in range(N * 2)])


def attention(options={}, call={}, masks={}, shapes=None):
    return "MultiheadAttention", options, call, masks, shapes or [(L, N, E), (S, N, E), (S, N, E)]


def layer(options={}, call={}, masks={}, shape=(L, N, E), name="TransformerEncoderLayer"):
    return name, options, call, masks, [shape]


# name, options of the constructor, of the call, masks, shapes of the inputs; 8 features, 2 heads
ATTENTION = [
    attention(),
    attention({"batch_first": True}, shapes=[(N, L, E), (N, S, E), (N, S, E)]),
    attention(shapes=[(L, E), (S, E), (S, E)]),
    attention(call={"need_weights": False}),
    attention(call={"average_attn_weights": False}),
    attention({"bias": False}),
    attention({"kdim": 5, "vdim": 6}, shapes=[(L, N, E), (S, N, 5), (S, N, 6)]),
    attention({"kdim": 5, "bias": False}, shapes=[(L, N, E), (S, N, 5), (S, N, E)]),
    attention({"add_bias_kv": True}, masks={"key_padding_mask": PADDING}),
    attention({"add_zero_attn": True}, masks={"attn_mask": SCORES}),
    attention({"add_bias_kv": True, "add_zero_attn": True, "batch_first": True}, {"average_attn_weights": False},
              {"key_padding_mask": PADDING, "attn_mask": SCORES}, [(N, L, E), (N, S, E), (N, S, E)]),
    attention(masks={"key_padding_mask": PADDING}),
    attention(call={"need_weights": False}, masks={"key_padding_mask": PADDING, "attn_mask": SCORES}),
    attention(masks={"key_padding_mask": PADDING * SCORES[0]}),
    attention(masks={"attn_mask": heads(SCORES)}, call={"average_attn_weights": False}),
    attention(masks={"attn_mask": heads(SCORES > 0.4), "key_padding_mask": PADDING}),
    attention(masks={"attn_mask": CAUSAL}, shapes=[(L, N, E)] * 3),
    attention(masks={"attn_mask": CAUSAL}, call={"is_causal": True, "need_weights": False}, shapes=[(L, N, E)] * 3),
    attention(masks={"key_padding_mask": PADDING[0]}, shapes=[(L, E), (S, E), (S, E)]),
    layer(),
    layer({"norm_first": True, "activation": "gelu"}, masks={"src_mask": CAUSAL}),
    layer({"batch_first": True, "bias": False}, masks={"src_key_padding_mask": PADDING[:, :L]}, shape=(N, L, E)),
    layer({"layer_norm_eps": 0.1}, call={"is_causal": True}, masks={"src_mask": CAUSAL}, shape=(L, E)),
    layer(name="TransformerEncoder"),
    attention({"dropout": 0.25}),
    attention({"dropout": 0.25}, call={"need_weights": False}),
    layer({"dropout": 0.5, "batch_first": True}, shape=(N, L, E)),
    layer({"dropout": 0.5, "norm_first": True}, name="TransformerEncoder"),
    layer({"norm_first": True, "batch_first": True}, masks={"mask": CAUSAL, "src_key_padding_mask": PADDING[:, :L]},
          shape=(N, L, E), name="TransformerEncoder"),
]


def make_attention(name, options):
    if name == "MultiheadAttention":
        return nn.MultiheadAttention(E, 2, **options)
    made = nn.TransformerEncoderLayer(E, 2, **{"dim_feedforward": 12, "dropout": 0.0, **options})
    if name == "TransformerEncoderLayer":
        return made
    return nn.TransformerEncoder(made, 2, norm=nn.LayerNorm(E), enable_nested_tensor=False)


def camel(options):
    return {key.split("_")[0] + "".join(part.capitalize() for part in key.split("_")[1:]): value for key, value in options.items()}


attentions = []
for seed, (name, options, call, masks, shapes) in enumerate(ATTENTION):
    torch.manual_seed(seed)
    module = make_attention(name, options)
    initial = {key: encode(value) for key, value in module.state_dict().items()}
    # Biases begin at 0 and norms at 1: other values show where they go.
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.empty(parameter.shape).uniform_(-0.1, 0.1))
    weights = {key: encode(value) for key, value in module.state_dict().items()}
    # What is dropped depends on the type: those cases run in float32.
    dtype = torch.float32 if "dropout" in options else torch.float64
    module = module.to(dtype)
    inputs = [torch.empty(shape).uniform_(-1, 1) for shape in shapes]
    leaves = [x.to(dtype, copy=True).requires_grad_() for x in inputs]
    given = {key: mask if mask.dtype == torch.bool else mask.to(dtype) for key, mask in masks.items()}
    torch.manual_seed(seed)
    returned = module(*leaves, **call, **given)
    y, probabilities = returned if isinstance(returned, tuple) else (returned, None)
    dy = torch.empty(y.shape).uniform_(-1, 1)
    y.backward(dy.to(dtype))
    attentions.append(
        {
            "module": name, "options": camel(options), "call": camel(call), "seed": seed, "initial": initial, "weights": weights,
            "masks": camel({key: {**encode(mask), "bool": mask.dtype == torch.bool} for key, mask in masks.items()}),
            "inputs": [encode(x) for x in inputs], "y": encode(y), "dy": encode(dy),
            "probabilities": None if probabilities is None else encode(probabilities),
            "dx": [encode(x.grad) for x in leaves],
            "grads": {key: encode(p.grad) for key, p in module.named_parameters()},
        }
    )
path = Path(__file__).parents[1] / "fixtures" / "modules.json"
contents = {"torch": torch.__version__, "cases": cases, "attention": attentions}
path.write_text(json.dumps(contents, separators=(",", ":")) + "\n")
print(len(cases), "modules", len(attentions), "of attention")

"""
Writes test/fixtures/modules.json: modules with PyTorch's initial weights, run forward twice in training mode and once in
evaluation mode, from the seed each time, with all gradients of the last training pass and the state dict after it. And attention with PyTorch's
initial weights: outputs, weights of attention and all gradients.

    python test/generate/modules.py
"""

import base64
import json
from pathlib import Path

import torch
from torch import nn

SIGNAL, IMAGE = (2, 3, 9), (2, 3, 6, 7)
POSITIVE = (0.1, 0.9)


def integers(shape, limit):
    """Below `limit`"""
    return {"shape": shape, "limit": limit}


def within(shape, span):
    return {"shape": shape, "range": span}


def signs(shape):
    return {"shape": shape, "signs": True}


def camel(options):
    return {key.split("_")[0] + "".join(part.capitalize() for part in key.split("_")[1:]): value for key, value in options.items()}


def same(name, shape, *args, **options):
    """A module of one name and one order of arguments"""
    given = {k: list(v) if isinstance(v, tuple) else v for k, v in camel(options).items()}
    ours = [list(a) if isinstance(a, tuple) else a for a in args] + ([given] if given else [])
    return name, lambda: getattr(nn, name)(*args, **options), ours, shape


def named(name, shape, **options):
    """One whose arguments all are options of ours"""
    return name, lambda: getattr(nn, name)(**options), [camel(options)], shape


def losses(name, shapes, *rows):
    return [named(name, shapes, **options) for options in ({}, {"reduction": "sum"}, {"reduction": "none"}, *rows)]


PAIR = [(3, 4), (3, 4)]
# name, PyTorch's module, our constructor's arguments, shapes of the inputs (or what they are drawn from)
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
    ("Embedding", lambda: nn.Embedding(9, 5), [9, 5], integers((2, 4), 9)),
    ("Embedding", lambda: nn.Embedding(9, 5, padding_idx=1), [9, 5, {"paddingIdx": 1}], integers((2, 4), 9)),
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
    same("Conv1d", SIGNAL, 3, 4, 3),
    same("Conv1d", (2, 4, 9), 4, 6, 3, stride=2, padding=1, dilation=2, groups=2, bias=False),
    same("Conv1d", SIGNAL, 3, 4, 4, padding="same", padding_mode="replicate"),
    same("Conv2d", (2, 4, 6, 7), 4, 6, (2, 3), padding="same", groups=2, bias=False),
    same("Conv2d", IMAGE, 3, 4, 3, padding=2, padding_mode="reflect"),
    same("Conv2d", IMAGE, 3, 4, 3, padding=1, dilation=(1, 2), padding_mode="circular"),
    same("ConvTranspose1d", SIGNAL, 3, 4, 3),
    same("ConvTranspose1d", (2, 4, 9), 4, 6, 3, stride=2, padding=1, output_padding=1, groups=2, bias=False),
    same("ConvTranspose2d", IMAGE, 3, 4, 3),
    same("ConvTranspose2d", (2, 4, 6, 7), 4, 6, (3, 2), stride=(2, 1), padding=1, output_padding=(1, 0), dilation=1, groups=2, bias=False),
    same("Linear", (3, 6), 6, 4, bias=False),
    same("Bilinear", [(4, 3), (4, 5)], 3, 5, 2),
    same("Bilinear", [(2, 4, 3), (2, 4, 5)], 3, 5, 2, bias=False),
    same("MaxPool1d", SIGNAL, 3, stride=2, padding=1, ceil_mode=True),
    same("MaxPool2d", IMAGE, (3, 2), stride=1, padding=1, dilation=2, ceil_mode=True),
    same("AvgPool1d", SIGNAL, 3, stride=2, padding=1, count_include_pad=False),
    same("AvgPool2d", IMAGE, (3, 2), padding=1, ceil_mode=True, divisor_override=5),
    same("LPPool1d", within(SIGNAL, POSITIVE), 2, 3, stride=2, ceil_mode=True),
    same("LPPool2d", within(IMAGE, POSITIVE), 3, (2, 3)),
    same("AdaptiveAvgPool1d", SIGNAL, 4),
    same("AdaptiveMaxPool1d", SIGNAL, 4),
    same("AdaptiveMaxPool2d", IMAGE, (4, 3)),
    same("BatchNorm3d", (3, 4, 2, 3, 2), 4, eps=0.1, momentum=0.2),
    same("InstanceNorm1d", SIGNAL, 3),
    same("InstanceNorm2d", IMAGE, 3, eps=0.1, affine=True, track_running_stats=True, momentum=0.3),
    same("RMSNorm", (3, 6), 6, eps=0.1),
    same("RMSNorm", (4, 2, 3), (2, 3), elementwise_affine=False, eps=0.1),
    same("GroupNorm", (2, 6, 3, 2), 3, 6, eps=0.1, affine=False),
    same("LayerNorm", (3, 6), 6, eps=0.1, elementwise_affine=False),
    same("Flatten", (2, 3, 4, 2)),
    named("Flatten", (2, 3, 4, 2), start_dim=1, end_dim=2),
    named("Unfold", IMAGE, kernel_size=(2, 3), padding=1, stride=2),
    named("Fold", (2, 12, 6), kernel_size=2, output_size=(3, 4)),
    named("Upsample", IMAGE, scale_factor=2),
    named("Upsample", IMAGE, size=(4, 9), mode="bilinear", align_corners=True),
    named("Upsample", IMAGE, size=(9, 5), mode="bicubic"),
    named("Upsample", SIGNAL, scale_factor=1.5, mode="linear"),
    *[same(name, within((4, 7), (-5.0, 5.0))) for name in (
        "ELU", "CELU", "SELU", "Mish", "Hardswish", "Hardsigmoid", "Hardtanh", "ReLU6", "LogSigmoid", "Softsign", "Tanhshrink",
        "Softshrink", "Hardshrink", "PReLU", "Softplus")],
    named("ELU", (4, 7), alpha=0.6),
    named("CELU", (4, 7), alpha=0.6),
    named("Hardtanh", (4, 7), min_val=-0.2, max_val=0.6),
    named("LeakyReLU", (4, 7), negative_slope=0.3),
    named("Softplus", (4, 7), beta=3, threshold=2),
    named("Softshrink", (4, 7), lambd=0.2),
    named("Hardshrink", (4, 7), lambd=0.2),
    named("PReLU", (4, 7, 2), num_parameters=7, init=0.4),
    named("GLU", (4, 6)),
    named("GLU", (4, 3), dim=0),
    same("Threshold", (4, 7), 0.3, -2),
    named("Softmin", (2, 5), dim=1),
    same("Softmax2d", IMAGE),
    same("Dropout", (5, 7)),
    same("Dropout", (5, 7), 0.2),
    same("Dropout1d", (4, 5, 3)),
    same("Dropout2d", (4, 5, 2, 3), 0.3),
    same("AlphaDropout", (5, 7)),
    same("AlphaDropout", (5, 7), 0.2),
    same("FeatureAlphaDropout", (4, 5, 2), 0.3),
    *losses("CrossEntropyLoss", [(4, 5), integers((4,), 5)], {"ignore_index": 1, "label_smoothing": 0.1}),
    *losses("NLLLoss", [(4, 5, 2), integers((4, 2), 5)], {"ignore_index": 1}),
    *losses("MultiMarginLoss", [(4, 5), integers((4,), 5)], {"p": 2, "margin": 0.4}),
    *losses("MSELoss", PAIR),
    *losses("L1Loss", PAIR),
    *losses("SmoothL1Loss", PAIR, {"beta": 0.3}),
    *losses("HuberLoss", PAIR, {"delta": 0.3}),
    *losses("BCELoss", [within((3, 4), POSITIVE)] * 2),
    *losses("BCEWithLogitsLoss", [(3, 4), within((3, 4), POSITIVE)]),
    *losses("KLDivLoss", [(3, 4), within((3, 4), POSITIVE)], {"reduction": "batchmean"}, {"log_target": True}),
    *losses("PoissonNLLLoss", [within((3, 4), POSITIVE)] * 2, {"full": True}, {"log_input": False, "eps": 0.1}),
    *losses("GaussianNLLLoss", [(3, 4), (3, 4), within((3, 4), POSITIVE)], {"full": True, "eps": 0.3}),
    *losses("HingeEmbeddingLoss", [(3, 4), signs((3, 4))], {"margin": 0.4}),
    *losses("SoftMarginLoss", [(3, 4), signs((3, 4))]),
    *losses("MarginRankingLoss", [(4,), (4,), signs((4,))], {"margin": 0.4}),
    *losses("CosineEmbeddingLoss", [(3, 4), (3, 4), signs((3,))], {"margin": 0.4}),
    *losses("TripletMarginLoss", [(3, 4)] * 3, {"margin": 0.4, "p": 3, "eps": 0.1, "swap": True}),
    *losses("MultiLabelSoftMarginLoss", [(3, 4), within((3, 4), POSITIVE)]),
    named("CosineSimilarity", PAIR),
    named("CosineSimilarity", PAIR, dim=0, eps=0.1),
    named("PairwiseDistance", PAIR),
    named("PairwiseDistance", PAIR, p=3, eps=0.1, keepdim=True),
]


def encode(tensor):
    values = tensor.detach().to(torch.float32).contiguous().numpy().astype("<f4")
    return {"shape": list(tensor.shape), "data": base64.b64encode(values.tobytes()).decode()}


def draw(spec):
    if not isinstance(spec, dict):
        return torch.empty(spec).uniform_(-1, 1)
    if "limit" in spec:
        return torch.randint(0, spec["limit"], spec["shape"])
    if "signs" in spec:
        return torch.randint(0, 2, spec["shape"]) * 2 - 1
    return torch.empty(spec["shape"]).uniform_(*spec["range"])


def stored(x):
    return {**encode(x), **({} if x.is_floating_point() else {"integers": True})}


cases = []
for seed, (name, make, args, shapes) in enumerate(CASES):
    torch.manual_seed(seed)
    module = make()
    initial = {key: encode(value) for key, value in module.state_dict().items()}
    # What is dropped depends on the type.
    dtype = torch.float32 if "Dropout" in name else torch.float64
    module = module.to(dtype)
    inputs = [[draw(spec) for spec in (shapes if isinstance(shapes, list) else [shapes])] for _ in range(3)]
    ys = []
    for i, xs in enumerate(inputs):
        module.train(i < 2)
        # Targets of most losses take no gradient: only what comes first is asked for one.
        leaves = [x.to(dtype, copy=True).requires_grad_(k == 0) if x.is_floating_point() else x for k, x in enumerate(xs)]
        module.zero_grad()
        if i == 1:
            # Drawn before the forward pass, which begins with the seed
            dy = torch.empty(ys[0]["shape"]).uniform_(-1, 1)
        torch.manual_seed(seed)
        y = module(*leaves)
        ys.append(encode(y))
        if i == 1:
            y.backward(dy.to(dtype))
            grads = {key: encode(p.grad) for key, p in module.named_parameters()}
            dx = encode(leaves[0].grad) if leaves[0].is_floating_point() else None
            state = {key: encode(value) for key, value in module.state_dict().items()}
    cases.append(
        {
            "module": name, "args": args, "seed": seed, "initial": initial, "inputs": [[stored(x) for x in xs] for xs in inputs],
            "y": ys, "dy": encode(dy), "dx": dx, "grads": grads, "state": state,
        }
    )

# The path without gradients that skips what padding hides: we have no nested tensors.
torch.backends.mha.set_fastpath_enabled(False)

N, L, S, E = 2, 3, 4, 8
PADDING = torch.tensor([[False, False, False, True], [False, True, False, False]])
HIDING = torch.tensor([[False] * S, [True] * S, [True] + [False] * (S - 1)])
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
    attention(masks={"attn_mask": HIDING}),
    attention(masks={"attn_mask": HIDING}, call={"need_weights": False}),
    attention(masks={"key_padding_mask": PADDING | True}, call={"need_weights": False}),
    layer(masks={"src_mask": HIDING[:, :L]}),
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

"""An optimizer's state between PyTorch and saveOptimizer / loadOptimizer of @org/lr-native, by the model's names."""
import json, re, torch
from safetensors import safe_open
from safetensors.torch import save_file

NUMBERS = {"step", "mu_product", "eta", "mu"}  # 0-dimensional tensors in PyTorch
ONLY_TORCH = {"params", "foreach", "capturable", "differentiable", "fused"}
camel = lambda key: re.sub("_([a-z])", lambda m: m[1].upper(), key)
snake = lambda key: re.sub("[A-Z]", lambda m: "_" + m[0].lower(), key)

def save_optimizer(path, optimizer, model):
    names = {p: name for name, p in model.named_parameters()}
    tensors, params, groups = {}, {}, []
    for group in optimizer.param_groups:
        options = {camel(k): v for k, v in group.items() if k not in ONLY_TORCH}
        groups.append({**options, "params": [names[p] for p in group["params"]]})
        for p in group["params"]:
            entry = {k: v for k, v in optimizer.state.get(p, {}).items() if v is not None}
            state = {camel(k): float(v) for k, v in entry.items() if k in NUMBERS}
            for key in entry.keys() - NUMBERS:
                state[camel(key)] = {"$floats": f"{names[p]}.{camel(key)}"}
                tensors[f"{names[p]}.{camel(key)}"] = entry[key].detach().contiguous().clone()
            params[names[p]] = {"shape": list(p.shape), **({"state": state} if entry else {})}
    text = json.dumps({"type": type(optimizer).__name__, "params": params, "paramGroups": groups}, allow_nan=False)
    save_file(tensors, path, {"format": "lr-optimizer", "optimizer": text})

def load_optimizer(path, optimizer, model):
    names = {p: name for name, p in model.named_parameters()}
    with safe_open(path, "pt") as file:
        value_of = lambda d: float(d["$number"]) if "$number" in d else file.get_tensor(d["$floats"]) if "$floats" in d else d
        saved = json.loads(file.metadata()["optimizer"], object_hook=value_of)
    for group in optimizer.param_groups:
        options = next(g for g in saved["paramGroups"] if set(g["params"]) == {names[p] for p in group["params"]})
        group.update({snake(k): tuple(v) if isinstance(v, list) else v for k, v in options.items() if k != "params"})
        for p in group["params"]:
            shapes = {"rowVar": (*p.shape[:-1], 1), "colVar": (*p.shape[:-2], 1, *p.shape[-1:])}  # Adafactor's
            for key, value in saved["params"][names[p]].get("state", {}).items():
                shape = shapes.get(key, p.shape) if torch.is_tensor(value) else ()
                optimizer.state[p][snake(key)] = torch.as_tensor(value, dtype=torch.float32).reshape(shape)

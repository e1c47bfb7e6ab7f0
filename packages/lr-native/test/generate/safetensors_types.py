"""Writes all-types.safetensors and what PyTorch reads in it, for safetensors.test.ts.

Run: python packages/lr-native/test/generate/safetensors_types.py
"""
import json
import math
from pathlib import Path

import torch
from safetensors.torch import save_file

FIXTURES = Path(__file__).parent.parent / "fixtures"
codes = torch.arange(256, dtype=torch.int32).to(torch.uint8)
wide = (torch.arange(512, dtype=torch.int32) * 128 + 37).to(torch.uint16)

tensors = {
    "F16": wide.view(torch.float16).reshape(2, 256),
    "BF16": wide.view(torch.bfloat16),
    "F8_E4M3": codes.view(torch.float8_e4m3fn),
    "F8_E4M3FNUZ": codes.view(torch.float8_e4m3fnuz),
    "F8_E5M2": codes.view(torch.float8_e5m2),
    "F8_E5M2FNUZ": codes.view(torch.float8_e5m2fnuz),
    "F8_E8M0": codes.view(torch.float8_e8m0fnu),
    "F32": torch.tensor([[1.5, -0.0], [math.nan, math.inf]]),
    "F64": torch.tensor(1 / 3, dtype=torch.float64),
    "C64": torch.tensor([[1 + 2j], [-0.5j]], dtype=torch.complex64),
    "I8": torch.tensor([-128, 127], dtype=torch.int8),
    "I16": torch.tensor([-32768, 32767], dtype=torch.int16),
    "I32": torch.tensor([-(2**31), 2**31 - 1], dtype=torch.int32),
    "I64": torch.tensor([-(2**63), 2**63 - 1]),
    "U8": torch.tensor([0, 255], dtype=torch.uint8),
    "U16": torch.tensor([0, 65535], dtype=torch.uint16),
    "U32": torch.tensor([0, 2**32 - 1], dtype=torch.uint32),
    "U64": torch.tensor([0, 2**63 - 1], dtype=torch.uint64),
    "BOOL": torch.tensor([True, False]),
    "empty": torch.zeros(0, 3),
}


def plain(value):
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        return "-0" if value == 0 and math.copysign(1, value) < 0 else value
    return value


expected = {}
for name, tensor in tensors.items():
    read = torch.view_as_real(tensor) if tensor.is_complex() else tensor
    values = read.float() if read.is_floating_point() and read.dtype != torch.float64 else read
    items = [plain(value) for value in values.flatten().tolist()]
    if name in ("I64", "U32", "U64"):
        items = [str(item) for item in items]
    expected[name] = {"shape": list(read.shape), "values": items}

save_file({name: tensor.clone() for name, tensor in tensors.items()}, FIXTURES / "all-types.safetensors", {"format": "pt", "note": 'zwölf "Zoll"'})
(FIXTURES / "safetensors.json").write_text(json.dumps(expected) + "\n")

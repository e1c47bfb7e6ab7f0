"""Writes test/fixtures/torch-events.json: what torch.utils.tensorboard writes, byte for byte, at a fixed time.

    python packages/lr-tensorboard/test/generate/torch_events.py

Each file is its list of TFRecords, framing included, in base64. PyTorch 2.13, TensorBoard 2.21.
"""

import base64
import glob
import json
import os
import struct
import tempfile
import time

import numpy as np
from torch.utils.tensorboard import SummaryWriter

TIME = 1700000000.25
time.time = lambda: TIME


def records(folder):
    (path,) = glob.glob(os.path.join(folder, "events.out.tfevents.*"))
    assert os.path.basename(path).startswith("events.out.tfevents.1700000000.")
    data = open(path, "rb").read()
    out = []
    while data:
        size = struct.unpack("<Q", data[:8])[0] + 16
        out.append(base64.b64encode(data[:size]).decode())
        data = data[size:]
    return out


def case(write, folders=("",), **options):
    with tempfile.TemporaryDirectory() as folder:
        writer = SummaryWriter(os.path.join(folder, "log"), **options)
        write(writer)
        writer.close()
        return {name: records(os.path.join(folder, "log", name)) for name in folders}


def scalars(w):
    w.add_scalar("loss", 0.1, 0, 1.5)
    w.add_scalar("loss", float("nan"), 1, 2.5)
    w.add_scalar("loss", float("inf"), 2**40, 3.5)
    w.add_scalar("lr/été", -1e300, -3)
    w.add_scalar("zero", 0.0)


VALUES = np.concatenate([np.linspace(-2, 3, 41) ** 3, [0.0, 0.0, 1e-13, -1e-13]])


def histograms(w):
    w.add_histogram("tensorflow", VALUES, 1)
    w.add_histogram("equal", VALUES, 2, bins=10)
    w.add_histogram("edges", VALUES, 3, bins=[-2.0, 0.0, 0.5, 9.0])
    w.add_histogram("joined", VALUES, 4, max_bins=20)
    w.add_histogram("first", np.array([0.0, 1.0, 2.0]), 5, bins=[0.0, 1.0, 2.0])


out = {
    "wallTime": TIME,
    "values": VALUES.tolist(),
    "scalars": case(scalars),
    "histograms": case(histograms),
    "text": case(lambda w: w.add_text("note", "# Größe\n**bold**", 7)),
    "runs": case(lambda w: w.add_scalars("a/b", {"x": 1.0, "y": 2.0}, 4), ("", "a_b_x", "a_b_y")),
    "purge": case(lambda w: w.add_scalar("loss", 1.0, 5), purge_step=5),
    "hparams": case(
        lambda w: w.add_hparams(
            {"lr": 0.1}, {"hparam/loss": 0.5, "hparam/accuracy": 0.75}, {"lr": [0.1, 0.01]}, "run", 3
        ),
        ("run",),
    ),
    "hparamString": case(lambda w: w.add_hparams({"opt": "adam"}, {"hparam/loss": 0.5}, run_name="run"), ("run",)),
}
path = os.path.join(os.path.dirname(__file__), "..", "fixtures", "torch-events.json")
with open(path, "w") as f:
    json.dump(out, f, indent=1, ensure_ascii=False)
    f.write("\n")

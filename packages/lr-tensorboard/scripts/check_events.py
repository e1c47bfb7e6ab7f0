"""Reads one of everything that SummaryWriter writes with TensorBoard's own reader, and says what it found.

    npm run build -w @org/lr-tensorboard && python packages/lr-tensorboard/scripts/check_events.py [LOGDIR]

Needs tensorboard and pillow. With LOGDIR the sample stays there, for `tensorboard --logdir LOGDIR`.
"""

import io
import os
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

HERE = os.path.dirname(os.path.abspath(__file__))


def load(folder):
    events = EventAccumulator(folder, size_guidance={"scalars": 0, "histograms": 0, "tensors": 0, "images": 0})
    events.Reload()
    return events


def check(logdir):
    events = load(logdir)
    assert events.file_version == 2.0, events.file_version
    loss = events.Scalars("loss")
    assert [e.step for e in loss] == list(range(100))
    assert [e.wall_time for e in loss] == [1.7e9 + i for i in range(100)]
    assert [e.value for e in loss] == [float(np.float32(1 / (i + 1))) for i in range(100)]
    print(f"loss: {len(loss)} points, last {loss[-1].value:.6f}")

    for run, top in (("lr_adam", 1e-3), ("lr_sgd", 1e-1)):
        points = load(os.path.join(logdir, run)).Scalars("lr")
        assert [e.value for e in points] == [float(np.float32(top * (1 - i / 100))) for i in range(100)]
        print(f"{run}: {len(points)} points")

    for event in events.Histograms("weights"):
        values = np.float32([np.sin(i) * (event.step + 1) for i in range(1000)]).astype(np.float64)
        histogram = event.histogram_value
        assert histogram.num == sum(histogram.bucket) == 1000
        assert (histogram.min, histogram.max) == (values.min(), values.max())
        np.testing.assert_allclose([histogram.sum, histogram.sum_squares], [values.sum(), values.dot(values)], rtol=1e-12)
        print(f"weights at {event.step}: {len(histogram.bucket)} buckets")

    (text,) = events.Tensors("note/text_summary")
    assert text.tensor_proto.string_val[0].decode() == "# Title\n**bold** text" and text.step == 3
    (picture,) = events.Images("picture")
    pixels = np.asarray(Image.open(io.BytesIO(picture.encoded_image_string)))
    y, x = np.mgrid[0:32, 0:48].astype(np.float64)
    expected = np.stack([y / 31, x / 47, np.full_like(x, 0.5)], -1).astype(np.float32) * np.float32(255)
    np.testing.assert_array_equal(pixels, expected.astype(np.uint8))
    print(f"picture: {pixels.shape}, every pixel as given; text: ok")

    trial = load(os.path.join(logdir, "trial"))
    content = trial.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    hparams = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info.hparams
    found = {k: getattr(v, v.WhichOneof("kind")) for k, v in hparams.items()}
    assert found == {"lr": 0.1, "optimizer": "adam", "nesterov": True}, found
    assert trial.Scalars("hparam/accuracy")[0].value == float(np.float32(0.9))
    print(f"hparams: {found}")


def main(logdir):
    subprocess.run(["node", os.path.join(HERE, "sample-events.mjs"), logdir], check=True)
    check(logdir)
    print("all read back by TensorBoard")


if len(sys.argv) > 1:
    main(sys.argv[1])
else:
    with tempfile.TemporaryDirectory() as folder:
        main(folder)

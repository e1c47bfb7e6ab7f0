"""Writes test/fixtures/npy.json: files of NumPy, in base64, with the values that they hold."""

import base64
import io
import json
import pathlib

import numpy as np

FIXTURES = pathlib.Path(__file__).parent.parent / "fixtures"


def encoded(write):
    stream = io.BytesIO()
    write(stream)
    return base64.b64encode(stream.getvalue()).decode()


def case(name, array, dtype, version=None):
    if version is None:
        file = encoded(lambda stream: np.save(stream, array))
    else:
        file = encoded(lambda stream: np.lib.format.write_array(stream, array, version=version))
    values = [float(value) for value in array.flatten().tolist()]
    return {"name": name, "file": file, "dtype": dtype, "shape": list(array.shape), "values": values}


def main():
    grid = np.arange(24).reshape(2, 3, 4)
    cases = [
        case("float32", (grid / 7).astype("<f4"), "float32"),
        case("float64", grid / 7, "float64"),
        case("big-endian float32", (grid / 7).astype(">f4"), "float32"),
        case("big-endian float64", (grid / 7).astype(">f8"), "float64"),
        case("int8", (grid - 12).astype("i1"), "int32"),
        case("uint8", grid.astype("u1"), "uint8"),
        case("int16", (grid * 1000 - 9000).astype("<i2"), "int32"),
        case("big-endian int16", (grid * 1000 - 9000).astype(">i2"), "int32"),
        case("uint16", (grid * 2800).astype("<u2"), "int32"),
        case("int32", (grid * 100_000_000 - 2**31).astype("<i4").clip(-(2**31), 2**31 - 1).astype("<i4"), "int32"),
        case("uint32", (grid.astype("u8") * 180_000_000).astype("<u4"), "int64"),
        case("int64", grid.astype("<i8") - 2**40, "int64"),
        case("big-endian int64", (grid - 2**40).astype(">i8"), "int64"),
        case("bool", grid % 3 == 0, "uint8"),
        case("Fortran order", np.asfortranarray(grid.astype("<f4")), "float32"),
        case("Fortran order, 2 dimensions", np.asfortranarray(grid.reshape(4, 6).astype("<f8")), "float64"),
        case("scalar", np.array(2.5, dtype="<f4"), "float32"),
        case("one dimension", np.arange(3, dtype="<i4"), "int32"),
        case("empty", np.zeros((0, 5), dtype="<f4"), "float32"),
        case("version 2", grid.astype("<f4"), "float32", (2, 0)),
        case("version 3", grid.astype("<f4"), "float32", (3, 0)),
    ]
    arrays = {"x": (grid / 7).astype("<f4"), "étiquette": np.arange(5, dtype="<i4"), "sub/y": np.array(1.5)}
    result = {
        "npy": cases,
        "pickled": encoded(lambda stream: np.save(stream, np.array([{}], dtype=object), allow_pickle=True)),
        "structured": encoded(lambda stream: np.save(stream, np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]))),
        "complex": encoded(lambda stream: np.save(stream, np.zeros(2, dtype="<c8"))),
        "text": encoded(lambda stream: np.save(stream, np.array(["ab"]))),
        "npz": encoded(lambda stream: np.savez(stream, **arrays)),
        "npzCompressed": encoded(lambda stream: np.savez_compressed(stream, **arrays)),
        "npzValues": {name: array.flatten().tolist() for name, array in arrays.items()},
    }
    (FIXTURES / "npy.json").write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()

"""
Writes test/fixtures/exact-math.json: correctly rounded values of cos, exp, log and pow, computed by mpmath with 1,400 bits
or more. Random arguments are not stored: both sides draw them from splitmix64. Of their results the last byte is
(the rest is checked against `Math`).

    python test/generate/exact_math.py
"""

import base64
import json
import math
import struct
from pathlib import Path

import mpmath
from rounding import exact, hex64, splitmix64

SEED = 20260101
COUNT = 2_500

# per function: ranges of the arguments; "integer" truncates an argument
DOMAINS = {
    "cos": [[[0, 4]], [[0, 700]], [[0, 3200]], [[0, 2e4]], [[0, 1e9]], [[0, 1e300]]],
    "exp": [[[-1, 1]], [[-40, 40]], [[-708, 709.7]], [[-745.2, -708]], [[-1e-9, 1e-9]]],
    "log": [[[0.5, 2]], [[0, 1000]], [[0.999, 1.001]], [[1e300, 1e308]], [[1e-323, 2e-308]]],
    "pow": [
        [[0.9, 1], [0, 1000, "integer"]],
        [[0.9, 1.1], [-1000, 1000, "integer"]],
        [[0, 1], [0, 5]],
        [[0, 10], [-20, 20]],
        [[0, 1e300], [-1, 1]],
        [[1, 1.0000001], [-1e9, 1e9]],
        [[1e-320, 1e-300], [0.5, 1.05]],
    ],
}


def neighbours(x):
    return [math.nextafter(x, -math.inf), x, math.nextafter(x, math.inf)]


# Known hard cases of rounding and reduction, boundaries, exact results and ties.
HARD = {
    "cos": [
        *[y for k in range(1, 41) for y in neighbours(k * math.pi / 4)],
        *[y for k in (1e3, 1e6, 1e12, 1e22) for y in neighbours(k * math.pi / 2)],
        float.fromhex("0x1.6ac5b262ca1ffp+849"),  # of all doubles the closest to a multiple of pi / 2
        float.fromhex("0x1.8000000000009p-23"),
        float.fromhex("0x1.8000000000000p-26"),
        2.0**-27,
        2.0**-26,
        1e22,
        1.7976931348623157e308,
    ],
    "exp": [
        float.fromhex("-0x1.1d5c2daebe367p+4"),
        float.fromhex("0x1.9e9cbbfd6080bp-31"),
        float.fromhex("-0x1.ed318efb627eap-27"),
        *neighbours(2.0**-53),
        *neighbours(-(2.0**-53)),
        *neighbours(-(2.0**-54)),
        *neighbours(709.782712893384),
        *neighbours(-745.1332191019411),
        *neighbours(-708.3964185322641),
        *[k * math.log(2) for k in range(-20, 21) if k],
    ],
    "log": [
        float.fromhex("0x1.62a88613629b5p+678"),
        float.fromhex("0x1.ac50b409c8aeep+8"),
        *neighbours(1.0 - 2.0**-53)[:2],
        *neighbours(1.0 + 2.0**-52)[1:],
        5e-324,
        2.2250738585072014e-308,
        1.7976931348623157e308,
        *[math.exp(k) for k in range(-20, 21) if k],
    ],
    "pow": [
        *[[float(x), 2.0] for x in (134217727, 94906267, 134217725, 9007199254740991)],  # ties and near ties
        *[[float(x) ** 2, 0.5] for x in (3, 94906265, 94906263)],
        *[[float(x), 3.0] for x in (262143, 208063, 208065)],
        [5.0, 23.0],
        [2.0, 0.5],
        [4.0, -0.5],
        [2.0, -1074.0],
        [2.0, -1075.0],
        [3.0, -1.0],
        [1.5, 40.0],
        [0.75, -60.0],
        [10.0, 308.0],
        [10.0, -323.0],
        [5e-324, 0.5],
        [1e-310, 0.999],
        *[[1.0 + 2.0**-52, y] for y in (2.0, 2.0**52, 2.0**55, -(2.0**60))],
        *[[0.9, float(k)] for k in range(2, 40)],  # 0.9 ** 4 is where Math.pow errs
    ],
}


def draw(bits, ranges):
    arguments = []
    for low, high, *kind in ranges:
        x = low + (high - low) * ((next(bits) >> 11) * 2.0**-53)
        arguments.append(float(math.trunc(x)) if kind else x)
    return arguments


fixture = {
    "generator": "test/generate/exact_math.py",
    "mpmath": mpmath.__version__,
    "seed": SEED,
    "count": COUNT,
    "functions": {},
}
for number, (name, domains) in enumerate(DOMAINS.items()):
    bits = splitmix64(SEED + number)
    random = []
    for ranges in domains:
        results = [exact(name, draw(bits, ranges)) for _ in range(COUNT)]
        last = bytes(struct.pack(">d", result)[7] for result in results)
        random.append({"ranges": ranges, "lastBytes": base64.b64encode(last).decode()})
    cases = [case if isinstance(case, list) else [case] for case in HARD[name]]
    hard = [[hex64(x) for x in [*case, exact(name, case)]] for case in cases]
    fixture["functions"][name] = {"random": random, "hard": hard}

path = Path(__file__).parent.parent / "fixtures" / "exact-math.json"
path.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")

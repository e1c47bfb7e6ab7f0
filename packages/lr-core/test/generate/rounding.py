"""What the generators share: splitmix64, and correctly rounded functions by mpmath."""

import math
import struct
from fractions import Fraction

import mpmath


def splitmix64(state):
    while True:
        state = (state + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
        yield z ^ (z >> 31)


def to_double(value):
    """An mpf rounded once, subnormals too."""
    sign, mantissa, exponent, _ = value._mpf_
    fraction = Fraction(-mantissa if sign else mantissa) * Fraction(2) ** exponent
    try:
        return fraction.numerator / fraction.denominator
    except OverflowError:
        return -math.inf if fraction < 0 else math.inf


def exact(name, arguments, bits=1400):
    mpmath.mp.prec = bits
    x = [mpmath.mpf(argument) for argument in arguments]
    if name == "pow":
        if abs(x[1] * mpmath.log(x[0])) > 800:
            return math.inf if (x[0] > 1) == (x[1] > 0) else 0.0
        return to_double(mpmath.power(*x))
    return to_double(getattr(mpmath, name)(*x))


def hex64(x):
    return struct.pack(">d", x).hex()

// Functions of two elements that broadcast, by their numbers in the enums Binary and Compare, and where. The
// formulas are in elem/binary.h.

constexpr int64_t kPiece = 256;

// A piece of an operand as the vector loops take it, of stride 1 or 0: itself, or gathered into `copy`
struct Piece {
  const float* at;
  bool single;
};
LR_ELEM Piece pieceOf(const float* at, int64_t stride, int64_t count, float* copy) {
  if (stride == 0 || stride == 1) return {at, stride == 0};
  for (int64_t i = 0; i < count; ++i) copy[i] = at[i * stride];
  return {copy, false};
}

// Calls body(i, a, b, count) for the pieces of both operands, at position i of the result. Rows of stride 1
// or 0 are one piece each.
template <class Body>
LR_ELEM void parallelPieces(const Strided& s, const float* a, const float* b, const Body& body) {
  const int last = s.dims - 1;
  const int64_t aStride = s.strides[0][last], bStride = s.strides[1][last];
  const bool whole = (aStride == 0 || aStride == 1) && (bStride == 0 || bStride == 1);
  parallelRows<2>(s, [=, &body](int64_t i, const int64_t* at, int64_t count) {
    const int64_t step = whole ? count : kPiece;
    for (int64_t from = 0; from < count; from += step) {
      const int64_t n = from + step < count ? step : count - from;
      float aCopy[kPiece], bCopy[kPiece];
      const Piece aPiece = pieceOf(a + at[0] + from * aStride, aStride, n, aCopy);
      const Piece bPiece = pieceOf(b + at[1] + from * bStride, bStride, n, bCopy);
      body(i + from, aPiece, bPiece, n);
    }
  });
}

// Calls body(i, a, b) with vectors, and floats for the last elements: what is single is spread once.
template <class Body>
LR_ELEM void forEachPair(const Piece& a, const Piece& b, int64_t count, const Body& body) {
  const float* aAt = a.at;
  const float* bAt = b.at;
  if (!a.single && !b.single) {
    forEachElement(0, count, [&](int64_t i, auto type) {
      using T = decltype(type);
      body(i, read<T>(aAt + i), read<T>(bAt + i));
    });
  } else if (a.single && b.single) {
    const float aValue = *aAt, bValue = *bAt;
    forEachElement(0, count, [&](int64_t i, auto zero) { body(i, aValue - zero, bValue - zero); });
  } else if (b.single) {
    const float value = *bAt;
    forEachElement(0, count,
                   [&](int64_t i, auto zero) { body(i, read<decltype(zero)>(aAt + i), value - zero); });
  } else {
    const float value = *aAt;
    forEachElement(0, count,
                   [&](int64_t i, auto zero) { body(i, value - zero, read<decltype(zero)>(bAt + i)); });
  }
}

void binaryForward(int32_t kind, const Strided& s, const float* a, const float* b, float* y) {
  withBinary(kind, [&](auto f) {
    parallelPieces(s, a, b, [=](int64_t i, const Piece& aPiece, const Piece& bPiece, int64_t count) {
      float* to = y + i;
      forEachPair(aPiece, bPiece, count, [=](int64_t k, auto p, auto q) { write(to + k, f(p, q)); });
    });
  });
}

void binaryBackward(int32_t kind, const Strided& s, const float* a, const float* b, const float* dy,
                    float* da, float* db) {
  withBinary(kind, [&](auto f) {
    parallelPieces(s, a, b, [=](int64_t i, const Piece& aPiece, const Piece& bPiece, int64_t count) {
      if (da != nullptr) {
        forEachPair(aPiece, bPiece, count, [=](int64_t k, auto p, auto q) {
          write(da + i + k, f.gradientA(p, q, read<decltype(p)>(dy + i + k)));
        });
      }
      if (db != nullptr) {
        forEachPair(aPiece, bPiece, count, [=](int64_t k, auto p, auto q) {
          write(db + i + k, f.gradientB(p, q, read<decltype(p)>(dy + i + k)));
        });
      }
    });
  });
}

template <class Holds>
LR_ELEM void compareRow(const float* a, int64_t aStride, const float* b, int64_t bStride, uint8_t* y,
                        int64_t count, const Holds& holds) {
  if (aStride == 1 && bStride == 1) {
    for (int64_t i = 0; i < count; ++i) y[i] = holds(a[i], b[i]);
  } else if (aStride == 1 && bStride == 0) {
    const float value = *b;
    for (int64_t i = 0; i < count; ++i) y[i] = holds(a[i], value);
  } else {
    for (int64_t i = 0; i < count; ++i) y[i] = holds(a[i * aStride], b[i * bStride]);
  }
}

template <class Holds>
LR_ELEM void compareAll(const Strided& s, const float* a, const float* b, uint8_t* y, const Holds& holds) {
  const int last = s.dims - 1;
  const int64_t aStride = s.strides[0][last], bStride = s.strides[1][last];
  parallelRows<2>(s, [=](int64_t i, const int64_t* at, int64_t count) {
    compareRow(a + at[0], aStride, b + at[1], bStride, y + i, count, holds);
  });
}

void compare(int32_t kind, const Strided& s, const float* a, const float* b, uint8_t* y) {
  switch (kind) {
    case kCompareEq:
      return compareAll(s, a, b, y, [](float p, float q) { return p == q; });
    case kCompareNe:
      return compareAll(s, a, b, y, [](float p, float q) { return p != q; });
    case kCompareLt:
      return compareAll(s, a, b, y, [](float p, float q) { return p < q; });
    case kCompareLe:
      return compareAll(s, a, b, y, [](float p, float q) { return p <= q; });
    case kCompareGt:
      return compareAll(s, a, b, y, [](float p, float q) { return p > q; });
    case kCompareGe:
      return compareAll(s, a, b, y, [](float p, float q) { return p >= q; });
  }
}

void where(const Strided& s, const uint8_t* condition, const float* a, const float* b, float* y) {
  const int last = s.dims - 1;
  const int64_t cStride = s.strides[0][last], aStride = s.strides[1][last], bStride = s.strides[2][last];
  const bool contiguous = cStride == 1 && aStride == 1;
  parallelRows<3>(s, [=](int64_t i, const int64_t* at, int64_t count) {
    const uint8_t* c = condition + at[0];
    const float *p = a + at[1], *q = b + at[2];
    float* to = y + i;
    if (contiguous && bStride == 1) {
      for (int64_t k = 0; k < count; ++k) {
        const float yes = p[k], no = q[k];
        to[k] = c[k] != 0 ? yes : no;
      }
    } else if (contiguous && bStride == 0) {
      const float no = *q;
      for (int64_t k = 0; k < count; ++k) {
        const float yes = p[k];
        to[k] = c[k] != 0 ? yes : no;
      }
    } else {
      for (int64_t k = 0; k < count; ++k) to[k] = c[k * cStride] != 0 ? p[k * aStride] : q[k * bStride];
    }
  });
}

// Walking arrays of up to eight dimensions with strides, and what only moves elements: copies, permutations,
// slices. To add an operator: a body for walkRows.

// Row-major positions of s.shape as rows of the last dimension: calls body(i, at, count) for the pieces of
// [begin, end), i the position of the first element of a piece and at[k] its offset in operand k.
template <int kOperands, class Body>
LR_ELEM void walkRows(const Strided& s, int64_t begin, int64_t end, const Body& body) {
  const int last = s.dims - 1;
  int64_t index[kMaxDims] = {};
  int64_t at[kOperands];
  for (int k = 0; k < kOperands; ++k) at[k] = s.offsets[k];
  int64_t rest = begin;
  for (int d = last; d >= 0; --d) {
    index[d] = rest % s.shape[d];
    rest /= s.shape[d];
    for (int k = 0; k < kOperands; ++k) at[k] += index[d] * s.strides[k][d];
  }
  for (int64_t i = begin; i < end;) {
    const int64_t left = s.shape[last] - index[last];
    const int64_t count = left < end - i ? left : end - i;
    body(i, at, count);
    i += count;
    if (i >= end) break;
    for (int k = 0; k < kOperands; ++k) at[k] -= index[last] * s.strides[k][last];
    index[last] = 0;
    for (int d = last - 1; d >= 0; --d) {
      for (int k = 0; k < kOperands; ++k) at[k] += s.strides[k][d];
      if (++index[d] < s.shape[d]) break;
      index[d] = 0;
      for (int k = 0; k < kOperands; ++k) at[k] -= static_cast<int64_t>(s.shape[d]) * s.strides[k][d];
    }
  }
}

inline int64_t elementsOf(const Strided& s) {
  int64_t n = 1;
  for (int d = 0; d < s.dims; ++d) n *= s.shape[d];
  return n;
}

template <int kOperands, class Body>
LR_ELEM void parallelRows(const Strided& s, const Body& body) {
  const int64_t n = elementsOf(s);
  parallel((n + kElementsPerUnit - 1) / kElementsPerUnit, [&](int64_t unit) {
    const int64_t begin = unit * kElementsPerUnit;
    walkRows<kOperands>(s, begin, begin + kElementsPerUnit < n ? begin + kElementsPerUnit : n, body);
  });
}

// to[i · toStride] = from[i · fromStride]
template <class T>
LR_ELEM void copyRow(const T* from, int64_t fromStride, T* to, int64_t toStride, int64_t count) {
  if (fromStride == 1 && toStride == 1) {
    std::memcpy(to, from, sizeof(T) * static_cast<size_t>(count));
  } else if (fromStride == 0 && toStride == 1) {
    const T value = *from;
    for (int64_t i = 0; i < count; ++i) to[i] = value;
  } else if (toStride == 1) {
    for (int64_t i = 0; i < count; ++i) to[i] = from[i * fromStride];
  } else {
    for (int64_t i = 0; i < count; ++i) to[i * toStride] = from[i * fromStride];
  }
}

template <class T>
void copyRows(const Strided& s, const T* x, T* y) {
  const int last = s.dims - 1;
  const int64_t xStride = s.strides[0][last], yStride = s.strides[1][last];
  parallelRows<2>(s, [=](int64_t, const int64_t* at, int64_t count) {
    copyRow(x + at[0], xStride, y + at[1], yStride, count);
  });
}

void copyBytes(const Strided& s, const uint8_t* x, uint8_t* y) { copyRows(s, x, y); }

// The transpose of a panel of up to `rows` rows of x, xStride apart, into columns of y: y[c · yStride + r] =
// x[r · xStride + c] for all c in [0, columns)
LR_ELEM void transposePanel(const float* x, int64_t xStride, float* y, int64_t yStride, int rows,
                            int64_t columns) {
  int64_t c = 0;
  if (rows == kLanes) {
    for (; c + kLanes <= columns; c += kLanes) {
      vec square[kLanes];
      for (int r = 0; r < kLanes; ++r) square[r] = load(x + r * xStride + c);
      transpose(square);
      for (int r = 0; r < kLanes; ++r) store(y + (c + r) * yStride, square[r]);
    }
  }
  for (; c < columns; ++c) {
    for (int r = 0; r < rows; ++r) y[c * yStride + r] = x[r * xStride + c];
  }
}

// Where x runs in one dimension as y does in the last, squares of both are transposed in registers.
constexpr int64_t kTransposeColumns = 64;
constexpr int64_t kTransposeRows = 64;

void transposeCopy(const Strided& s, int across, const float* x, float* y) {
  const int last = s.dims - 1;
  const int64_t rows = s.shape[last], columns = s.shape[across];
  const int64_t xStride = s.strides[0][last], yStride = s.strides[1][across];
  Strided outer = s;
  outer.shape[last] = 1;
  outer.shape[across] = 1;
  const int64_t rowBlocks = (rows + kTransposeRows - 1) / kTransposeRows;
  const int64_t columnBlocks = (columns + kTransposeColumns - 1) / kTransposeColumns;
  const int64_t blocks = rowBlocks * columnBlocks;
  parallel(elementsOf(outer) * blocks, [&](int64_t unit) {
    const int64_t place = unit / blocks, block = unit % blocks;
    const int64_t r0 = block % rowBlocks * kTransposeRows, c0 = block / rowBlocks * kTransposeColumns;
    const int64_t rEnd = r0 + kTransposeRows < rows ? r0 + kTransposeRows : rows;
    const int64_t width = c0 + kTransposeColumns < columns ? kTransposeColumns : columns - c0;
    walkRows<2>(outer, place, place + 1, [=](int64_t, const int64_t* at, int64_t) {
      for (int64_t r = r0; r < rEnd; r += kLanes) {
        const int count = static_cast<int>(rEnd - r < kLanes ? rEnd - r : kLanes);
        transposePanel(x + at[0] + r * xStride + c0, xStride, y + at[1] + c0 * yStride + r, yStride, count,
                       width);
      }
    });
  });
}

void copy(const Strided& s, const float* x, float* y) {
  const int last = s.dims - 1;
  if (s.strides[1][last] == 1 && s.strides[0][last] != 1 && s.shape[last] >= 4) {
    for (int d = 0; d < last; ++d) {
      if (s.strides[0][d] == 1 && s.shape[d] >= 4) return transposeCopy(s, d, x, y);
    }
  }
  copyRows(s, x, y);
}

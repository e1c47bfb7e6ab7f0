// What a block of output rows reads: zero-padded planes of the input, and the order of lanes. No arithmetic.

// Scratch slots: the first two belong to the thread that runs the operator, the others to that of a unit
constexpr int kWeightsSlot = 2, kTablesSlot = 3, kWindowSlot = 4, kSumsSlot = 5, kGradientSlot = 6;

// `count` parts of `size` that differ by one at the most, the larger ones first
struct Parts {
  int32_t count, smaller, larger;  // larger: how many have one more
  constexpr Parts(int32_t size, int32_t parts) : count(parts), smaller(size / parts), larger(size % parts) {}
  constexpr int32_t begin(int32_t i) const { return i * smaller + (i < larger ? i : larger); }
  constexpr int32_t size(int32_t i) const { return smaller + (i < larger ? 1 : 0); }
  constexpr int32_t largest() const { return size(0); }
};

// Arrays one after the other in one piece of memory
class Arena {
 public:
  explicit Arena(void* memory) : at_(static_cast<char*>(memory)) {}
  template <class T>
  static int64_t bytes(int64_t count) {
    return (count * static_cast<int64_t>(sizeof(T)) + 63) / 64 * 64;
  }
  template <class T>
  T* take(int64_t count) {
    T* array = reinterpret_cast<T*>(at_);
    at_ += bytes<T>(count);
    return array;
  }

 private:
  char* at_;
};

// Which kernel taps meet which positions along one axis. Output position first + j · step (j < count) takes
// tap t (t < taps, kernel index firstTap + t · tapStep) from input position origin + j · stride + t ·
// dilation; outside is zero.
struct Axis {
  int32_t first, step, count;
  int32_t taps, firstTap, tapStep;
  int32_t origin, stride, dilation;
};

Axis forwardAxis(int32_t outSize, int32_t kernel, int32_t stride, int32_t pad, int32_t dilation) {
  return {0, 1, outSize, kernel, 0, 1, -pad, stride, dilation};
}

// The input's gradient falls apart into `stride` phases. Of phase p, the input positions p + j · stride, the
// taps are those k with p + pad - k · dilation divisible by the stride: a stride-1 correlation with every
// tapStep-th tap, the last one first.
Axis backwardAxis(int32_t inSize, int32_t kernel, int32_t stride, int32_t pad, int32_t dilation,
                  int32_t phase) {
  int32_t divisor = stride;
  for (int32_t a = dilation; a != 0;) {
    const int32_t rest = divisor % a;
    divisor = a;
    a = rest;
  }
  const int32_t period = stride / divisor;
  Axis axis = {phase, stride, phase < inSize ? (inSize - phase + stride - 1) / stride : 0, 0, 0, 0, 0, 1, 1};
  for (int32_t k = 0; k < kernel && k < period; ++k) {
    const int32_t distance = phase + pad - k * dilation;
    if (distance % stride != 0) continue;
    axis.taps = (kernel - 1 - k) / period + 1;
    axis.firstTap = k + (axis.taps - 1) * period;
    axis.tapStep = -period;
    axis.origin = (phase + pad - axis.firstTap * dilation) / stride;
    axis.dilation = dilation / divisor;
  }
  return axis;
}

// A window of source planes, zero outside them. With splits > 1 a channel's plane is stored as splitRows ·
// splitCols subplanes of rows · cols: every split-th row and column, so that strided reads have unit stride.
struct Window {
  int32_t rows, cols;
  int32_t splitRows, splitCols;
  int64_t subplane, plane;

  int64_t offset(int32_t row, int32_t col) const {
    return (row % splitRows * splitCols + col % splitCols) * subplane +
           static_cast<int64_t>(row / splitRows) * cols + col / splitCols;
  }
};

// Channels a multiple of 4 KB apart would share the cache's sets, so a plane is an odd number of cache lines.
Window makeWindow(int32_t rows, int32_t cols, int32_t splitRows, int32_t splitCols) {
  Window window = {
      (rows + splitRows - 1) / splitRows, (cols + splitCols - 1) / splitCols, splitRows, splitCols, 0, 0};
  window.subplane = static_cast<int64_t>(window.rows) * window.cols;
  window.plane = (window.subplane * splitRows * splitCols + 15) / 16 | 1;
  window.plane *= 16;
  return window;
}

// memcpy of a row, which is too short for a call
LR_ELEM void copyRow(const float* from, int32_t count, float* to) {
  if (count < kLanes) {
#pragma GCC unroll 1
    for (int32_t i = 0; i < count; ++i) to[i] = from[i];
    return;
  }
  for (int32_t i = 0; i < count - kLanes; i += kLanes) store(to + i, load(from + i));
  store(to + count - kLanes, load(from + count - kLanes));
}

// The i in [begin, end), of 0 <= i < count, for which first + i · step is inside [0, size)
struct InsideRange {
  int32_t begin, end;
};
InsideRange insideRange(int32_t first, int32_t step, int32_t count, int32_t size) {
  int32_t begin = first < 0 ? (-first + step - 1) / step : 0;
  int32_t end = first >= size ? 0 : (size - first + step - 1) / step;
  if (end > count) end = count;
  return {begin < end ? begin : end, end};
}

// row[i] = from[i · split] for begin <= i < end, zero for the other i < cols
LR_ELEM void fillRow(const float* from, int32_t split, int32_t begin, int32_t end, int32_t cols, float* row) {
  if (cols >= kLanes && begin <= kLanes && cols - end <= kLanes) {
    store(row, vec{});
    store(row + cols - kLanes, vec{});
  } else {
    std::memset(row, 0, sizeof(float) * cols);
  }
  if (split == 1) {
    copyRow(from + begin, end - begin, row + begin);
  } else {
    for (int32_t i = begin; i < end; ++i) row[i] = from[static_cast<int64_t>(i) * split];
  }
}

// The window whose first element is (y0, x0) of source (channels, sourceRows, sourceCols)
void fillWindow(const float* source, int32_t channels, int32_t sourceRows, int32_t sourceCols, int32_t y0,
                int32_t x0, const Window& window, float* out) {
  for (int32_t b = 0; b < window.splitCols; ++b) {
    const InsideRange cols = insideRange(x0 + b, window.splitCols, window.cols, sourceCols);
    for (int32_t a = 0; a < window.splitRows; ++a) {
      const InsideRange rows = insideRange(y0 + a, window.splitRows, window.rows, sourceRows);
      const float* first = source + (y0 + a) * static_cast<int64_t>(sourceCols) + x0 + b;
      float* plane = out + (a * window.splitCols + b) * window.subplane;
      for (int32_t c = 0; c < channels; ++c) {
        float* row = plane;
        for (int32_t r = 0; r < window.rows; ++r, row += window.cols) {
          if (r < rows.begin || r >= rows.end) {
            std::memset(row, 0, sizeof(float) * window.cols);
            continue;
          }
          const float* from = first + int64_t{r} * window.splitRows * sourceCols;
          if (c + 1 < channels) {  // rows are too short for the hardware to foresee the next channel's
            for (int32_t i = cols.begin * window.splitCols; i < cols.end * window.splitCols; i += 16) {
              prefetchRead(from + sourceRows * int64_t{sourceCols} + i);
            }
          }
          fillRow(from, window.splitCols, cols.begin, cols.end, window.cols, row);
        }
        first += static_cast<int64_t>(sourceRows) * sourceCols;
        plane += window.plane;
      }
    }
  }
}

// to (cols, toRows) = from (rows, cols) transposed, with zeros from row `rows` on
LR_NOINLINE void transposePlanes(const float* from, int64_t fromStep, int32_t rows, int64_t cols, float* to,
                                 int64_t toStep, int32_t toRows) {
  for (int32_t r = 0; r < toRows; r += kLanes) {
    const int filled = rows - r < kLanes ? rows - r : kLanes,
              lanes = toRows - r < kLanes ? toRows - r : kLanes;
    for (int64_t at = 0; at < cols; at += kLanes) {
      // The last square overlaps the one before.
      const int64_t c = at + kLanes <= cols || cols < kLanes ? at : cols - kLanes;
      const int64_t width = cols < kLanes ? cols : kLanes;
      const float* source = from + r * fromStep + c;
      float* target = to + c * toStep + r;
      vec tile[kLanes];
      if (filled == kLanes && width == kLanes) {
#pragma GCC unroll 16
        for (int i = 0; i < kLanes; ++i) tile[i] = load(source + i * fromStep);
      } else {
        for (int i = 0; i < kLanes; ++i) {
          tile[i] = i < filled ? loadPartial(source + i * fromStep, static_cast<int>(width)) : vec{};
        }
      }
      transpose(tile);
      if (lanes == kLanes && width == kLanes) {
#pragma GCC unroll 16
        for (int i = 0; i < kLanes; ++i) store(target + i * toStep, tile[i]);
      } else {
        for (int i = 0; i < width; ++i) storePartial(target + i * toStep, lanes, tile[i]);
      }
    }
  }
}

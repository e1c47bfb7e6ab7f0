// Products with one or two rows, read straight from memory: packing would cost more than the arithmetic. The
// order of operations is that of gemm_tile.inc.cpp, so a row has the same bits alone as among others.

constexpr int kThinRows = 2;

// The rows of a thin product: element (r, p) is at data[r · rowStride + p · depthStride].
struct ThinRows {
  const float* data;
  int64_t rowStride, depthStride;
};

// Adds sum, a block's product, to what each element starts from or has.
template <int R, int N>
LR_ELEM void addThinBlock(bool first, const GemmInit& start, int64_t count, const vec (&sum)[R][N], float* c,
                          int64_t ldc) {
#pragma GCC unroll 2
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < N; ++v) {
      const int64_t left = count - v * kLanes;
      if (left <= 0) continue;
      const int lanes = static_cast<int>(left < kLanes ? left : kLanes);
      const float* from = first ? start.init : c;
      vec value = sum[r][v];
      if (from != nullptr) {
        const float* at = from + r * (first ? start.rowStride : ldc) + v * kLanes;
        value = (lanes == kLanes ? load(at) : loadPartial(at, lanes, 0.0f)) + value;
      }
      if (lanes == kLanes) {
        store(c + r * ldc + v * kLanes, value);
      } else {
        storePartial(c + r * ldc + v * kLanes, lanes, value);
      }
    }
  }
}

// c (R, count <= N · kLanes) = start + a (R, k) · b; b (k, n), columns side by side, from column `col` on
template <int R, int N>
LR_NOINLINE void thinColumns(const ThinRows& a, const Operand& b, int64_t col, int64_t count,
                             const GemmInit& start, float* c, int64_t ldc) {
  const int64_t block = depthBlock(b.depth);
  const float* row = b.data + col;
  const int64_t whole = b.wholeReads(col, N * kLanes);
  for (int64_t begin = 0; begin < b.depth; begin += block) {
    const int64_t end = begin + block < b.depth ? begin + block : b.depth;
    vec sum[R][N];
#pragma GCC unroll 2
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
      for (int v = 0; v < N; ++v) sum[r][v] = vec{};
    }
    const auto step = [&](int64_t p, const vec(&right)[N]) {
#pragma GCC unroll 2
      for (int r = 0; r < R; ++r) {
        const vec x = broadcast(a.data[r * a.rowStride + p * a.depthStride]);
#pragma GCC unroll 4
        for (int v = 0; v < N; ++v) sum[r][v] = fmadd(x, right[v], sum[r][v]);
      }
    };
    int64_t p = begin;
    for (; p < end && p < whole; ++p) {
      vec right[N];
#pragma GCC unroll 4
      for (int v = 0; v < N; ++v) right[v] = load(row + v * kLanes);
      step(p, right);
      row += b.depthStride;
    }
    for (; p < end; ++p) {
      vec right[N];
      for (int v = 0; v < N; ++v) {
        const int64_t left = count - v * kLanes;
        right[v] = left <= 0 ? vec{} : loadPartial(row + v * kLanes, left < kLanes ? left : kLanes, 0.0f);
      }
      step(p, right);
      row += b.depthStride;
    }
    addThinBlock<R, N>(begin == 0, start, count, sum, c, ldc);
  }
}

// The same where each column of b is one line of memory (b transposed): squares are transposed in registers.
template <int R, int N>
LR_NOINLINE void thinLines(const ThinRows& a, const Operand& b, int64_t col, int64_t count,
                           const GemmInit& start, float* c, int64_t ldc) {
  const int64_t block = depthBlock(b.depth);
  const float* line[N * kLanes];
  for (int64_t i = 0; i < N * kLanes; ++i)
    line[i] = b.data + (col + (i < count ? i : count - 1)) * b.lineStride;
  for (int64_t begin = 0; begin < b.depth; begin += block) {
    const int64_t end = begin + block < b.depth ? begin + block : b.depth;
    vec sum[R][N];
#pragma GCC unroll 2
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
      for (int v = 0; v < N; ++v) sum[r][v] = vec{};
    }
    int64_t p = begin;
    for (; p + kLanes <= end; p += kLanes) {
      vec square[N][kLanes];
#pragma GCC unroll 4
      for (int v = 0; v < N; ++v) {
#pragma GCC unroll 16
        for (int i = 0; i < kLanes; ++i) square[v][i] = load(line[v * kLanes + i] + p);
        transpose(square[v]);
      }
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; ++i) {
#pragma GCC unroll 2
        for (int r = 0; r < R; ++r) {
          const vec x = broadcast(a.data[r * a.rowStride + (p + i) * a.depthStride]);
#pragma GCC unroll 4
          for (int v = 0; v < N; ++v) sum[r][v] = fmadd(x, square[v][i], sum[r][v]);
        }
      }
    }
    for (; p < end; ++p) {
      for (int v = 0; v < N; ++v) {
        float lanes[kLanes];
        for (int i = 0; i < kLanes; ++i) lanes[i] = line[v * kLanes + i][p];
        for (int r = 0; r < R; ++r) {
          sum[r][v] = fmadd(broadcast(a.data[r * a.rowStride + p * a.depthStride]), load(lanes), sum[r][v]);
        }
      }
    }
    addThinBlock<R, N>(begin == 0, start, count, sum, c, ldc);
  }
}

// c (R, n) = start + a (R, k) · b (k, n)
template <int R, class Run>
void multiplyThin(const ThinRows& a, const Operand& b, const GemmInit& start, float* c, int64_t ldc,
                  const Run& run) {
  const bool adjacent = b.lineStride == 1;
  const int64_t panel = (adjacent ? 4 : 2) * kLanes;
  run((b.lines + panel - 1) / panel, [&](int64_t unit) {
    const int64_t col = unit * panel, count = col + panel < b.lines ? panel : b.lines - col;
    if (adjacent) {
      thinColumns<R, 4>(a, b, col, count, start.at(0, col), c + col, ldc);
    } else {
      thinLines<R, 2>(a, b, col, count, start.at(0, col), c + col, ldc);
    }
  });
}

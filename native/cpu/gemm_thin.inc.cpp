// Products with one or two rows: as much memory traffic as arithmetic, so b is read once, in long runs. The
// order of operations is that of gemm_tile.inc.cpp, and a row has the same bits alone as among others; the
// blocks of k are multiplied side by side, by several threads, and added in order afterwards.

constexpr int kThinRows = 2;
constexpr int64_t kThinPanel = 256;  // columns of a unit
constexpr int64_t kThinSteps = 8;    // rows of b, or columns of a square, between visits of a sum

// The rows of a thin product: element (r, p) is at data[r · rowStride + p · depthStride].
struct ThinRows {
  const float* data;
  int64_t rowStride, depthStride;

  float at(int64_t row, int64_t p) const { return data[row * rowStride + p * depthStride]; }
};

// sums (R, kThinPanel) += a (R, [p, p + steps)) · lines, where line i has `vectors` vectors and begins at
// lines[i]
template <int R, int Steps>
LR_ELEM void addThinLines(const ThinRows& a, int64_t p, const float* const* lines, int64_t vectors,
                          float* sums) {
  vec x[R][Steps];
  for (int r = 0; r < R; ++r) {
    for (int i = 0; i < Steps; ++i) x[r][i] = broadcast(a.at(r, p + i));
  }
  for (int64_t v = 0; v < vectors; ++v) {
    for (int r = 0; r < R; ++r) {
      float* at = sums + r * kThinPanel + v * kLanes;
      vec sum = load(at);
#pragma GCC unroll 8
      for (int i = 0; i < Steps; ++i) sum = fmadd(x[r][i], load(lines[i] + v * kLanes), sum);
      store(at, sum);
    }
  }
}

// sums (R, kThinPanel) = a · b over k in [begin, end), where the columns [col, col + count) of b are side by
// side
template <int R>
LR_NOINLINE void thinAdjacent(const ThinRows& a, const Operand& b, int64_t col, int64_t count, int64_t begin,
                              int64_t end, float* sums) {
  const int64_t vectors = (count + kLanes - 1) / kLanes;
  const int64_t whole = b.wholeReads(col, vectors * kLanes);
  const float* row = b.data + begin * b.depthStride + col;
  int64_t p = begin;
  for (; p + kThinSteps <= end && p + kThinSteps <= whole; p += kThinSteps) {
    const float* lines[kThinSteps];
    for (int64_t i = 0; i < kThinSteps; ++i) lines[i] = row + i * b.depthStride;
    addThinLines<R, kThinSteps>(a, p, lines, vectors, sums);
    row += kThinSteps * b.depthStride;
  }
  for (; p < end; ++p) {
    float copy[kThinPanel];
    std::memcpy(copy, row, sizeof(float) * count);
    for (int64_t i = count; i < vectors * kLanes; ++i) copy[i] = 0;
    const float* line = copy;
    addThinLines<R, 1>(a, p, &line, vectors, sums);
    row += b.depthStride;
  }
}

// The same where each column of b is one line of memory: squares are transposed on the way.
template <int R>
LR_NOINLINE void thinTransposed(const ThinRows& a, const Operand& b, int64_t col, int64_t count,
                                int64_t begin, int64_t end, float* sums) {
  constexpr int64_t kDepth = 64;
  constexpr int kGroups = 4;
  for (int64_t i = 0; i < count; i += kGroups * kLanes) {
    vec sum[R][kGroups] = {};
    for (int64_t p = begin; p < end; p += kDepth) {
      alignas(64) float square[kGroups][kDepth * kLanes];
      const int64_t depth = p + kDepth < end ? kDepth : end - p;
      for (int64_t g = 0; g < kGroups; ++g) {
        const int64_t left = count - i - g * kLanes;
        if (left > 0)
          packLines<1>(b, col + i + g * kLanes, left < kLanes ? left : kLanes, p, depth, kLanes, square[g]);
      }
      for (int64_t q = 0; q < depth; ++q) {
#pragma GCC unroll 2
        for (int r = 0; r < R; ++r) {
          const vec x = broadcast(a.at(r, p + q));
#pragma GCC unroll 4
          for (int g = 0; g < kGroups; ++g) sum[r][g] = fmadd(x, load(square[g] + q * kLanes), sum[r][g]);
        }
      }
    }
    for (int r = 0; r < R; ++r) {
      for (int g = 0; g < kGroups; ++g) {
        if (i + g * kLanes < count) store(sums + r * kThinPanel + i + g * kLanes, sum[r][g]);
      }
    }
  }
}

// c (R, n) = start + a (R, k) · b (k, n)
template <int R, class Run>
void multiplyThin(const ThinRows& a, const Operand& b, const GemmInit& start, float* c, int64_t ldc,
                  const Run& run) {
  const int64_t panels = (b.lines + kThinPanel - 1) / kThinPanel;
  const int64_t depth = depthBlock(b.depth), blocks = (b.depth + depth - 1) / depth;
  float* sums =
      scratchOf<float>(kPackedA, blocks * panels * R * kThinPanel);  // [block][panel][R][kThinPanel]
  run(blocks * panels, [&](int64_t unit) {
    const int64_t begin = unit / panels * depth, end = begin + depth < b.depth ? begin + depth : b.depth;
    const int64_t col = unit % panels * kThinPanel,
                  count = col + kThinPanel < b.lines ? kThinPanel : b.lines - col;
    float* sum = sums + unit * R * kThinPanel;
    std::memset(sum, 0, sizeof(float) * R * kThinPanel);
    if (b.lineStride == 1) {
      thinAdjacent<R>(a, b, col, count, begin, end, sum);
    } else {
      thinTransposed<R>(a, b, col, count, begin, end, sum);
    }
  });
  run(panels, [&](int64_t panel) {
    const int64_t col = panel * kThinPanel, count = col + kThinPanel < b.lines ? kThinPanel : b.lines - col;
    for (int r = 0; r < R; ++r) {
      float* out = c + r * ldc + col;
      const float* sum = sums + (panel * R + r) * kThinPanel;
      const float* from = start.init != nullptr ? start.init + r * start.rowStride + col : nullptr;
      for (int64_t j = 0; j < count; ++j) out[j] = from != nullptr ? from[j] + sum[j] : sum[j];
      for (int64_t block = 1; block < blocks; ++block) {
        sum += panels * R * kThinPanel;
        for (int64_t j = 0; j < count; ++j) out[j] += sum[j];
      }
    }
  });
}

// Products with one or two rows: as much memory traffic as arithmetic, so b is read once, in long runs. The
// blocks of k are those of gemm_tile.inc.cpp, multiplied side by side, by several threads, and added in order
// afterwards. Where the columns of b are side by side, so is the order within a block, and a row has the same
// bits alone as among others; where each column is one line of memory, as the weights of linear, the sum of a
// block is in kSumLanes lanes.

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

// rows (R, Lines) of sums = x (R, kMaxDepth, zeros from `depth` on) · lines, the sum of a line in lanes
template <int R, int Lines>
LR_ELEM void dotLines(const float* x, const float* const* line, int64_t depth, float* sums) {
  vec sum[R][Lines][Lanes::kVectors] = {};
  const int64_t whole = depth / kSumLanes * kSumLanes;
#pragma GCC unroll 1
  for (int64_t p = 0; p < whole; p += kSumLanes) {
#pragma GCC unroll 4
    for (int v = 0; v < Lanes::kVectors; ++v) {
#pragma GCC unroll 4
      for (int i = 0; i < Lines; ++i) {
        const vec w = load(line[i] + p + v * kLanes);
#pragma GCC unroll 2
        for (int r = 0; r < R; ++r)
          sum[r][i][v] = fmadd(load(x + r * kMaxDepth + p + v * kLanes), w, sum[r][i][v]);
      }
    }
  }
#pragma GCC unroll 4
  for (int i = 0; i < Lines; ++i) {
#pragma GCC unroll 2
    for (int r = 0; r < R; ++r) {
      Lanes total(0.0f);
      for (int v = 0; v < Lanes::kVectors; ++v) total.v[v] = sum[r][i][v];
      if (whole < depth) {
        const Lanes rest(line[i] + whole, depth - whole, 0.0f, depth - whole);
        for (int v = 0; v < Lanes::kVectors; ++v) {
          total.v[v] = fmadd(load(x + r * kMaxDepth + whole + v * kLanes), rest.v[v], total.v[v]);
        }
      }
      sums[r * kThinPanel + i] = total.sum();
    }
  }
}

// The same where each column of b is one line of memory: a sum in lanes
template <int R>
LR_NOINLINE void thinLines(const ThinRows& a, const Operand& b, int64_t col, int64_t count, int64_t begin,
                           int64_t end, float* sums) {
  constexpr int kLines = 4 / R;
  alignas(64) float x[R * kMaxDepth];
  const int64_t depth = end - begin;
  for (int r = 0; r < R; ++r) {
    for (int64_t p = 0; p < kMaxDepth; ++p) x[r * kMaxDepth + p] = p < depth ? a.at(r, begin + p) : 0.0f;
  }
  const float* line[kLines];
  const auto lineOf = [&](int64_t i) { return b.data + (col + i) * b.lineStride + begin; };
  int64_t i = 0;
  for (; i + kLines <= count; i += kLines) {
    for (int j = 0; j < kLines; ++j) line[j] = lineOf(i + j);
    dotLines<R, kLines>(x, line, depth, sums + i);
  }
  for (; i < count; ++i) {
    line[0] = lineOf(i);
    dotLines<R, 1>(x, line, depth, sums + i);
  }
}

// c (R, n) = start + a (R, k) · b (k, n)
template <int R, class Run>
void multiplyThin(const ThinRows& a, const Operand& b, const GemmInit& start, float* c, int64_t ldc,
                  const Run& run) {
  const int64_t panels = (b.lines + kThinPanel - 1) / kThinPanel;
  const int64_t depth = depthBlock(b.depth), blocks = (b.depth + depth - 1) / depth;
  float* sums =
      scratchOf<float>(kPartPanels, blocks * panels * R * kThinPanel);  // [block][panel][R][kThinPanel]
  run(blocks * panels, [&](int64_t unit) {
    const int64_t begin = unit / panels * depth, end = begin + depth < b.depth ? begin + depth : b.depth;
    const int64_t col = unit % panels * kThinPanel,
                  count = col + kThinPanel < b.lines ? kThinPanel : b.lines - col;
    float* sum = sums + unit * R * kThinPanel;
    std::memset(sum, 0, sizeof(float) * R * kThinPanel);
    if (b.lineStride == 1) {
      thinAdjacent<R>(a, b, col, count, begin, end, sum);
    } else {
      thinLines<R>(a, b, col, count, begin, end, sum);
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

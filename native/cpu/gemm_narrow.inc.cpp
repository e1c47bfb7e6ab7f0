// Products of few columns: the tile of gemm would be mostly empty, and packing a would cost more than the
// product. b is packed, block of k after block of k, and a read where it is. The order of operations is that
// of gemm_tile.inc.cpp.

constexpr int64_t kNarrowCols = 16;
constexpr int kNarrowRows = 6;        // of a tile
constexpr int64_t kNarrowUnit = 252;  // rows of a unit, whole tiles

// c (R, cols) = start + a · b; element (r, p) of a is at a[r · rowStride + p · depthStride], b [depth][V ·
// kLanes]
template <int R, int V>
LR_NOINLINE void narrowTile(int64_t depth, const float* a, int64_t rowStride, int64_t depthStride,
                            const float* b, GemmInit start, float* c, int64_t ldc, int64_t cols) {
  vec sum[R][V] = {};
#pragma GCC unroll 1
  for (int64_t p = 0; p < depth; ++p) {
    vec line[V];
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) line[v] = load(b + v * kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const vec x = broadcast(a[r * rowStride]);
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) sum[r][v] = fmadd(x, line[v], sum[r][v]);
    }
    a += depthStride;
    b += V * kLanes;
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) {
      const int64_t col = v * kLanes;
      const int count = static_cast<int>(cols - col < kLanes ? cols - col : kLanes);
      if (start.init != nullptr) sum[r][v] += loadPartial(start.init + r * start.rowStride + col, count);
      storePartial(c + r * ldc + col, count, sum[r][v]);
    }
  }
}

template <int R>
struct NarrowRows {
  static constexpr int kRows = R;
};

// c = start + a · b, where b has V vectors of columns
template <int V, class Run>
void multiplyNarrow(const Operand& a, const Operand& b, const GemmInit& start, float* c, int64_t ldc,
                    const Run& run) {
  const int64_t depth = depthBlock(b.depth);
  const auto rows = [&](int64_t begin, int64_t end) {
    float* packed = scratchOf<float>(kChunkPanels, depth * V * kLanes + kLanes);
    for (int64_t p = 0; p < b.depth; p += depth) {
      const int64_t steps = p + depth < b.depth ? depth : b.depth - p;
      packLines<V>(b, 0, b.lines, p, steps, V * kLanes, packed);
      const auto tile = [&](auto size, int64_t row) {
        constexpr int R = decltype(size)::kRows;
        float* out = c + row * ldc;
        narrowTile<R, V>(steps, a.data + row * a.lineStride + p * a.depthStride, a.lineStride, a.depthStride,
                         packed, p == 0 ? start.at(row, 0) : GemmInit{out, ldc}, out, ldc, b.lines);
        return row + R;
      };
      int64_t row = begin;
      while (row + kNarrowRows <= end) row = tile(NarrowRows<kNarrowRows>{}, row);
      while (row + 3 <= end) row = tile(NarrowRows<3>{}, row);
      while (row < end) row = tile(NarrowRows<1>{}, row);
    }
  };
  run(ceilDiv(a.lines, kNarrowUnit), [&](int64_t unit) {
    const int64_t begin = unit * kNarrowUnit;
    rows(begin, begin + kNarrowUnit < a.lines ? begin + kNarrowUnit : a.lines);
  });
}

template <class Run>
void multiplyNarrow(const Operand& a, const Operand& b, const GemmInit& start, float* c, int64_t ldc,
                    const Run& run) {
  const int64_t vectors = ceilDiv(b.lines, kLanes);
  if (vectors == 1) return multiplyNarrow<1>(a, b, start, c, ldc, run);
  if constexpr (kNarrowCols > kLanes) {
    if (vectors == 2) return multiplyNarrow<2>(a, b, start, c, ldc, run);
  }
  if constexpr (kNarrowCols > 2 * kLanes) {
    vectors == 3 ? multiplyNarrow<3>(a, b, start, c, ldc, run) : multiplyNarrow<4>(a, b, start, c, ldc, run);
  }
}

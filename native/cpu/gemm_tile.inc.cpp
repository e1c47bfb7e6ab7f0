// The register tile of gemm, and the order of operations that every product keeps.
//
// The order is a definition, the same for every tile size, every number of threads and every instruction set
// with fused multiply-add: k is cut into equal blocks of depthBlock(k), each element of a block's product is
// one chain of multiply-adds in ascending k from zero, and the blocks are added one after another to what the
// element starts from: nothing, its old value, or a bias.

constexpr int64_t kMaxDepth = 512;  // of a block of k

// Length of each block of k but the last, a multiple of 16
LR_ELEM int64_t depthBlock(int64_t k) {
  const int64_t blocks = (k + kMaxDepth - 1) / kMaxDepth;
  return ((k + blocks - 1) / blocks + 15) / 16 * 16;
}

// What the elements of a block of c start from: init[row · rowStride + col], or zero where init is null
struct GemmInit {
  const float* init;
  int64_t rowStride;

  GemmInit at(int64_t row, int64_t col) const {
    return {init != nullptr ? init + row * rowStride + col : nullptr, rowStride};
  }
};

// c (R, kTileCols) = start + a · b; a [depth][R], b [depth][kTileCols]
template <int R>
LR_NOINLINE void gemmTile(int64_t depth, const float* a, const float* b, GemmInit start, float* c,
                          int64_t ldc) {
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    prefetchWrite(c + r * ldc);
    if (kTileCols > 16) prefetchWrite(c + r * ldc + 16);
    prefetchWrite(c + r * ldc + kTileCols - 1);  // rows need not begin with a cache line
  }
  vec sum[R][2];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) sum[r][0] = sum[r][1] = vec{};
#pragma GCC unroll 1
  for (int64_t p = 0; p < depth; ++p) {
    const vec left = load(b), right = load(b + kLanes);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const vec x = broadcast(a[r]);
      sum[r][0] = fmadd(x, left, sum[r][0]);
      sum[r][1] = fmadd(x, right, sum[r][1]);
    }
    a += R;
    b += kTileCols;
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    if (start.init != nullptr) {
      sum[r][0] += load(start.init + r * start.rowStride);
      sum[r][1] += load(start.init + r * start.rowStride + kLanes);
    }
    store(c + r * ldc, sum[r][0]);
    store(c + r * ldc + kLanes, sum[r][1]);
  }
}

typedef void (*GemmTile)(int64_t, const float*, const float*, GemmInit, float*, int64_t);

// kGemmTile[r]: the tile of r rows
constexpr GemmTile kGemmTile[] = {
    nullptr,      gemmTile<1>,  gemmTile<2>, gemmTile<3>,  gemmTile<4>,  gemmTile<5>,  gemmTile<6>,
#if LR_TILE_ROWS >= 12
    gemmTile<7>,  gemmTile<8>,  gemmTile<9>, gemmTile<10>, gemmTile<11>, gemmTile<12>,
#endif
#if LR_TILE_ROWS >= 14
    gemmTile<13>, gemmTile<14>,
#endif
};

// The same for the last columns, of which there are fewer than a tile's
void gemmTileTail(int64_t rows, int64_t cols, int64_t depth, const float* a, const float* b, GemmInit start,
                  float* c, int64_t ldc) {
  alignas(64) float tile[kTileRows * kTileCols];
  kGemmTile[rows](depth, a, b, {nullptr, 0}, tile, kTileCols);
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t j = 0; j < cols; j += kLanes) {
      const int count = static_cast<int>(cols - j < kLanes ? cols - j : kLanes);
      vec sum = load(tile + r * kTileCols + j);
      if (start.init != nullptr) sum += loadPartial(start.init + r * start.rowStride + j, count);
      storePartial(c + r * ldc + j, count, sum);
    }
  }
}

// gemm: products of matrices, packed, in register tiles of up to kTileRows rows by two vectors of columns.
//
// The order of operations is part of the definition, the same for every tile size, instruction set with fused
// multiply-add and number of threads: k is cut into depthBlocks(k) equal blocks, each element of a block's
// product is one chain of multiply-adds in ascending k from zero, and the blocks are added one after another
// to what the element starts from: nothing, its old value, or a bias.
//
// Per block of k and of columns: pack the columns of b into slivers [k][kTileCols] and the rows of a into
// tiles [k][rows], then multiply every tile with every sliver; both passes are spread over the threads.

constexpr int64_t kMaxDepth = 512;   // of a block of k
constexpr int64_t kColBlock = 4096;  // columns packed at a time
constexpr int64_t kRowBlock = 2048;  // rows packed at a time
constexpr int64_t kTilesPerUnit = 112 / kTileRows + 1;
constexpr double kSerialFlops = 1e6;  // products below this are not worth waking a thread for

enum GemmScratch { kPackedA = 0, kPackedB = 1 };

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

// c (R, kTileCols) = start + a · b; a [depth][R], b: `depth` rows of kTileCols, ldb apart
template <int R>
LR_NOINLINE void gemmTile(int64_t depth, const float* a, const float* b, int64_t ldb, GemmInit start,
                          float* c, int64_t ldc) {
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    prefetchWrite(c + r * ldc);
    if (kTileCols > 16) prefetchWrite(c + r * ldc + 16);
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
    b += ldb;
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

typedef void (*GemmTile)(int64_t, const float*, const float*, int64_t, GemmInit, float*, int64_t);

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
void gemmTileTail(int64_t rows, int64_t cols, int64_t depth, const float* a, const float* b, int64_t ldb,
                  GemmInit start, float* c, int64_t ldc) {
  alignas(64) float tile[kTileRows * kTileCols];
  kGemmTile[rows](depth, a, b, ldb, {nullptr, 0}, tile, kTileCols);
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t j = 0; j < cols; ++j) {
      const float sum = tile[r * kTileCols + j];
      c[r * ldc + j] = start.init != nullptr ? start.init[r * start.rowStride + j] + sum : sum;
    }
  }
}

// One operand as lines of `depth` elements, of which `count` side by side make a tile or sliver: element (i,
// p) is at data[i · lineStride + p · depthStride], where one of the strides is 1.
struct Operand {
  const float* data;
  int64_t lineStride, depthStride;
  int64_t lines, depth;
};

// out[p][width] = elements (first + i, begin + p), i < count <= width, p < depth. Lanes from count on are
// undefined, and up to kLanes floats beyond the last row are overwritten. Groups: vectors that hold `count`
template <int Groups>
LR_NOINLINE void packLines(const Operand& x, int64_t first, int64_t count, int64_t begin, int64_t depth,
                           int64_t width, float* out) {
  if (x.lineStride == 1) {
    // Whole vectors as long as they stay inside the array; they may run into the next lines.
    const float* source = x.data + first + begin * x.depthStride;
    const float* last = x.data + x.lines + (x.depth - 1) * x.depthStride;
    int64_t p = 0;
    for (; p < depth && source + Groups * kLanes <= last; ++p) {
#pragma GCC unroll 4
      for (int g = 0; g < Groups; ++g) store(out + p * width + g * kLanes, load(source + g * kLanes));
      source += x.depthStride;
    }
    for (; p < depth; ++p) {
      for (int64_t i = 0; i < count; ++i) out[p * width + i] = source[i];
      for (int64_t i = count; i < width; ++i) out[p * width + i] = 0;
      source += x.depthStride;
    }
    return;
  }
  const float* line[Groups * kLanes];
  for (int64_t i = 0; i < Groups * kLanes; ++i) {
    line[i] = x.data + (first + (i < count ? i : count - 1)) * x.lineStride + begin;
  }
  int64_t p = 0;
  for (; p + kLanes <= depth; p += kLanes) {
    vec square[Groups][kLanes];
#pragma GCC unroll 4
    for (int g = 0; g < Groups; ++g) {
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; ++i) square[g][i] = load(line[g * kLanes + i] + p);
      transpose(square[g]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; ++i) {
#pragma GCC unroll 4
      for (int g = 0; g < Groups; ++g) store(out + (p + i) * width + g * kLanes, square[g][i]);
    }
  }
  for (; p < depth; ++p) {
    for (int64_t i = 0; i < width; ++i) out[p * width + i] = i < count ? line[i][p] : 0;
  }
}

constexpr int kRowGroups = (kTileRows + kLanes - 1) / kLanes;

// c = start + op(a) · op(b)
void gemmFrom(const GemmShape& s, const float* a, const float* b, GemmInit start, float* c) {
  const Operand rowsOfA = {a, s.transposeA ? 1 : s.lda, s.transposeA ? s.lda : 1, s.m, s.k};
  const Operand colsOfB = {b, s.transposeB ? s.ldb : 1, s.transposeB ? 1 : s.ldb, s.n, s.k};
  const bool serial = 2.0 * s.m * s.n * s.k < kSerialFlops;
  const auto run = [serial](int64_t units, const auto& body) {
    if (!serial) return parallel(units, body);
    for (int64_t unit = 0; unit < units; ++unit) body(unit);
  };
  const int64_t block = depthBlock(s.k);
  for (int64_t p = 0; p < s.k; p += block) {
    const int64_t depth = p + block < s.k ? block : s.k - p;
    const GemmInit from = p == 0 ? start : GemmInit{c, s.ldc};
    for (int64_t j = 0; j < s.n; j += kColBlock) {
      const int64_t cols = j + kColBlock < s.n ? kColBlock : s.n - j;
      const int64_t slivers = (cols + kTileCols - 1) / kTileCols, sliverSize = depth * kTileCols;
      float* packedB = scratchOf<float>(kPackedB, slivers * sliverSize);
      for (int64_t i = 0; i < s.m; i += kRowBlock) {
        const int64_t rows = i + kRowBlock < s.m ? kRowBlock : s.m - i;
        const int64_t tiles = (rows + kTileRows - 1) / kTileRows, tileSize = depth * kTileRows + kLanes;
        const auto firstRow = [=](int64_t tile) { return tile * rows / tiles; };
        float* packedA = scratchOf<float>(kPackedA, tiles * tileSize);

        constexpr int64_t kPackedPerUnit = 4;
        const int64_t packs = tiles + (i == 0 ? slivers : 0);
        run((packs + kPackedPerUnit - 1) / kPackedPerUnit, [&](int64_t unit) {
          for (int64_t pack = unit * kPackedPerUnit; pack < packs && pack < (unit + 1) * kPackedPerUnit;
               ++pack) {
            if (pack < tiles) {
              const int64_t row = firstRow(pack), count = firstRow(pack + 1) - row;
              packLines<kRowGroups>(rowsOfA, i + row, count, p, depth, count, packedA + pack * tileSize);
            } else {
              const int64_t col = (pack - tiles) * kTileCols;
              const int64_t count = col + kTileCols < cols ? kTileCols : cols - col;
              packLines<kTileVectors>(colsOfB, j + col, count, p, depth, kTileCols,
                                      packedB + (pack - tiles) * sliverSize);
            }
          }
        });

        const int64_t tileUnits = (tiles + kTilesPerUnit - 1) / kTilesPerUnit;
        const int64_t sliverUnits =
            (48 + tileUnits - 1) / tileUnits < slivers ? (48 + tileUnits - 1) / tileUnits : slivers;
        run(tileUnits * sliverUnits, [&](int64_t unit) {
          const int64_t firstTile = unit / sliverUnits * tiles / tileUnits;
          const int64_t lastTile = (unit / sliverUnits + 1) * tiles / tileUnits;
          const int64_t firstSliver = unit % sliverUnits * slivers / sliverUnits;
          const int64_t lastSliver = (unit % sliverUnits + 1) * slivers / sliverUnits;
          for (int64_t sliver = firstSliver; sliver < lastSliver; ++sliver) {
            const int64_t col = j + sliver * kTileCols;
            const float* right = packedB + sliver * sliverSize;
            for (int64_t tile = firstTile; tile < lastTile; ++tile) {
              const int64_t row = i + firstRow(tile), count = firstRow(tile + 1) - firstRow(tile);
              const float* left = packedA + tile * tileSize;
              float* out = c + row * s.ldc + col;
              if (col + kTileCols <= s.n) {
                kGemmTile[count](depth, left, right, kTileCols, from.at(row, col), out, s.ldc);
              } else {
                gemmTileTail(count, s.n - col, depth, left, right, kTileCols, from.at(row, col), out, s.ldc);
              }
            }
          }
        });
      }
    }
  }
}

// c (m, n) = op(a) · op(b), or c + op(a) · op(b)
void gemm(const GemmShape& s, const float* a, const float* b, float* c) {
  gemmFrom(s, a, b, {s.accumulate ? c : nullptr, s.ldc}, c);
}

// gemm: products of matrices, packed, in register tiles of up to kTileRows rows by two vectors of columns.
//
// Per block of k and of columns: pack the columns of b into slivers [k][kTileCols] and the rows of a into
// tiles [k][rows], then multiply every tile with every sliver; both passes are spread over the threads. An
// operand whose partner fits in a core's cache is packed piece by piece just before its use instead. The
// order of operations of an element is in gemm_tile.inc.cpp.

constexpr int64_t kColBlock = 4096;  // columns packed at a time
constexpr int64_t kRowBlock = 2048;  // rows packed at a time
constexpr int64_t kCached =
    65536;                      // floats that stay in a core's second-level cache beside what passes through
constexpr int64_t kUnits = 48;  // of multiplication, at the least, where there are as many
constexpr int64_t kPacksPerUnit = 4;  // tiles or slivers
constexpr double kSerialFlops = 1e6;  // products below this are not worth waking a thread for

constexpr int kRowGroups = (kTileRows + kLanes - 1) / kLanes;

// One block of the product: rows [i, i + rows) by columns [j, j + cols) over k in [p, p + depth)
struct GemmBlock {
  Operand a, b;
  int64_t i, rows, j, cols, p, depth;
  GemmInit start;
  float* c;
  int64_t ldc;

  int64_t tiles() const { return (rows + kTileRows - 1) / kTileRows; }
  int64_t slivers() const { return (cols + kTileCols - 1) / kTileCols; }
  int64_t tileSize() const { return depth * kTileRows + kLanes; }
  int64_t sliverSize() const { return depth * kTileCols; }
  // Rows are spread evenly over the tiles, since a tile of one row less is as fast.
  int64_t firstRow(int64_t tile) const { return tile * rows / tiles(); }

  void packTile(int64_t tile, float* out) const {
    const int64_t row = firstRow(tile), count = firstRow(tile + 1) - row;
    packLines<kRowGroups>(a, i + row, count, p, depth, count, out);
  }
  void packSliver(int64_t sliver, float* out) const {
    const int64_t col = sliver * kTileCols, count = col + kTileCols < cols ? kTileCols : cols - col;
    packLines<kTileVectors>(b, j + col, count, p, depth, kTileCols, out);
  }
  void multiply(int64_t tile, int64_t sliver, const float* left, const float* right) const {
    const int64_t row = firstRow(tile), count = firstRow(tile + 1) - row, col = sliver * kTileCols;
    float* out = c + (i + row) * ldc + j + col;
    const GemmInit from = start.at(i + row, j + col);
    if (col + kTileCols <= cols) {
      kGemmTile[count](depth, left, right, kTileCols, from, out, ldc);
    } else {
      gemmTileTail(count, cols - col, depth, left, right, kTileCols, from, out, ldc);
    }
  }
};

// packedB: the block's slivers, to be packed where i is 0, and left for the blocks of rows that follow
template <class Run>
void multiplyBlock(const GemmBlock& block, float* packedB, const Run& run) {
  const int64_t tiles = block.tiles(), tileSize = block.tileSize();
  const int64_t slivers = block.slivers(), sliverSize = block.sliverSize();
  const bool streamB = tiles * tileSize <= kCached;
  const bool streamA = !streamB && slivers * sliverSize <= kCached;
  float* packedA = streamA ? nullptr : scratchOf<float>(kPackedA, tiles * tileSize);

  const int64_t tilePacks = streamA ? 0 : tiles, packs = tilePacks + (streamB || block.i > 0 ? 0 : slivers);
  run((packs + kPacksPerUnit - 1) / kPacksPerUnit, [&](int64_t unit) {
    for (int64_t pack = unit * kPacksPerUnit; pack < packs && pack < (unit + 1) * kPacksPerUnit; ++pack) {
      if (pack < tilePacks) {
        block.packTile(pack, packedA + pack * tileSize);
      } else {
        block.packSliver(pack - tilePacks, packedB + (pack - tilePacks) * sliverSize);
      }
    }
  });

  if (streamA) {
    const int64_t units = tiles < kUnits ? tiles : kUnits;
    run(units, [&](int64_t unit) {
      float* left = scratchOf<float>(kPackedA, tileSize);
      for (int64_t tile = unit * tiles / units; tile < (unit + 1) * tiles / units; ++tile) {
        block.packTile(tile, left);
        for (int64_t sliver = 0; sliver < slivers; ++sliver) {
          block.multiply(tile, sliver, left, packedB + sliver * sliverSize);
        }
      }
    });
    return;
  }
  const int64_t tileUnits = (tiles * tileSize + kCached - 1) / kCached;
  const int64_t wanted = (kUnits + tileUnits - 1) / tileUnits,
                sliverUnits = wanted < slivers ? wanted : slivers;
  run(tileUnits * sliverUnits, [&](int64_t unit) {
    const int64_t row = unit / sliverUnits, col = unit % sliverUnits;
    float* stream = streamB ? scratchOf<float>(kPackedB, sliverSize) : nullptr;
    for (int64_t sliver = col * slivers / sliverUnits; sliver < (col + 1) * slivers / sliverUnits; ++sliver) {
      const float* right = streamB ? stream : packedB + sliver * sliverSize;
      if (streamB) block.packSliver(sliver, stream);
      for (int64_t tile = row * tiles / tileUnits; tile < (row + 1) * tiles / tileUnits; ++tile) {
        block.multiply(tile, sliver, packedA + tile * tileSize, right);
      }
    }
  });
}

// c = start + op(a) · op(b)
void gemmFrom(const GemmShape& s, const float* a, const float* b, GemmInit start, float* c) {
  const bool serial = 2.0 * s.m * s.n * s.k < kSerialFlops;
  const auto run = [serial](int64_t units, const auto& body) {
    if (!serial) return parallel(units, body);
    for (int64_t unit = 0; unit < units; ++unit) body(unit);
  };
  const Operand rowsOfA = {a, s.transposeA ? 1 : s.lda, s.transposeA ? s.lda : 1, s.m, s.k};
  const Operand colsOfB = {b, s.transposeB ? s.ldb : 1, s.transposeB ? 1 : s.ldb, s.n, s.k};
  if (s.m <= kThinRows) {
    const ThinRows rows = {a, rowsOfA.lineStride, rowsOfA.depthStride};
    return s.m == 1 ? multiplyThin<1>(rows, colsOfB, start, c, s.ldc, run)
                    : multiplyThin<2>(rows, colsOfB, start, c, s.ldc, run);
  }
  if (s.n == 1 && s.ldc == 1) {
    // A matrix times a vector is the same with the operands exchanged.
    if (start.init != nullptr && start.init != c) {
      for (int64_t i = 0; i < s.m; ++i) c[i] = start.init[i * start.rowStride];
      start.init = c;
    }
    const ThinRows vector = {b, colsOfB.lineStride, colsOfB.depthStride};
    return multiplyThin<1>(vector, rowsOfA, start, c, s.m, run);
  }
  GemmBlock block = {.a = rowsOfA,
                     .b = colsOfB,
                     .i = 0,
                     .rows = 0,
                     .j = 0,
                     .cols = 0,
                     .p = 0,
                     .depth = 0,
                     .start = start,
                     .c = c,
                     .ldc = s.ldc};
  const int64_t depth = depthBlock(s.k);
  for (block.p = 0; block.p < s.k; block.p += depth) {
    block.depth = block.p + depth < s.k ? depth : s.k - block.p;
    for (block.j = 0; block.j < s.n; block.j += kColBlock) {
      block.cols = block.j + kColBlock < s.n ? kColBlock : s.n - block.j;
      float* packedB = scratchOf<float>(kPackedB, block.slivers() * block.sliverSize());
      for (block.i = 0; block.i < s.m; block.i += kRowBlock) {
        block.rows = block.i + kRowBlock < s.m ? kRowBlock : s.m - block.i;
        multiplyBlock(block, packedB, run);
      }
    }
    block.start = {c, s.ldc};
  }
}

// c (m, n) = op(a) · op(b), or c + op(a) · op(b)
void gemm(const GemmShape& s, const float* a, const float* b, float* c) {
  gemmFrom(s, a, b, {s.accumulate ? c : nullptr, s.ldc}, c);
}

// Products below this many multiply-adds are one unit each, side by side; larger ones spread over the
// threads.
constexpr double kBatchFlops = 3e7;

// a, b and c: matrices that follow one another
void gemmBatch(const GemmBatchShape& s, const float* a, const float* b, float* c) {
  const int64_t sizeA = int64_t{s.m} * s.k, sizeB = int64_t{s.k} * s.n, sizeC = int64_t{s.m} * s.n;
  // Pairs that share a matrix of c run one after another in one unit.
  const int64_t outerUnits = s.outerC > 0 ? s.outer : 1, innerUnits = s.innerC > 0 ? s.inner : 1;
  const auto products = [&](int64_t unit) {
    const int64_t firstOuter = unit / innerUnits, firstInner = unit % innerUnits;
    bool adds = s.accumulate != 0;
    for (int64_t i = firstOuter; i < (s.outerC > 0 ? firstOuter + 1 : s.outer); ++i) {
      for (int64_t j = firstInner; j < (s.innerC > 0 ? firstInner + 1 : s.inner); ++j) {
        const GemmShape product = {.m = s.m,
                                   .n = s.n,
                                   .k = s.k,
                                   .lda = s.transposeA ? s.m : s.k,
                                   .ldb = s.transposeB ? s.k : s.n,
                                   .ldc = s.n,
                                   .transposeA = s.transposeA,
                                   .transposeB = s.transposeB,
                                   .accumulate = adds ? 1 : 0};
        gemm(product, a + (i * s.outerA + j * s.innerA) * sizeA, b + (i * s.outerB + j * s.innerB) * sizeB,
             c + (i * s.outerC + j * s.innerC) * sizeC);
        adds = true;
      }
    }
  };
  const int64_t units = outerUnits * innerUnits;
  if (2.0 * s.m * s.n * s.k < kBatchFlops) return parallel(units, products);
  for (int64_t unit = 0; unit < units; ++unit) products(unit);
}

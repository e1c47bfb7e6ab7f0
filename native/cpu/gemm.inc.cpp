// gemm: products of matrices, packed, in register tiles of up to kTileRows rows by two vectors of columns.
//
// The rows of a make tiles [k][rows], the columns of b slivers [k][kTileCols]: panels. The operand of fewer
// lines is cut into few parts, the other into chunks of panels, and a unit multiplies a part with a chunk. A
// thread packs both for itself: the part once for the units of it that follow one another, the chunk for each
// of them in its second-level cache, block of k after block of k. So no core reads or adds to what another
// has written, which costs as much as packing where they share no cache. The order of operations of an
// element is in gemm_tile.inc.cpp.

constexpr int64_t kCached =
    65536;  // floats that stay in a core's second-level cache beside what passes through
constexpr int64_t kPartFloats = 1 << 20;  // of a packed part, at the most
constexpr int64_t kPartLines = 256;       // of a part, at the least, where there is more than one
constexpr int64_t kUnits = 16;            // where there are as many
constexpr int64_t kPackedSteps = 16;      // of k that are packed of one panel, then of its neighbour
constexpr int64_t kDeepProduct = 32768;   // elements of a product, at the most,
constexpr int64_t kDeepBlocks = 8;        // and blocks of k, at the least, that are computed side by side
constexpr double kSerialFlops = 1e6;      // products below this are not worth waking a thread for

constexpr int kRowGroups = (kTileRows + kLanes - 1) / kLanes;

// The panels of one operand
struct Panels {
  Operand x;
  bool areRows;
  int64_t count;

  Panels(const Operand& operand, bool rows)
      : x(operand), areRows(rows), count(ceilDiv(operand.lines, rows ? kTileRows : kTileCols)) {}

  // Rows are spread evenly over the tiles, since a tile of one row less is as fast.
  int64_t first(int64_t panel) const {
    if (areRows) return panel * x.lines / count;
    return panel < count ? panel * kTileCols : x.lines;
  }
  int64_t lines(int64_t panel) const { return first(panel + 1) - first(panel); }
  int64_t floats(int64_t depth) const { return areRows ? depth * kTileRows + kLanes : depth * kTileCols; }

  void packSteps(int64_t panel, int64_t begin, int64_t depth, float* out) const {
    const int64_t size = lines(panel);
    if (areRows) {
      packLines<kRowGroups>(x, first(panel), size, begin, depth, size, out);
    } else {
      packLines<kTileVectors>(x, first(panel), size, begin, depth, kTileCols, out);
    }
  }
  // Packs the panels [from, to) over k in [begin, begin + depth), floats(depth) apart. Lines that are side by
  // side are read a few steps of k at a time, in long runs.
  void pack(int64_t from, int64_t to, int64_t begin, int64_t depth, float* out) const {
    const int64_t steps = x.lineStride == 1 ? kPackedSteps : depth;
    for (int64_t p = 0; p < depth; p += steps) {
      for (int64_t panel = from; panel < to; ++panel) {
        packSteps(panel, begin + p, p + steps < depth ? steps : depth - p,
                  out + (panel - from) * floats(depth) + p * (areRows ? lines(panel) : kTileCols));
      }
    }
  }
};

// c = start + a · b over k in [begin, end), in blocks of `depth`
struct GemmProduct {
  Operand a, b;
  int64_t begin, end, depth;
  GemmInit start;
  float* c;
  int64_t ldc;

  int64_t blocks() const { return ceilDiv(end - begin, depth); }
  int64_t depthOf(int64_t p) const { return p + depth < end ? depth : end - p; }
};

void multiplyPanels(const GemmProduct& g, int64_t depth, bool isFirst, int64_t row, int64_t rows, int64_t col,
                    int64_t cols, const float* left, const float* right) {
  float* out = g.c + row * g.ldc + col;
  const GemmInit from = isFirst ? g.start.at(row, col) : GemmInit{out, g.ldc};
  if (cols == kTileCols) {
    kGemmTile[rows](depth, left, right, from, out, g.ldc);
  } else {
    gemmTileTail(rows, cols, depth, left, right, from, out, g.ldc);
  }
}

// What this thread has packed last: a part of the product that has this number
struct PackedPart {
  int64_t product, part;
};
thread_local PackedPart packedPart = {0, 0};
int64_t products = 0;

template <class Run>
void multiplyPacked(const GemmProduct& g, const Run& run) {
  const Panels rows(g.a, true), cols(g.b, false);
  const bool partsRows = g.a.lines <= g.b.lines;
  const Panels &few = partsRows ? rows : cols, &many = partsRows ? cols : rows;
  const int64_t fewSize = few.floats(g.depth), manySize = many.floats(g.depth), blocks = g.blocks();
  const int64_t product = __atomic_add_fetch(&products, 1, __ATOMIC_RELAXED);

  int64_t parts = ceilDiv(blocks * few.count * fewSize, kPartFloats);
  if (parts == 1 && few.x.lines >= 2 * kPartLines) parts = 2;
  // Through a chunk of one panel a part passes at the rate of the multiplication; it must be near then.
  const int64_t least = blocks * few.count * fewSize <= parts * kCached ? 1 : 2, most = kCached / manySize;
  int64_t chunk = many.count * parts / kUnits;
  chunk = chunk > most ? most : chunk;
  chunk = chunk < least ? least : chunk;
  const int64_t chunks = ceilDiv(many.count, chunk);
  run(parts * chunks, [&](int64_t unit) {
    const int64_t part = unit / chunks, first = part * few.count / parts,
                  last = (part + 1) * few.count / parts;
    const int64_t begin = unit % chunks * many.count / chunks,
                  end = (unit % chunks + 1) * many.count / chunks;
    float* packed = scratchOf<float>(kPartPanels, blocks * (last - first) * fewSize);
    const bool isPacked = packedPart.product == product && packedPart.part == part;
    packedPart = {product, part};
    float* own = scratchOf<float>(kChunkPanels, (end - begin) * manySize);
    for (int64_t p = g.begin; p < g.end; p += g.depth, packed += (last - first) * fewSize) {
      const int64_t depth = g.depthOf(p);
      if (!isPacked) few.pack(first, last, p, depth, packed);
      many.pack(begin, end, p, depth, own);
      for (int64_t i = first; i < last; ++i) {
        const float* other = packed + (i - first) * few.floats(depth);
        for (int64_t j = begin; j < end; ++j) {
          const float* at = own + (j - begin) * many.floats(depth);
          const int64_t tile = partsRows ? i : j, sliver = partsRows ? j : i;
          multiplyPanels(g, depth, p == g.begin, rows.first(tile), rows.lines(tile), cols.first(sliver),
                         cols.lines(sliver), partsRows ? other : at, partsRows ? at : other);
        }
      }
    }
  });
}

const auto kOnThisThread = [](int64_t units, const auto& body) {
  for (int64_t unit = 0; unit < units; ++unit) body(unit);
};

// A deep product of few elements: each block of k by itself, side by side, then added one after another
void multiplyDeep(const GemmProduct& g) {
  const int64_t rows = g.a.lines, cols = g.b.lines, size = rows * cols, blocks = g.blocks();
  float* sums = scratchOf<float>(kDeepProducts, blocks * size);
  parallel(blocks, [&](int64_t unit) {
    const int64_t p = g.begin + unit * g.depth;
    multiplyPacked(
        GemmProduct{g.a, g.b, p, p + g.depthOf(p), g.depth, {nullptr, 0}, sums + unit * size, cols},
        kOnThisThread);
  });
  for (int64_t row = 0; row < rows; ++row) {
    forEachElement(0, cols, [&](int64_t col, auto type) {
      using T = decltype(type);
      const float* product = sums + row * cols + col;
      const GemmInit from = g.start.at(row, col);
      T sum = read<T>(product);
      if (from.init != nullptr) sum += read<T>(from.init);
      for (int64_t block = 1; block < blocks; ++block) sum += read<T>(product + block * size);
      write(g.c + row * g.ldc + col, sum);
    });
  }
}

// c = start + op(a) · op(b)
void gemmFrom(const GemmShape& s, const float* a, const float* b, GemmInit start, float* c) {
  const bool serial = 2.0 * s.m * s.n * s.k < kSerialFlops;
  const auto run = [serial](int64_t units, const auto& body) {
    serial ? kOnThisThread(units, body) : parallel(units, body);
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
  if (s.n <= kNarrowCols && (serial || s.k <= kMaxDepth))
    return multiplyNarrow(rowsOfA, colsOfB, start, c, s.ldc, run);
  const GemmProduct product = {rowsOfA, colsOfB, 0, s.k, depthBlock(s.k), start, c, s.ldc};
  if (int64_t{s.m} * s.n <= kDeepProduct && product.blocks() >= kDeepBlocks) return multiplyDeep(product);
  multiplyPacked(product, run);
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

// Products of matrices of floats in double: each element is one chain of additions in ascending k, rounded
// once. The product of two floats is exact in double, so every table has the same bits.

constexpr int kWideTileCols = kTileCols / 2;  // of the register tile: two vectors of doubles
constexpr int64_t kWideDepth = 256, kWideBlockRows = 8 * kTileRows, kWideBlockCols = 8 * kWideTileCols;

// sums (kTileRows, kWideTileCols) += a · b; a [depth][kTileRows], b [depth][kWideTileCols]
LR_NOINLINE void wideTile(int64_t depth, const double* a, const double* b, double* sums) {
  constexpr int kHalf = kWideTileCols / 2;
  dvec sum[kTileRows][2];
#pragma GCC unroll 16
  for (int r = 0; r < kTileRows; ++r) {
    sum[r][0] = load(sums + r * kWideTileCols);
    sum[r][1] = load(sums + r * kWideTileCols + kHalf);
  }
#pragma GCC unroll 1
  for (int64_t p = 0; p < depth; ++p) {
    const dvec left = load(b), right = load(b + kHalf);
#pragma GCC unroll 16
    for (int r = 0; r < kTileRows; ++r) {
      sum[r][0] = addProduct(a[r], left, sum[r][0]);
      sum[r][1] = addProduct(a[r], right, sum[r][1]);
    }
    a += kTileRows;
    b += kWideTileCols;
  }
#pragma GCC unroll 16
  for (int r = 0; r < kTileRows; ++r) {
    store(sums + r * kWideTileCols, sum[r][0]);
    store(sums + r * kWideTileCols + kHalf, sum[r][1]);
  }
}

constexpr int64_t wholePanels(int64_t lines, int64_t width) { return ceilDiv(lines, width) * width; }

// The lines of a matrix as panels [depth][kWidth] of kWidth of them, those beyond the last zeros: element (p)
// of line i is at x[i · lineStride + p · depthStride].
template <int kWidth>
void packWide(const float* x, int64_t lines, int64_t depth, int64_t lineStride, int64_t depthStride,
              double* panels) {
  parallel(ceilDiv(lines, kWidth), [=](int64_t panel) {
    const float* from = x + panel * kWidth * lineStride;
    const int64_t count = lines - panel * kWidth < kWidth ? lines - panel * kWidth : kWidth;
    double* to = panels + panel * kWidth * depth;
    for (int64_t p = 0; p < depth; ++p, from += depthStride, to += kWidth) {
      if (count == kWidth) {
        for (int i = 0; i < kWidth; ++i) to[i] = from[i * lineStride];
      } else {
        for (int i = 0; i < kWidth; ++i) to[i] = i < count ? from[i * lineStride] : 0;
      }
    }
  });
}

// Calls store(i, j, sum) for the elements (m, n) of the product of two packed matrices; of a symmetric one,
// for all that are not below the diagonal.
template <class Store>
void multiplyWide(int64_t m, int64_t n, int64_t k, const double* rows, const double* cols, bool isSymmetric,
                  int slot, const Store& store) {
  const int64_t across = ceilDiv(n, kWideBlockCols);
  parallel(ceilDiv(m, kWideBlockRows) * across, [&](int64_t unit) {
    const int64_t top = unit / across * kWideBlockRows, left = unit % across * kWideBlockCols;
    const int64_t bottom = top + kWideBlockRows < m ? top + kWideBlockRows : m;
    const int64_t right = left + kWideBlockCols < n ? left + kWideBlockCols : n;
    if (isSymmetric && right <= top) return;
    const auto forEachTile = [&](const auto& body) {
      int64_t at = 0;
      for (int64_t j = left; j < right; j += kWideTileCols) {
        for (int64_t i = top; i < bottom; i += kTileRows, at += kTileRows * kWideTileCols) {
          if (!isSymmetric || j + kWideTileCols > i) body(i, j, at);
        }
      }
    };
    double* sums = scratchOf<double>(slot, kWideBlockRows * kWideBlockCols);
    std::memset(sums, 0, sizeof(double) * kWideBlockRows * kWideBlockCols);
    for (int64_t p = 0; p < k; p += kWideDepth) {
      const int64_t depth = k - p < kWideDepth ? k - p : kWideDepth;
      forEachTile([&](int64_t i, int64_t j, int64_t at) {
        wideTile(depth, rows + i * k + p * kTileRows, cols + j * k + p * kWideTileCols, sums + at);
      });
    }
    forEachTile([&](int64_t i, int64_t j, int64_t at) {
      for (int64_t r = 0; r < kTileRows && i + r < bottom; ++r) {
        for (int64_t c = 0; c < kWideTileCols && j + c < right; ++c) {
          if (!isSymmetric || j + c >= i + r)
            store(i + r, j + c, static_cast<float>(sums[at + r * kWideTileCols + c]));
        }
      }
    });
  });
}

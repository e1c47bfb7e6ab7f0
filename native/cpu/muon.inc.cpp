// Muon's step, one matrix after another: what is to be orthogonal is wide rather than tall, so that the
// products of its rows are few.

enum MuonScratch { kMuonMatrices = 0, kMuonSums = 1, kMuonPanels = 14 };

// x (rows, cols) → y (cols, rows)
void transposeWide(const float* x, int64_t rows, int64_t cols, float* y) {
  constexpr int64_t kSquare = 64;
  parallel(ceilDiv(rows, kSquare), [=](int64_t unit) {
    const int64_t first = unit * kSquare, end = first + kSquare < rows ? first + kSquare : rows;
    for (int64_t left = 0; left < cols; left += kSquare) {
      const int64_t right = left + kSquare < cols ? left + kSquare : cols;
      for (int64_t col = left; col < right; ++col) {
        for (int64_t row = first; row < end; ++row) y[col * rows + row] = x[row * cols + col];
      }
    }
  });
}

LR_ELEM void exchange(float*& a, float*& b) {
  float* const x = a;
  a = b;
  b = x;
}

// x (m, n), m <= n, becomes orthogonal; returns where it is then: at x or at spare, of as many elements.
float* orthogonalize(const Muon& formula, int64_t iterations, int64_t m, int64_t n, float* x, float* spare,
                     float* gram, float* square) {
  const int64_t rowPanels = wholePanels(wholePanels(m, kTileRows) * n, kWideTileCols);
  const int64_t ofRows = wholePanels(m, kWideTileCols) * n, ofColumns = wholePanels(n, kWideTileCols) * m;
  double* rows = scratchOf<double>(kMuonPanels, rowPanels + (ofRows > ofColumns ? ofRows : ofColumns));
  double* cols = rows + rowPanels;
  const int64_t size = m * n;
  float* const* const arrays[] = {&x};
  float norm;
  gradientNorms({1, &size, arrays, nullptr, nullptr}, &norm);
  const float divisor = formula.divisor(norm);
  parallelElements(size, [=](int64_t i, auto type) {
    using T = decltype(type);
    write(x + i, read<T>(x + i) / divisor);
  });
  for (int64_t iteration = 0; iteration < iterations; ++iteration) {
    packWide<kTileRows>(x, m, n, n, 1, rows);
    packWide<kWideTileCols>(x, m, n, n, 1, cols);
    multiplyWide(m, m, n, rows, cols, true, kMuonSums,
                 [=](int64_t i, int64_t j, float sum) { gram[i * m + j] = gram[j * m + i] = sum; });
    packWide<kTileRows>(gram, m, m, m, 1, rows);
    packWide<kWideTileCols>(gram, m, m, m, 1, cols);
    multiplyWide(m, m, m, rows, cols, true, kMuonSums, [=](int64_t i, int64_t j, float sum) {
      square[i * m + j] = square[j * m + i] = formula.polynomial(gram[i * m + j], sum);
    });
    packWide<kTileRows>(square, m, m, m, 1, rows);
    packWide<kWideTileCols>(x, n, m, 1, n, cols);
    multiplyWide(m, n, m, rows, cols, false, kMuonSums, [=](int64_t i, int64_t j, float sum) {
      spare[i * n + j] = formula.next(x[i * n + j], sum);
    });
    exchange(x, spare);
  }
  return x;
}

void muonStep(const OptimStep& s) {
  for (int32_t t = 0; t < s.tensors; ++t) {
    const StepNumbers numbers = numbersOf(Optimizer::muon, s, t);
    const Muon formula(numbers);
    const auto height = static_cast<int64_t>(numbers.scalars[0]),
               width = static_cast<int64_t>(numbers.scalars[1]);
    const int64_t size = height * width, m = height < width ? height : width, n = size / m;
    float *param = s.buffers[0][t], *grad = s.buffers[1][t], *momentum = s.buffers[2][t];
    float* first = scratchOf<float>(kMuonMatrices, 2 * (size + m * m));
    float *second = first + size, *gram = second + size, *square = gram + m * m;
    parallelElements(size, [=](int64_t i, auto type) {
      using T = decltype(type);
      T average = read<T>(momentum + i);
      write(first + i, formula.momentum(read<T>(grad + i), average));
      write(momentum + i, average);
    });
    const bool isTall = height > width;
    if (isTall) {
      transposeWide(first, height, width, second);
      exchange(first, second);
    }
    float* orthogonal =
        orthogonalize(formula, static_cast<int64_t>(s.hyper[8]), m, n, first, second, gram, square);
    if (isTall) {
      float* upright = orthogonal == first ? second : first;
      transposeWide(orthogonal, width, height, upright);
      orthogonal = upright;
    }
    parallelElements(size, [=](int64_t i, auto type) {
      using T = decltype(type);
      write(param + i, formula.move(read<T>(param + i), read<T>(orthogonal + i)));
    });
  }
}

// Adafactor's step: the averages of matrices move; then one pass for the norms, and one that computes the
// updates again and takes them.

enum AdafactorScratch { kMatrixMeans = 9, kFirstMatrix = 10 };

// Columns whose squares are summed at a time
constexpr int64_t kSquareColumns = 256;

// A tensor; rowVar and colVar are null unless it consists of matrices, variance is where it does.
struct AdafactorTensor {
  Adafactor formula;
  int64_t size, rows, cols;
  float *param, *grad, *rowVar, *colVar, *variance;
  float* means;  // of the averages of the rows, by matrix

  AdafactorTensor(const OptimStep& s, int32_t t, float* matrixMeans)
      : formula(numbersOf(Optimizer::adafactor, s, t)),
        size(s.sizes[t]),
        rows(static_cast<int64_t>(formula.rows)),
        cols(static_cast<int64_t>(formula.cols)),
        param(s.buffers[0][t]),
        grad(s.buffers[1][t]),
        rowVar(s.buffers[2] != nullptr ? s.buffers[2][t] : nullptr),
        colVar(s.buffers[3] != nullptr ? s.buffers[3][t] : nullptr),
        variance(s.buffers[4] != nullptr ? s.buffers[4][t] : nullptr),
        means(matrixMeans) {}

  int64_t matrices() const { return size / (rows * cols); }

  // Calls body(i, update) for the elements [begin, end).
  template <class Body>
  LR_ELEM void forEachUpdate(int64_t begin, int64_t end, const Body& body) const {
    const Adafactor f = formula;
    const float *g = grad, *v = variance;
    if (variance != nullptr) {
      return forEachElement(begin, end, [=](int64_t i, auto type) {
        using T = decltype(type);
        body(i, f.update(read<T>(v + i), read<T>(g + i)));
      });
    }
    int64_t row = begin / cols, last;
    for (int64_t at = begin; at < end; at = last, ++row) {
      last = (row + 1) * cols < end ? (row + 1) * cols : end;
      const int64_t matrix = row / rows;
      const float *col = colVar + (matrix - row) * cols, ofRow = rowVar[row], mean = means[matrix];
      forEachElement(at, last, [=](int64_t i, auto type) {
        using T = decltype(type);
        body(i, f.update(f.estimate(ofRow, read<T>(col + i), mean), read<T>(g + i)));
      });
    }
  }

  // Moves the averages of rows and columns; run(units, body) as parallel.
  template <class Run>
  void moveMeans(const Run& run) const {
    const int64_t allRows = matrices() * rows, rowsOfUnit = ceilDiv(kStepChunk, cols);
    run(ceilDiv(allRows, rowsOfUnit), [&](int64_t unit) {
      const int64_t end = (unit + 1) * rowsOfUnit < allRows ? (unit + 1) * rowsOfUnit : allRows;
      for (int64_t row = unit * rowsOfUnit; row < end; ++row) {
        SquareSum squares;
        squares.add(grad + row * cols, cols);
        rowVar[row] = formula.movedMean(rowVar[row], squares.sum(), formula.cols);
      }
    });
    const int64_t panels = ceilDiv(cols, kSquareColumns), matricesOfUnit = ceilDiv(kStepChunk, rows * cols);
    run(ceilDiv(matrices(), matricesOfUnit) * panels, [&](int64_t unit) {
      const int64_t first = unit / panels * matricesOfUnit, column = unit % panels * kSquareColumns;
      const int64_t end = first + matricesOfUnit < matrices() ? first + matricesOfUnit : matrices();
      const int64_t count = cols - column < kSquareColumns ? cols - column : kSquareColumns;
      for (int64_t matrix = first; matrix < end; ++matrix) moveColumns(matrix, column, count);
    });
    run(ceilDiv(matrices(), kStepChunk), [&](int64_t unit) {
      const int64_t end = (unit + 1) * kStepChunk < matrices() ? (unit + 1) * kStepChunk : matrices();
      for (int64_t matrix = unit * kStepChunk; matrix < end; ++matrix) {
        double total = 0;
        for (int64_t row = 0; row < rows; ++row) total += rowVar[matrix * rows + row];
        means[matrix] = formula.meanOf(total);
      }
    });
  }

  void moveColumns(int64_t matrix, int64_t column, int64_t count) const {
    double squares[kSquareColumns] = {};
    const float* from = grad + matrix * rows * cols + column;
    for (int64_t row = 0; row < rows; ++row, from += cols) {
      for (int64_t i = 0; i < count; ++i) squares[i] += double{from[i]} * from[i];
    }
    float* to = colVar + matrix * cols + column;
    for (int64_t i = 0; i < count; ++i) {
      to[i] = formula.movedMean(to[i], squares[i], formula.rows);
      asm volatile("");  // as a vector it would lose a rounding
    }
  }
};

void adafactorStep(const OptimStep& s) {
  const bool hasMatrices = s.buffers[2] != nullptr;
  float* means = nullptr;
  int64_t* firstMatrix = scratchOf<int64_t>(kFirstMatrix, s.tensors + 1);
  firstMatrix[0] = 0;
  for (int32_t t = 0; t < s.tensors; ++t) {
    const int64_t matrices = hasMatrices ? AdafactorTensor(s, t, nullptr).matrices() : 0;
    firstMatrix[t + 1] = firstMatrix[t] + matrices;
  }
  const auto tensor = [&](int32_t t) { return AdafactorTensor(s, t, means + firstMatrix[t]); };
  if (hasMatrices) {
    means = scratchOf<float>(kMatrixMeans, firstMatrix[s.tensors]);
    const auto isSmall = [&](int64_t t) { return s.sizes[t] <= kStepChunk; };
    parallel(s.tensors, [&](int64_t t) {
      if (isSmall(t)) tensor(static_cast<int32_t>(t)).moveMeans(kOnThisThread);
    });
    for (int32_t t = 0; t < s.tensors; ++t) {
      if (!isSmall(t)) tensor(t).moveMeans([](int64_t units, const auto& body) { parallel(units, body); });
    }
  }
  const NormPair* norms = normPairs(s, [&](const StepChunk& c, SquareSum& params, SquareSum& updates) {
    const AdafactorTensor x = tensor(c.tensor);
    constexpr int64_t kBlock = 1024;
    float block[kBlock];
    for (int64_t begin = c.begin; begin < c.end; begin += kBlock) {
      const int64_t end = begin + kBlock < c.end ? begin + kBlock : c.end;
      if (x.variance != nullptr) {
        forEachElement(begin, end, [&, f = x.formula](int64_t i, auto type) {
          using T = decltype(type);
          write(x.variance + i, f.moved(read<T>(x.variance + i), read<T>(x.grad + i)));
        });
      }
      x.forEachUpdate(begin, end, [&](int64_t i, auto update) { write(block + (i - begin), update); });
      params.add(x.param + begin, end - begin);
      updates.add(block, end - begin);
    }
  });
  forEachChunk(s, [&](const StepChunk& c) {
    const AdafactorTensor x = tensor(c.tensor);
    const auto [paramNorm, updateNorm] = norms[c.tensor];
    const float step = x.formula.negativeStep(static_cast<double>(x.size), paramNorm, updateNorm);
    x.forEachUpdate(c.begin, c.end, [p = x.param, f = x.formula, step](int64_t i, auto update) {
      write(p + i, f.move(read<decltype(update)>(p + i), update, step));
    });
  });
}

// Optimizer steps: one pass over memory for all tensors of a group (two for those with norms), in fixed
// chunks over the threads. Kinds that are more than a formula have files of their own. To add a kind: see
// elem/step.h.

constexpr int64_t kStepChunk = 16384;
// Elements that are fetched ahead: what the processor fetches by itself begins anew with each tensor's
// arrays.
constexpr int64_t kStepAhead = 512;

// Elements [begin, end) of one tensor; unit counts the chunks of all tensors.
struct StepChunk {
  int32_t tensor;
  int64_t unit, begin, end;
};

inline int64_t chunksOf(int64_t size) { return (size + kStepChunk - 1) / kStepChunk; }

// Calls step(chunk) for chunks that cover every element of every tensor.
template <class Step>
void forEachChunk(const OptimStep& s, const Step& step) {
  int64_t* firstUnit = scratchOf<int64_t>(kStepUnits, s.tensors + 1);
  firstUnit[0] = 0;
  int64_t elements = 0;
  for (int32_t t = 0; t < s.tensors; ++t) {
    firstUnit[t + 1] = firstUnit[t] + chunksOf(s.sizes[t]);
    elements += s.sizes[t];
  }
  const auto run = [&](const auto& body) {
    const int64_t units = firstUnit[s.tensors];
    elements <= kStepChunk ? kOnThisThread(units, body) : parallel(units, body);
  };
  run([&](int64_t unit) {
    int32_t low = 0, high = s.tensors;  // firstUnit[low] <= unit < firstUnit[high]
    while (high - low > 1) {
      const int32_t middle = low + (high - low) / 2;
      (firstUnit[middle] <= unit ? low : high) = middle;
    }
    const int64_t begin = (unit - firstUnit[low]) * kStepChunk, size = s.sizes[low];
    step(StepChunk{low, unit, begin, begin + kStepChunk < size ? begin + kStepChunk : size});
  });
}

constexpr const OptimizerKind& kindOf(Optimizer optimizer) {
  return kOptimizers[static_cast<int32_t>(optimizer)];
}

StepNumbers numbersOf(Optimizer optimizer, const OptimStep& s, int32_t tensor) {
  return {s.hyper, s.scalars + tensor * kindOf(optimizer).scalars, s.buffers};
}

// Applies a formula to the elements of a chunk; what belongs to an option that is off is zero.
template <int32_t kRoles, class Formula>
LR_ELEM void updateChunk(const OptimStep& s, const StepChunk& chunk, const Formula formula) {
  float* at[kRoles];
  for (int32_t role = 0; role < kRoles; ++role)
    at[role] = s.buffers[role] != nullptr ? s.buffers[role][chunk.tensor] : nullptr;
  forEachElement(chunk.begin, chunk.end, [=](int64_t i, auto type) {
    using T = decltype(type);
    T x[kRoles];
    for (int32_t role = 0; role < kRoles; ++role) {
      x[role] = T{};
      if (at[role] == nullptr) continue;
      role == 1 ? __builtin_prefetch(at[role] + i + kStepAhead) : prefetchWrite(at[role] + i + kStepAhead);
      x[role] = read<T>(at[role] + i);
    }
    update(formula, x);
    for (int32_t role = 0; role < kRoles; ++role) {
      if (role != 1 && at[role] != nullptr) write(at[role] + i, x[role]);
    }
  });
}

// The step of a kind that is one formula
template <Optimizer kind, class Formula>
void updateElements(const OptimStep& s) {
  forEachChunk(s, [&](const StepChunk& chunk) {
    updateChunk<kindOf(kind).roles>(s, chunk, Formula(numbersOf(kind, s, chunk.tensor)));
  });
}

#define LR_ROW(kind, Formula) \
  void kind##Step(const OptimStep& s) { updateElements<Optimizer::kind, Formula>(s); }
LR_FORMULA_STEPS(LR_ROW)
#undef LR_ROW

// Sums of squares in double, in which the square of a float is exact: eight lanes, element i in lane i mod 8,
// then the lanes in a tree.
struct SquareSum {
  static constexpr int64_t kSquareLanes = 8;
  double lanes[kSquareLanes] = {};

  // The next n elements: a multiple of 8, but for the last ones
  void add(const float* x, int64_t n) {
    double sums[kSquareLanes];
    std::memcpy(sums, lanes, sizeof sums);
    int64_t i = 0;
    for (; i + kSquareLanes <= n; i += kSquareLanes) {
      for (int64_t j = 0; j < kSquareLanes; ++j) sums[j] += double{x[i + j]} * x[i + j];
    }
    for (int64_t j = 0; i + j < n; ++j) sums[j] += double{x[i + j]} * x[i + j];
    std::memcpy(lanes, sums, sizeof sums);
  }
  double sum() const {
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
  }
};

// The Euclidean norms of two arrays of each tensor's length. They are floats in memory, since GCC 12 drops
// the rounding of a double to float and back when it vectorizes.
struct NormPair {
  float first, second;
};

// addSquares(chunk, first, second) adds the elements of a chunk to its sums, which are then added in order.
// Returns the norms by tensor.
template <class AddSquares>
const NormPair* normPairs(const OptimStep& s, const AddSquares& addSquares) {
  struct SumPair {
    double first, second;
  };
  int64_t chunks = 0;
  for (int32_t t = 0; t < s.tensors; ++t) chunks += chunksOf(s.sizes[t]);
  SumPair* sums = scratchOf<SumPair>(kPartialSums, chunks + s.tensors);
  NormPair* norms = reinterpret_cast<NormPair*>(sums + chunks);
  forEachChunk(s, [&](const StepChunk& chunk) {
    SquareSum first, second;
    addSquares(chunk, first, second);
    sums[chunk.unit] = {first.sum(), second.sum()};
  });
  for (int32_t t = 0; t < s.tensors; ++t) {
    double first = 0, second = 0;
    for (int64_t chunk = chunksOf(s.sizes[t]); chunk > 0; --chunk, ++sums) {
      first += sums->first;
      second += sums->second;
    }
    norms[t] = {static_cast<float>(__builtin_sqrt(first)), static_cast<float>(__builtin_sqrt(second))};
  }
  return norms;
}

void larsStep(const OptimStep& s) {
  const NormPair* norms = normPairs(s, [&](const StepChunk& c, SquareSum& params, SquareSum& grads) {
    params.add(s.buffers[0][c.tensor] + c.begin, c.end - c.begin);
    grads.add(s.buffers[1][c.tensor] + c.begin, c.end - c.begin);
  });
  forEachChunk(s, [&](const StepChunk& c) {
    const auto [paramNorm, gradNorm] = norms[c.tensor];
    const Lars formula(numbersOf(Optimizer::lars, s, c.tensor), larsRatio(s.hyper, paramNorm, gradNorm));
    updateChunk<kindOf(Optimizer::lars).roles>(s, c, formula);
  });
}

void lambStep(const OptimStep& s) {
  const NormPair* norms = normPairs(s, [&](const StepChunk& c, SquareSum& params, SquareSum& updates) {
    const Lamb formula(numbersOf(Optimizer::lamb, s, c.tensor));
    float *param = s.buffers[0][c.tensor], *grad = s.buffers[1][c.tensor], *expAvg = s.buffers[2][c.tensor],
          *expAvgSq = s.buffers[3][c.tensor];
    constexpr int64_t kBlock = 1024;
    float block[kBlock];
    for (int64_t begin = c.begin; begin < c.end; begin += kBlock) {
      const int64_t end = begin + kBlock < c.end ? begin + kBlock : c.end;
      forEachElement(begin, end, [&, formula](int64_t i, auto type) {
        using T = decltype(type);
        const T p = read<T>(param + i);
        T m = read<T>(expAvg + i), v = read<T>(expAvgSq + i);
        formula.moveAverages(p, read<T>(grad + i), m, v);
        write(expAvg + i, m);
        write(expAvgSq + i, v);
        write(block + (i - begin), formula.update(p, m, v));
      });
      params.add(param + begin, end - begin);
      updates.add(block, end - begin);
    }
  });
  forEachChunk(s, [&](const StepChunk& c) {
    const auto [paramNorm, updateNorm] = norms[c.tensor];
    const float negativeStepSize = static_cast<float>(-lambStepSize(s.hyper, paramNorm, updateNorm));
    const Lamb formula(numbersOf(Optimizer::lamb, s, c.tensor));
    float *param = s.buffers[0][c.tensor], *expAvg = s.buffers[2][c.tensor],
          *expAvgSq = s.buffers[3][c.tensor];
    forEachElement(c.begin, c.end, [=](int64_t i, auto type) {
      using T = decltype(type);
      const T p = read<T>(param + i);
      write(param + i, p + negativeStepSize * formula.update(p, read<T>(expAvg + i), read<T>(expAvgSq + i)));
    });
  });
}

void gradientNorms(const OptimStep& s, float* norms) {
  const NormPair* pairs = normPairs(s, [&](const StepChunk& c, SquareSum& grads, SquareSum&) {
    grads.add(s.buffers[0][c.tensor] + c.begin, c.end - c.begin);
  });
  for (int32_t t = 0; t < s.tensors; ++t) norms[t] = pairs[t].first;
}

void scaleGradients(const OptimStep& s, float factor) {
  forEachChunk(s, [&](const StepChunk& c) {
    float* grad = s.buffers[0][c.tensor];
    forEachElement(c.begin, c.end, [=](int64_t i, auto type) {
      prefetchWrite(grad + i + kStepAhead);
      write(grad + i, read<decltype(type)>(grad + i) * factor);
    });
  });
}

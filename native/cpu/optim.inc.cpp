// Optimizer steps: one pass over memory for all tensors of a group, in fixed chunks over the threads. To add
// a kind: its formula in elem/<kind>.h and a function here.

constexpr int64_t kStepChunk = 16384;

// Calls step(tensor, begin, end) for chunks that cover every element of every tensor.
template <class Step>
void forEachChunk(const OptimStep& s, const Step& step) {
  int64_t* firstUnit = scratchOf<int64_t>(kStepUnits, s.tensors + 1);
  firstUnit[0] = 0;
  for (int32_t t = 0; t < s.tensors; ++t)
    firstUnit[t + 1] = firstUnit[t] + (s.sizes[t] + kStepChunk - 1) / kStepChunk;
  parallel(firstUnit[s.tensors], [&](int64_t unit) {
    int32_t low = 0, high = s.tensors;  // firstUnit[low] <= unit < firstUnit[high]
    while (high - low > 1) {
      const int32_t middle = low + (high - low) / 2;
      (firstUnit[middle] <= unit ? low : high) = middle;
    }
    const int64_t begin = (unit - firstUnit[low]) * kStepChunk, size = s.sizes[low];
    step(low, begin, begin + kStepChunk < size ? begin + kStepChunk : size);
  });
}

void sgdStep(const OptimStep& s) {
  const SgdHyper h(s.hyper);
  forEachChunk(s, [&](int32_t t, int64_t begin, int64_t end) {
    float *param = s.buffers[0][t], *grad = s.buffers[1][t];
    const bool hasMomentum = s.buffers[2] != nullptr;
    float* momentumBuffer = hasMomentum ? s.buffers[2][t] : nullptr;
    const bool firstStep = s.scalars[t] != 0;
    forEachElement(begin, end, [&](int64_t i, auto type) {
      using T = decltype(type);
      T buffer = hasMomentum ? read<T>(momentumBuffer + i) : T{};
      write(param + i, sgd(h, hasMomentum, firstStep, read<T>(param + i), read<T>(grad + i), buffer));
      if (hasMomentum) write(momentumBuffer + i, buffer);
    });
  });
}

void adamStep(const OptimStep& s) {
  const AdamHyper h(s.hyper);
  forEachChunk(s, [&](int32_t t, int64_t begin, int64_t end) {
    const AdamScalars scalars(s.scalars + 2 * t);
    float *param = s.buffers[0][t], *grad = s.buffers[1][t], *expAvg = s.buffers[2][t],
          *expAvgSq = s.buffers[3][t];
    const bool hasMax = s.buffers[4] != nullptr;
    float* maxExpAvgSq = hasMax ? s.buffers[4][t] : nullptr;
    forEachElement(begin, end, [&](int64_t i, auto type) {
      using T = decltype(type);
      T m = read<T>(expAvg + i), v = read<T>(expAvgSq + i), most = hasMax ? read<T>(maxExpAvgSq + i) : T{};
      write(param + i, adam(h, scalars, hasMax, read<T>(param + i), read<T>(grad + i), m, v, most));
      write(expAvg + i, m);
      write(expAvgSq + i, v);
      if (hasMax) write(maxExpAvgSq + i, most);
    });
  });
}

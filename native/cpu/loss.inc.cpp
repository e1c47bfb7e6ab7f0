// Losses: cross entropy over class indices, of logits or of log-probabilities, and those of each element by
// itself, by their number in the enum Loss; the formulas are in elem/loss.h.

// q(c), what -logProbs[c] is weighted with in the loss of one target: (1 - smoothing) · weight[target] at the
// target, plus smoothing / classes · weight[c] everywhere.
struct CrossEntropyTerms {
  const CrossEntropyShape& shape;
  const float* weight;
  float hard, smooth;

  CrossEntropyTerms(const CrossEntropyShape& s, double labelSmoothing, const float* w)
      : shape(s),
        weight(w),
        hard(static_cast<float>(1 - labelSmoothing)),
        smooth(static_cast<float>(labelSmoothing / s.classes)) {}

  float weightOf(int32_t c) const { return weight != nullptr ? weight[c] : 1.0f; }
  float targetWeight(int32_t target) const { return target == shape.ignoreIndex ? 0.0f : weightOf(target); }

  // Sum of the weights of the targets that are not ignored, which the mean divides by
  double targetWeights(const int32_t* target) const {
    return sumChunks(int64_t{shape.batch} * shape.inner, [&](int64_t i, int64_t left) {
      float weights[kSumLanes];
      for (int64_t j = 0; j < kSumLanes; ++j) weights[j] = j < left ? targetWeight(target[i + j]) : 0.0f;
      return Lanes(weights);
    });
  }

  // The gradient of each target's loss, unless each has its own
  float scaleOf(float dloss, const int32_t* target) const {
    return shape.reduction == kReductionMean ? static_cast<float>(dloss / targetWeights(target)) : dloss;
  }
};

// One value of the losses (batch, inner), unless each is wanted
void reduceLosses(const CrossEntropyTerms& terms, const int32_t* target, const float* losses, float* loss) {
  const CrossEntropyShape& s = terms.shape;
  if (s.reduction == kReductionNone) return;
  const double total = sumOf(int64_t{s.batch} * s.inner, losses);
  *loss = static_cast<float>(s.reduction == kReductionMean ? total / terms.targetWeights(target) : total);
}

// logits and logProbs (batch, classes, inner), target (batch, inner), weight (classes), loss (batch, inner)
// or (1)
void crossEntropyForward(const CrossEntropyShape& s, double labelSmoothing, const float* logits,
                         const int32_t* target, const float* weight, float* logProbs, float* loss) {
  const CrossEntropyTerms terms(s, labelSmoothing, weight);
  const int64_t n = int64_t{s.batch} * s.inner, inner = s.inner;
  float* losses = s.reduction == kReductionNone ? loss : scratchOf<float>(kLosses, n);
  const AxisShape axis = {s.batch, s.classes, s.inner};
  forEachLanes(axis, [&](int64_t first, int64_t count, int64_t offset) {
    const float* column = logProbs + offset;
    if (inner == 1) {
      logSoftmaxLane(s.classes, n * s.classes - offset, logits + offset, logProbs + offset);
    } else {
      logSoftmaxPanel(axis, count, logits + offset, logProbs + offset);
    }
    float smoothed[kColumnPanel];
    std::memset(smoothed, 0, sizeof(float) * count);
    if (terms.smooth != 0) {
      for (int32_t c = 0; c < s.classes; ++c) {
        const float w = terms.weightOf(c);
        for (int64_t i = 0; i < count; ++i) smoothed[i] -= w * column[c * inner + i];
      }
    }
    for (int64_t i = 0; i < count; ++i) {
      const int32_t t = target[first + i];
      losses[first + i] = t == s.ignoreIndex ? 0.0f
                                             : -(terms.hard * terms.weightOf(t) * column[t * inner + i]) +
                                                   terms.smooth * smoothed[i];
    }
  });
  reduceLosses(terms, target, losses, loss);
}

// logProbs (batch, classes, inner), target (batch, inner), dloss as loss, dlogits (batch, classes, inner)
// dlogits[c] = dloss · (exp(logProbs[c]) · sum of q - q[c])
void crossEntropyBackward(const CrossEntropyShape& s, double labelSmoothing, const float* logProbs,
                          const int32_t* target, const float* weight, const float* dloss, float* dlogits) {
  const CrossEntropyTerms terms(s, labelSmoothing, weight);
  const bool each = s.reduction == kReductionNone;
  const float scale = terms.scaleOf(*dloss, target);
  float smoothTotal = 0;
  for (int32_t c = 0; c < s.classes; ++c) smoothTotal += terms.weightOf(c);
  smoothTotal *= terms.smooth;
  const int64_t inner = s.inner;
  forEachLanes({s.batch, s.classes, s.inner}, [&](int64_t first, int64_t count, int64_t offset) {
    float gradient[kColumnPanel], hard[kColumnPanel], total[kColumnPanel];
    for (int64_t i = 0; i < count; ++i) {
      const int32_t t = target[first + i];
      gradient[i] = t == s.ignoreIndex ? 0.0f : each ? dloss[first + i] : scale;
      hard[i] = terms.hard * terms.targetWeight(t);
      total[i] = hard[i] + smoothTotal;
    }
    const float* from = logProbs + offset;
    float* to = dlogits + offset;
    if (inner == 1) {
      forEachElement(0, s.classes, [&](int64_t c, auto type) {
        using T = decltype(type);
        const T q = terms.smooth * (weight != nullptr ? read<T>(weight + c) : T{} + 1.0f);
        write(to + c, *gradient * (expOf(read<T>(from + c)) * *total - q));
      });
      if (const int32_t t = target[first]; t != s.ignoreIndex) {
        to[t] = *gradient * (expOf(from[t]) * *total - (*hard + terms.smooth * terms.weightOf(t)));
      }
      return;
    }
    for (int32_t c = 0; c < s.classes; ++c) {
      const float q = terms.smooth * terms.weightOf(c);
      forEachElement(0, count, [&](int64_t i, auto type) {
        using T = decltype(type);
        const T probability = expOf(read<T>(from + c * inner + i));
        write(to + c * inner + i, read<T>(gradient + i) * (probability * read<T>(total + i) - q));
      });
    }
    for (int64_t i = 0; i < count; ++i) {
      const int32_t t = target[first + i];
      if (t == s.ignoreIndex) continue;
      const int64_t at = t * inner + i;
      to[at] = gradient[i] * (expOf(from[at]) * total[i] - (hard[i] + terms.smooth * terms.weightOf(t)));
    }
  });
}

// logProbs (batch, classes, inner), target (batch, inner), weight (classes), loss (batch, inner) or (1)
void nllForward(const CrossEntropyShape& s, const float* logProbs, const int32_t* target, const float* weight,
                float* loss) {
  const CrossEntropyTerms terms(s, 0, weight);
  const int64_t n = int64_t{s.batch} * s.inner, inner = s.inner;
  float* losses = s.reduction == kReductionNone ? loss : scratchOf<float>(kLosses, n);
  forEachLanes({s.batch, s.classes, s.inner}, [&](int64_t first, int64_t count, int64_t offset) {
    for (int64_t i = 0; i < count; ++i) {
      const int32_t t = target[first + i];
      losses[first + i] = t == s.ignoreIndex ? 0.0f : -(terms.weightOf(t) * logProbs[offset + t * inner + i]);
    }
  });
  reduceLosses(terms, target, losses, loss);
}

// target (batch, inner), dloss as loss, dlogProbs (batch, classes, inner)
void nllBackward(const CrossEntropyShape& s, const int32_t* target, const float* weight, const float* dloss,
                 float* dlogProbs) {
  const CrossEntropyTerms terms(s, 0, weight);
  const bool each = s.reduction == kReductionNone;
  const float scale = terms.scaleOf(*dloss, target);
  const int64_t inner = s.inner;
  forEachLanes({s.batch, s.classes, s.inner}, [&](int64_t first, int64_t count, int64_t offset) {
    float* to = dlogProbs + offset;
    for (int64_t c = 0; c < (inner == 1 ? 1 : s.classes); ++c) {
      std::memset(to + c * inner, 0, sizeof(float) * (inner == 1 ? s.classes : count));
    }
    for (int64_t i = 0; i < count; ++i) {
      const int32_t t = target[first + i];
      if (t != s.ignoreIndex) to[t * inner + i] = -(terms.weightOf(t) * (each ? dloss[first + i] : scale));
    }
  });
}

// x, target and third (n), loss (n) or (1)
void pointwiseLossForward(int32_t kind, double a, double b, int64_t n, int32_t reduction, const float* x,
                          const float* target, const float* third, float* loss) {
  withLoss(kind, a, b, [=](auto f) {
    constexpr bool kThird = decltype(f)::kThird;
    if (reduction == kReductionNone) {
      parallelElements(n, [=](int64_t i, auto type) {
        using T = decltype(type);
        write(loss + i, f.value(read<T>(x + i), read<T>(target + i), kThird ? read<T>(third + i) : T{}));
      });
      return;
    }
    const double total = sumChunks(n, [=](int64_t i, int64_t left) {
      const bool whole = left >= kSumLanes;
      const auto lanesOf = [=](const float* p) {
        return whole ? Lanes(p + i) : Lanes(p + i, left, 0.0f, left);
      };
      Lanes terms = lanesOf(x);
      const Lanes t = lanesOf(target), w = kThird ? lanesOf(third) : Lanes(0.0f);
      for (int j = 0; j < Lanes::kVectors; ++j) terms.v[j] = f.value(terms.v[j], t.v[j], w.v[j]);
      if (whole) return terms;
      float values[kSumLanes];
      terms.storeTo(values);
      return Lanes(values, left, 0.0f, kSumLanes);
    });
    *loss = static_cast<float>(reduction == kReductionMean ? total / static_cast<double>(n) : total);
  });
}

// dloss as loss; dx, dtarget and dthird (n)
void pointwiseLossBackward(int32_t kind, double a, double b, int64_t n, int32_t reduction, const float* x,
                           const float* target, const float* third, const float* dloss, float* dx,
                           float* dtarget, float* dthird) {
  const bool each = reduction == kReductionNone;
  const float scale =
      reduction == kReductionMean ? static_cast<float>(*dloss / static_cast<double>(n)) : *dloss;
  withLoss(kind, a, b, [=](auto f) {
    parallelElements(n, [=](int64_t i, auto type) {
      using T = decltype(type);
      const T gradient = each ? read<T>(dloss + i) : T{} + scale;
      const T input = read<T>(x + i), t = read<T>(target + i);
      const T w = decltype(f)::kThird ? read<T>(third + i) : T{};
      if (dx != nullptr) write(dx + i, f.dx(input, t, w) * gradient);
      if (dtarget != nullptr) write(dtarget + i, f.dtarget(input, t, w) * gradient);
      if (dthird != nullptr) write(dthird + i, f.dthird(input, t, w) * gradient);
    });
  });
}

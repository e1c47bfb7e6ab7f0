// Losses: cross entropy over class indices, mean squared error.

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
};

// Sum of the weights of the targets that are not ignored, which the mean divides by
double sumTargetWeights(const CrossEntropyTerms& terms, const int32_t* target) {
  const int64_t n = int64_t{terms.shape.batch} * terms.shape.inner;
  return sumChunks(n, [&](int64_t i, int64_t left) {
    float weights[kSumLanes];
    for (int64_t j = 0; j < kSumLanes; ++j) weights[j] = j < left ? terms.targetWeight(target[i + j]) : 0.0f;
    return Lanes(weights);
  });
}

// logProbs (classes) = logits (classes) - log of the sum of their exponentials
void logSoftmaxRow(int64_t classes, const float* logits, float* logProbs) {
  const float infinity = __builtin_inff();
  Lanes most(-infinity);
  const auto lanesAt = [&](int64_t c, float fill) {
    return classes - c >= kSumLanes ? Lanes(logits + c) : Lanes(logits + c, classes - c, fill);
  };
  for (int64_t c = 0; c < classes; c += kSumLanes) {
    const Lanes x = lanesAt(c, -infinity);
    for (int j = 0; j < Lanes::kVectors; ++j) most.v[j] = x.v[j] > most.v[j] ? x.v[j] : most.v[j];
  }
  const float shift = most.max();
  const float total = sumLanes(0, classes, [&](int64_t c, int64_t) {
    Lanes x = lanesAt(c, -infinity);
    for (int j = 0; j < Lanes::kVectors; ++j) x.v[j] = expOf(x.v[j] - shift);
    return x;
  });
  const float logTotal = logOf(total);
  for (int64_t c = 0; c < classes; ++c) logProbs[c] = (logits[c] - shift) - logTotal;
}

// The same where the classes are `inner` apart, for T of adjacent positions
template <class T>
LR_ELEM void logSoftmaxStrided(int64_t classes, int64_t inner, const float* logits, float* logProbs) {
  T shift = read<T>(logits);
  for (int64_t c = 1; c < classes; ++c) {
    const T x = read<T>(logits + c * inner);
    shift = x > shift ? x : shift;
  }
  T total = {};
  for (int64_t c = 0; c < classes; ++c) total += expOf(read<T>(logits + c * inner) - shift);
  const T logTotal = logOf(total);
  for (int64_t c = 0; c < classes; ++c) {
    write(logProbs + c * inner, (read<T>(logits + c * inner) - shift) - logTotal);
  }
}

// Units of whole rows (inner == 1) or of panels of inner positions; calls body(batch, first position, count).
template <class Body>
void forEachTarget(const CrossEntropyShape& s, const Body& body) {
  const int64_t work = 16384 / s.classes + 1;
  if (s.inner == 1) {
    parallel((s.batch + work - 1) / work, [&](int64_t unit) {
      const int64_t end = (unit + 1) * work < s.batch ? (unit + 1) * work : s.batch;
      for (int64_t n = unit * work; n < end; ++n) body(n, 0, 1);
    });
    return;
  }
  const int64_t panel = (work + kSumLanes - 1) / kSumLanes * kSumLanes;
  const int64_t panels = (s.inner + panel - 1) / panel;
  parallel(s.batch * panels, [&](int64_t unit) {
    const int64_t begin = unit % panels * panel;
    body(unit / panels, begin, begin + panel < s.inner ? panel : s.inner - begin);
  });
}

// logits and logProbs (batch, classes, inner), target (batch, inner), weight (classes), loss (batch, inner)
// or (1)
void crossEntropyForward(const CrossEntropyShape& s, double labelSmoothing, const float* logits,
                         const int32_t* target, const float* weight, float* logProbs, float* loss) {
  const CrossEntropyTerms terms(s, labelSmoothing, weight);
  const int64_t n = int64_t{s.batch} * s.inner;
  float* losses = s.reduction == kReductionNone ? loss : scratchOf<float>(6, n);
  forEachTarget(s, [&](int64_t batch, int64_t begin, int64_t count) {
    const int64_t offset = batch * s.classes * s.inner + begin;
    if (s.inner == 1) {
      logSoftmaxRow(s.classes, logits + offset, logProbs + offset);
    } else {
      forEachElement(offset, offset + count, [&](int64_t i, auto type) {
        logSoftmaxStrided<decltype(type)>(s.classes, s.inner, logits + i, logProbs + i);
      });
    }
    for (int64_t i = 0; i < count; ++i) {
      const float* column = logProbs + offset + i;
      const int32_t t = target[batch * s.inner + begin + i];
      float value = 0;
      if (t != s.ignoreIndex) {
        value = -(terms.hard * terms.weightOf(t) * column[t * static_cast<int64_t>(s.inner)]);
        if (terms.smooth != 0) {
          float sum = 0;
          for (int32_t c = 0; c < s.classes; ++c)
            sum -= terms.weightOf(c) * column[c * static_cast<int64_t>(s.inner)];
          value += terms.smooth * sum;
        }
      }
      losses[batch * s.inner + begin + i] = value;
    }
  });
  if (s.reduction == kReductionNone) return;
  const double total = sumOf(n, losses);
  *loss = static_cast<float>(s.reduction == kReductionMean ? total / sumTargetWeights(terms, target) : total);
}

// logProbs (batch, classes, inner), target (batch, inner), dloss as loss, dlogits (batch, classes, inner)
void crossEntropyBackward(const CrossEntropyShape& s, double labelSmoothing, const float* logProbs,
                          const int32_t* target, const float* weight, const float* dloss, float* dlogits) {
  const CrossEntropyTerms terms(s, labelSmoothing, weight);
  const float scale = s.reduction == kReductionNone ? 0.0f
                      : s.reduction == kReductionSum
                          ? *dloss
                          : static_cast<float>(*dloss / sumTargetWeights(terms, target));
  float smoothTotal = 0;
  for (int32_t c = 0; c < s.classes; ++c) smoothTotal += terms.weightOf(c);
  smoothTotal *= terms.smooth;
  forEachTarget(s, [&](int64_t batch, int64_t begin, int64_t count) {
    for (int32_t c = 0; c < s.classes; ++c) {
      const int64_t row = (batch * s.classes + c) * s.inner + begin;
      const int32_t* targets = target + batch * s.inner + begin;
      const float* gradients = s.reduction == kReductionNone ? dloss + batch * s.inner + begin : nullptr;
      for (int64_t i = 0; i < count; ++i) {
        const int32_t t = targets[i];
        if (t == s.ignoreIndex) {
          dlogits[row + i] = 0;
          continue;
        }
        const float hard = terms.hard * terms.weightOf(t);
        const float q = (c == t ? hard : 0.0f) + terms.smooth * terms.weightOf(c);
        const float gradient = gradients != nullptr ? gradients[i] : scale;
        dlogits[row + i] = gradient * (expOf(logProbs[row + i]) * (hard + smoothTotal) - q);
      }
    }
  });
}

// x and target (n), loss (n) or (1)
void mseForward(int64_t n, int32_t reduction, const float* x, const float* target, float* loss) {
  if (reduction == kReductionNone) {
    parallelElements(n, [=](int64_t i, auto type) {
      using T = decltype(type);
      const T difference = read<T>(x + i) - read<T>(target + i);
      write(loss + i, difference * difference);
    });
    return;
  }
  const double total = sumChunks(n, [=](int64_t i, int64_t left) {
    const bool whole = left >= kSumLanes;
    Lanes a = whole ? Lanes(x + i) : Lanes(x + i, left, 0.0f);
    const Lanes b = whole ? Lanes(target + i) : Lanes(target + i, left, 0.0f);
    for (int j = 0; j < Lanes::kVectors; ++j) a.v[j] = (a.v[j] - b.v[j]) * (a.v[j] - b.v[j]);
    return a;
  });
  *loss = static_cast<float>(reduction == kReductionMean ? total / static_cast<double>(n) : total);
}

// x and target (n), dloss as loss, dx (n)
void mseBackward(int64_t n, int32_t reduction, const float* x, const float* target, const float* dloss,
                 float* dx) {
  const float norm = reduction == kReductionMean ? static_cast<float>(2.0 / static_cast<double>(n)) : 2.0f;
  const bool each = reduction == kReductionNone;
  parallelElements(n, [=](int64_t i, auto type) {
    using T = decltype(type);
    const T gradient = each ? read<T>(dloss + i) : T{} + *dloss;
    write(dx + i, norm * (read<T>(x + i) - read<T>(target + i)) * gradient);
  });
}

// Losses: cross entropy over class indices, of logits or of log-probabilities, and those of each element by
// itself, by their number in the enum Loss.
#include "reference/loss.h"

#include "cuda/softmax.h"
#include "cuda/table.h"

namespace lr::cuda {

// q(c), what -logProbs[c] is weighted with in the loss of one target: (1 - smoothing) · weight[target] at the
// target, plus smoothing / classes · weight[c] everywhere
template <class T>
struct CrossEntropyTerms {
  CrossEntropyShape s;
  IndexCheck check;
  T hard, smooth;
  const int32_t* target;
  const T* weight;

  CrossEntropyTerms(const CrossEntropyShape& shape, double labelSmoothing, const int32_t* targets,
                    const T* weights)
      : s(shape),
        check(indexCheck()),
        hard(static_cast<T>(1 - labelSmoothing)),
        smooth(static_cast<T>(labelSmoothing / shape.classes)),
        target(targets),
        weight(weights) {}
  int64_t targets() const { return int64_t{s.batch} * s.inner; }
  __device__ T weightOf(int64_t c) const { return weight != nullptr ? weight[c] : T{1}; }
  // Whether a target counts, which is not ignored
  __device__ bool counts(int64_t at) const {
    return target[at] != s.ignoreIndex && check.holds(target[at], s.classes);
  }
  __device__ int64_t logProbAt(int64_t at, int64_t c) const {
    const int64_t outer = quotientOf(at, s.inner);
    return (outer * s.classes + c) * s.inner + at - outer * s.inner;
  }
};

// The sum over the classes of weight · -logProb
template <class T>
struct SmoothedLoss : MergeTotals {
  CrossEntropyTerms<T> terms;
  const T* logProbs;
  T* smoothed;
  SmoothedLoss(const CrossEntropyTerms<T>& t, const T* from, T* to)
      : terms(t), logProbs(from), smoothed(to) {}
  __device__ void add(Total& sum, int64_t at, int64_t c) const {
    sum.total -= terms.weightOf(c) * logProbs[terms.logProbAt(at, c)];
  }
  __device__ void finish(int64_t at, const Total& sum) const { smoothed[at] = static_cast<T>(sum.total); }
};

template <class T>
struct TargetLoss {
  CrossEntropyTerms<T> terms;
  const T *logProbs, *smoothed;  // smoothed: null without smoothing
  T* loss;
  __device__ T of(int64_t at) const {
    if (!terms.counts(at)) return T{};
    const int32_t t = terms.target[at];
    const T own = -(terms.hard * terms.weightOf(t) * logProbs[terms.logProbAt(at, t)]);
    return smoothed != nullptr ? own + terms.smooth * smoothed[at] : own;
  }
  __device__ void operator()(int64_t at) const { loss[at] = of(at); }
};

// Of all targets the losses, and the weights that their mean divides by
struct LossSum {
  double loss = 0, weight = 0;
};
struct MergeLosses {
  using Sum = LossSum;
  __device__ void merge(Sum& sum, const Sum& other) const {
    sum.loss += other.loss;
    sum.weight += other.weight;
  }
};
template <class T>
struct LossOfTargets : MergeLosses {
  TargetLoss<T> each;
  explicit LossOfTargets(const TargetLoss<T>& of) : each(of) {}
  __device__ void add(LossSum& sum, int64_t, int64_t at) const {
    sum.loss += each.of(at);
    if (each.terms.counts(at)) sum.weight += each.terms.weightOf(each.terms.target[at]);
  }
  __device__ void finish(int64_t, const LossSum& sum) const {
    *each.loss = static_cast<T>(each.terms.s.reduction == kReductionMean ? sum.loss / sum.weight : sum.loss);
  }
};

template <class T>
void lossOfTargets(const CrossEntropyTerms<T>& terms, const T* logProbs, T* loss) {
  const auto reduce = [&](const T* smoothed) {
    const TargetLoss<T> each = {terms, logProbs, smoothed, loss};
    if (terms.s.reduction == kReductionNone) return launchEach(terms.targets(), each);
    launchReduction(1, terms.targets(), false, LossOfTargets<T>(each));
  };
  if (terms.smooth == 0) return reduce(nullptr);
  const Scratch<T> smoothed(terms.targets());
  if (!smoothed) return;
  launchReduction(terms.targets(), terms.s.classes, terms.s.inner > 1,
                  SmoothedLoss<T>(terms, logProbs, smoothed.data()));
  reduce(smoothed.data());
}

template <class T>
void crossEntropyForward(const CrossEntropyShape& s, double labelSmoothing, const T* logits,
                         const int32_t* target, const T* weight, T* logProbs, T* loss) {
  launchSoftmax<true>(AxisShape{s.batch, s.classes, s.inner}, false, logits, logProbs);
  lossOfTargets(CrossEntropyTerms<T>(s, labelSmoothing, target, weight), logProbs, loss);
}
LR_CUDA_OPERATOR(crossEntropyForward)

template <class T>
void nllForward(const CrossEntropyShape& s, const T* logProbs, const int32_t* target, const T* weight,
                T* loss) {
  lossOfTargets(CrossEntropyTerms<T>(s, 0, target, weight), logProbs, loss);
}
LR_CUDA_OPERATOR(nllForward)

// What the gradients of all elements share
struct LossTotals {
  double targetWeights, classWeights;
};

template <class T>
struct TargetWeights : MergeTotals {
  CrossEntropyTerms<T> terms;
  LossTotals* totals;
  TargetWeights(const CrossEntropyTerms<T>& t, LossTotals* to) : terms(t), totals(to) {}
  __device__ void add(Total& sum, int64_t, int64_t at) const {
    if (terms.counts(at)) sum.total += terms.weightOf(terms.target[at]);
  }
  __device__ void finish(int64_t, const Total& sum) const { totals->targetWeights = sum.total; }
};

template <class T>
struct ClassWeights : MergeTotals {
  CrossEntropyTerms<T> terms;
  LossTotals* totals;
  ClassWeights(const CrossEntropyTerms<T>& t, LossTotals* to) : terms(t), totals(to) {}
  __device__ void add(Total& sum, int64_t, int64_t c) const { sum.total += terms.weightOf(c); }
  __device__ void finish(int64_t, const Total& sum) const { totals->classWeights = sum.total; }
};

// logProbs: of cross entropy, whose gradient is dloss · (exp(logProbs[c]) · sum of q - q[c]); null for that
// of nll
template <class T>
struct CrossEntropyBackward {
  CrossEntropyTerms<T> terms;
  const LossTotals* totals;
  const T *logProbs, *dloss;
  T* gradient;
  __device__ void operator()(int64_t i) const {
    const CrossEntropyShape& s = terms.s;
    const int64_t c = i / s.inner % s.classes, at = i / s.inner / s.classes * s.inner + i % s.inner;
    if (!terms.counts(at)) {
      gradient[i] = T{};
      return;
    }
    const int32_t t = terms.target[at];
    const T scale = s.reduction == kReductionNone   ? dloss[at]
                    : s.reduction == kReductionMean ? static_cast<T>(*dloss / totals->targetWeights)
                                                    : *dloss;
    if (logProbs == nullptr) {
      gradient[i] = c == t ? -(terms.weightOf(t) * scale) : T{};
      return;
    }
    const T hard = terms.hard * terms.weightOf(t);
    const T q = terms.smooth * terms.weightOf(c) + (c == t ? hard : T{});
    const T total = hard + static_cast<T>(terms.smooth * totals->classWeights);
    gradient[i] = scale * (exponentialOf(logProbs[i]) * total - q);
  }
};

template <class T>
void lossBackward(const CrossEntropyTerms<T>& terms, const T* logProbs, const T* dloss, T* gradient) {
  const Scratch<LossTotals> totals(1);
  if (!totals) return;
  if (terms.s.reduction == kReductionMean)
    launchReduction(1, terms.targets(), false, TargetWeights<T>(terms, totals.data()));
  if (logProbs != nullptr) launchReduction(1, terms.s.classes, false, ClassWeights<T>(terms, totals.data()));
  launchEach(terms.targets() * terms.s.classes,
             CrossEntropyBackward<T>{terms, totals.data(), logProbs, dloss, gradient});
}

template <class T>
void crossEntropyBackward(const CrossEntropyShape& s, double labelSmoothing, const T* logProbs,
                          const int32_t* target, const T* weight, const T* dloss, T* dlogits) {
  lossBackward(CrossEntropyTerms<T>(s, labelSmoothing, target, weight), logProbs, dloss, dlogits);
}
LR_CUDA_OPERATOR(crossEntropyBackward)

template <class T>
void nllBackward(const CrossEntropyShape& s, const int32_t* target, const T* weight, const T* dloss,
                 T* dlogProbs) {
  lossBackward<T>(CrossEntropyTerms<T>(s, 0, target, weight), nullptr, dloss, dlogProbs);
}
LR_CUDA_OPERATOR(nllBackward)

// A loss of doubles, with the functions that those of elem/loss.h have
struct Loss64 {
  int32_t kind;
  double a, b;
  __device__ reference::LossTerm of(double x, double t, double w) const {
    return reference::lossOf(kind, a, b, x, t, w);
  }
  __device__ double value(double x, double t, double w) const { return of(x, t, w).value; }
  __device__ double dx(double x, double t, double w) const { return of(x, t, w).dx; }
  __device__ double dtarget(double x, double t, double w) const { return of(x, t, w).dtarget; }
  __device__ double dthird(double x, double t, double w) const { return of(x, t, w).dthird; }
};

template <class T, class Body>
void withLossOf(int32_t kind, double a, double b, const Body& body) {
  if constexpr (sizeof(T) == sizeof(float)) {
    withLoss(kind, a, b, body);
  } else {
    body(Loss64{kind, a, b});
  }
}

template <class F, class T>
struct PointwiseLoss : MergeTotals {
  F f;
  double divisor;
  const T *x, *target, *third;
  T* loss;
  PointwiseLoss(const F& of, double d, const T* input, const T* t, const T* w, T* to)
      : f(of), divisor(d), x(input), target(t), third(w), loss(to) {}
  __device__ T of(int64_t i) const { return f.value(x[i], target[i], third != nullptr ? third[i] : T{}); }
  __device__ void operator()(int64_t i) const { loss[i] = of(i); }
  __device__ void add(Total& sum, int64_t, int64_t i) const { sum.total += of(i); }
  __device__ void finish(int64_t, const Total& sum) const { *loss = static_cast<T>(sum.total / divisor); }
};

template <class T>
void pointwiseLossForward(int32_t kind, double a, double b, int64_t n, int32_t reduction, const T* x,
                          const T* target, const T* third, T* loss) {
  const double divisor = reduction == kReductionMean ? static_cast<double>(n) : 1;
  withLossOf<T>(kind, a, b, [=](auto f) {
    const PointwiseLoss<decltype(f), T> each(f, divisor, x, target, third, loss);
    if (reduction == kReductionNone) return launchEach(n, each);
    launchReduction(1, n, false, each);
  });
}
LR_CUDA_OPERATOR(pointwiseLossForward)

template <class F, class T>
struct PointwiseLossBackward {
  F f;
  double divisor;
  bool each;
  const T *x, *target, *third, *dloss;
  T *dx, *dtarget, *dthird;
  __device__ void operator()(int64_t i) const {
    const T gradient = each ? dloss[i] : static_cast<T>(*dloss / divisor);
    const T w = third != nullptr ? third[i] : T{};
    if (dx != nullptr) dx[i] = f.dx(x[i], target[i], w) * gradient;
    if (dtarget != nullptr) dtarget[i] = f.dtarget(x[i], target[i], w) * gradient;
    if (dthird != nullptr) dthird[i] = f.dthird(x[i], target[i], w) * gradient;
  }
};

template <class T>
void pointwiseLossBackward(int32_t kind, double a, double b, int64_t n, int32_t reduction, const T* x,
                           const T* target, const T* third, const T* dloss, T* dx, T* dtarget, T* dthird) {
  const double divisor = reduction == kReductionMean ? static_cast<double>(n) : 1;
  withLossOf<T>(kind, a, b, [=](auto f) {
    launchEach(n, PointwiseLossBackward<decltype(f), T>{f, divisor, reduction == kReductionNone, x, target,
                                                        third, dloss, dx, dtarget, dthird});
  });
}
LR_CUDA_OPERATOR(pointwiseLossBackward)

}  // namespace lr::cuda

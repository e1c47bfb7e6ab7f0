// Normalisation to mean 0 and variance 1: of rows (layerNorm, rmsNorm), of groups of channels, of channels
// over the batch. Means and squares about them are summed in double, one after the other.
#include "cuda/reduction.h"
#include "cuda/table.h"

namespace lr::cuda {

// What is normalised together, a set, and which elements share a parameter: x is (batch, channels, inner), of
// which a set has channels of one example, or one channel of all; or rows, whose elements have each their own
// parameter.
struct NormShape {
  int64_t sets, count;       // elements of a set
  int64_t run, first, step;  // of it adjacent; from set to set; from run to run
  int64_t parameters, perParameter;
  int64_t channels, inner, together;  // channels of a set; for rows channels are 0
  bool centered;

  explicit NormShape(const LayerNormShape& s)
      : sets(s.rows),
        count(s.length),
        run(s.length),
        first(s.length),
        step(s.length),
        parameters(s.length),
        perParameter(s.rows),
        channels(0),
        inner(1),
        together(0),
        centered(s.centered != 0) {}
  explicit NormShape(const GroupNormShape& s)
      : sets(int64_t{s.batch} * s.groups),
        count(int64_t{s.channels} / s.groups * s.inner),
        run(count),
        first(count),
        step(count),
        parameters(s.channels),
        perParameter(int64_t{s.batch} * s.inner),
        channels(s.channels),
        inner(s.inner),
        together(s.channels / s.groups),
        centered(true) {}
  explicit NormShape(const BatchNormShape& s)
      : sets(s.channels),
        count(int64_t{s.batch} * s.inner),
        run(s.inner),
        first(s.inner),
        step(int64_t{s.channels} * s.inner),
        parameters(s.channels),
        perParameter(count),
        channels(s.channels),
        inner(s.inner),
        together(0),
        centered(true) {}

  int64_t size() const { return sets * count; }

  // Of the i-th element of a set
  __device__ int64_t at(int64_t set, int64_t i) const {
    return run == count ? set * first + i : set * first + i / run * step + i % run;
  }
  struct Place {
    int64_t set, parameter;
  };
  __device__ Place placeOf(int64_t at) const {
    if (channels == 0) return {at / count, at % count};
    const int64_t channel = at / inner % channels;
    return {together == 0 ? channel : at / count, channel};
  }
  // Of the i-th element that has a parameter
  __device__ int64_t atParameter(int64_t parameter, int64_t i) const {
    return channels == 0 ? i * count + parameter : (i / inner * channels + parameter) * inner + i % inner;
  }
};

// Means are kept in double for the squares, which are about them.
template <class T>
struct NormMeans : MergeTotals {
  NormShape s;
  const T* x;
  double* means;
  T* mean;
  NormMeans(const NormShape& shape, const T* from, double* exact, T* rounded)
      : s(shape), x(from), means(exact), mean(rounded) {}
  __device__ void add(Total& sum, int64_t set, int64_t i) const { sum.total += x[s.at(set, i)]; }
  __device__ void finish(int64_t set, const Total& sum) const {
    means[set] = sum.total / static_cast<double>(s.count);
    mean[set] = static_cast<T>(means[set]);
  }
};

template <class T>
struct NormVariances : MergeTotals {
  NormShape s;
  double eps;
  const T* x;
  const double* means;
  T *variance, *rstd;
  NormVariances(const NormShape& shape, double e, const T* from, const double* m, T* v, T* r)
      : s(shape), eps(e), x(from), means(m), variance(v), rstd(r) {}
  __device__ void add(Total& sum, int64_t set, int64_t i) const {
    const double difference = x[s.at(set, i)] - (means != nullptr ? means[set] : 0);
    sum.total += difference * difference;
  }
  __device__ void finish(int64_t set, const Total& sum) const {
    const double value = sum.total / static_cast<double>(s.count);
    if (variance != nullptr) variance[set] = static_cast<T>(value);
    rstd[set] = static_cast<T>(1 / sqrt(value + eps));
  }
};

template <class T>
struct ScaleOf {
  double eps;
  const T* variance;
  T* rstd;
  __device__ void operator()(int64_t i) const {
    rstd[i] = static_cast<T>(1 / sqrt(double{variance[i]} + eps));
  }
};

template <class T>
struct NormForward {
  NormShape s;
  const T *x, *weight, *bias, *mean, *rstd;
  T* y;
  __device__ void operator()(int64_t i) const {
    const auto [set, p] = s.placeOf(i);
    const T normal = (x[i] - (mean != nullptr ? mean[set] : T{})) * rstd[set];
    y[i] = normal * (weight != nullptr ? weight[p] : T{1}) + (bias != nullptr ? bias[p] : T{});
  }
};

// mean: null where not centered; variance: null where not wanted
template <class T>
void statistics(const NormShape& s, double eps, const T* x, T* mean, T* variance, T* rstd) {
  if (!s.centered)
    return launchReduction(s.sets, s.count, false, NormVariances<T>(s, eps, x, nullptr, variance, rstd));
  const Scratch<double> means(s.sets);
  if (!means) return;
  launchReduction(s.sets, s.count, false, NormMeans<T>(s, x, means.data(), mean));
  launchReduction(s.sets, s.count, false, NormVariances<T>(s, eps, x, means.data(), variance, rstd));
}

// The sums of g = dy · weight and of g · normal, over a set, whose means are kept, or over what has a
// parameter
struct GradientSums {
  double g = 0, gNormal = 0;
};
struct MergeGradients {
  using Sum = GradientSums;
  __device__ void merge(Sum& sum, const Sum& other) const {
    sum.g += other.g;
    sum.gNormal += other.gNormal;
  }
};

template <class T>
struct SetGradients : MergeGradients {
  NormShape s;
  const T *x, *weight, *mean, *rstd, *dy;
  GradientSums* means;
  SetGradients(const NormShape& shape, const T* from, const T* w, const T* m, const T* r, const T* gradient,
               GradientSums* to)
      : s(shape), x(from), weight(w), mean(m), rstd(r), dy(gradient), means(to) {}
  __device__ void add(GradientSums& sum, int64_t set, int64_t i) const {
    const int64_t at = s.at(set, i);
    const double g = double{dy[at]} * (weight != nullptr ? weight[s.placeOf(at).parameter] : T{1});
    sum.g += g;
    sum.gNormal += g * ((x[at] - (mean != nullptr ? mean[set] : T{})) * rstd[set]);
  }
  __device__ void finish(int64_t set, const GradientSums& sum) const {
    const double count = static_cast<double>(s.count);
    means[set] = {sum.g / count, sum.gNormal / count};
  }
};

template <class T>
struct ParameterGradients : MergeGradients {
  NormShape s;
  const T *x, *mean, *rstd, *dy;
  T *dweight, *dbias;
  ParameterGradients(const NormShape& shape, const T* from, const T* m, const T* r, const T* gradient, T* dw,
                     T* db)
      : s(shape), x(from), mean(m), rstd(r), dy(gradient), dweight(dw), dbias(db) {}
  __device__ void add(GradientSums& sum, int64_t parameter, int64_t i) const {
    const int64_t at = s.atParameter(parameter, i), set = s.placeOf(at).set;
    sum.g += dy[at];
    sum.gNormal += double{dy[at]} * ((x[at] - (mean != nullptr ? mean[set] : T{})) * rstd[set]);
  }
  __device__ void finish(int64_t parameter, const GradientSums& sum) const {
    if (dweight != nullptr) dweight[parameter] = static_cast<T>(sum.gNormal);
    if (dbias != nullptr) dbias[parameter] = static_cast<T>(sum.g);
  }
};

// means: null where mean and rstd do not depend on x
template <class T>
struct NormBackward {
  NormShape s;
  const T *x, *weight, *mean, *rstd, *dy;
  const GradientSums* means;
  T* dx;
  __device__ void operator()(int64_t i) const {
    const auto [set, p] = s.placeOf(i);
    const T g = dy[i] * (weight != nullptr ? weight[p] : T{1});
    if (means == nullptr) {
      dx[i] = rstd[set] * g;
      return;
    }
    const T normal = (x[i] - (mean != nullptr ? mean[set] : T{})) * rstd[set];
    const T meanG = s.centered ? static_cast<T>(means[set].g) : T{};
    dx[i] = rstd[set] * (g - meanG - normal * static_cast<T>(means[set].gNormal));
  }
};

// Gradients of sets of a few elements nearly cancel (two elements always become 1 and -1), so they are taken
// in double, from x.
constexpr int64_t kSmallSet = 16;

template <class T>
struct SmallSetBackward {
  NormShape s;
  double eps;
  const T *x, *weight, *dy;
  T* dx;
  __device__ double gradient(int64_t at) const {
    return double{dy[at]} * (weight != nullptr ? weight[s.placeOf(at).parameter] : T{1});
  }
  __device__ void operator()(int64_t set) const {
    const double n = static_cast<double>(s.count);
    double mean = 0, squares = 0, sum = 0, sumNormal = 0;
    for (int64_t i = 0; i < s.count && s.centered; ++i) mean += x[s.at(set, i)];
    mean /= n;
    for (int64_t i = 0; i < s.count; ++i) {
      const double difference = x[s.at(set, i)] - mean;
      squares += difference * difference;
    }
    const double rstd = 1 / sqrt(squares / n + eps);
    for (int64_t i = 0; i < s.count; ++i) {
      const int64_t at = s.at(set, i);
      sum += gradient(at);
      sumNormal += gradient(at) * ((x[at] - mean) * rstd);
    }
    if (!s.centered) sum = 0;
    for (int64_t i = 0; i < s.count; ++i) {
      const int64_t at = s.at(set, i);
      dx[at] = static_cast<T>(rstd * (gradient(at) - sum / n - (x[at] - mean) * rstd * (sumNormal / n)));
    }
  }
};

template <class T>
void normBackward(const NormShape& s, double eps, bool fixed, const T* x, const T* weight, const T* mean,
                  const T* rstd, const T* dy, T* dx, T* dweight, T* dbias) {
  if (dweight != nullptr || dbias != nullptr)
    launchReduction(s.parameters, s.perParameter, s.channels == 0,
                    ParameterGradients<T>(s, x, mean, rstd, dy, dweight, dbias));
  if (dx == nullptr) return;
  if (fixed) return launchEach(s.size(), NormBackward<T>{s, x, weight, mean, rstd, dy, nullptr, dx});
  if (s.count <= kSmallSet) return launchEach(s.sets, SmallSetBackward<T>{s, eps, x, weight, dy, dx});
  const Scratch<GradientSums> means(s.sets);
  if (!means) return;
  launchReduction(s.sets, s.count, false, SetGradients<T>(s, x, weight, mean, rstd, dy, means.data()));
  launchEach(s.size(), NormBackward<T>{s, x, weight, mean, rstd, dy, means.data(), dx});
}

template <class T>
void layerNormForward(const LayerNormShape& shape, double eps, const T* x, const T* weight, const T* bias,
                      T* y, T* mean, T* rstd) {
  const NormShape s(shape);
  T* const kept = s.centered ? mean : nullptr;
  statistics<T>(s, eps, x, kept, nullptr, rstd);
  launchEach(s.size(), NormForward<T>{s, x, weight, bias, kept, rstd, y});
}
LR_CUDA_OPERATOR(layerNormForward)

template <class T>
void layerNormBackward(const LayerNormShape& shape, double eps, const T* x, const T* weight, const T* mean,
                       const T* rstd, const T* dy, T* dx, T* dweight, T* dbias) {
  const NormShape s(shape);
  normBackward(s, eps, false, x, weight, s.centered ? mean : nullptr, rstd, dy, dx, dweight, dbias);
}
LR_CUDA_OPERATOR(layerNormBackward)

template <class T>
void groupNormForward(const GroupNormShape& shape, double eps, const T* x, const T* weight, const T* bias,
                      T* y, T* mean, T* rstd) {
  const NormShape s(shape);
  statistics<T>(s, eps, x, mean, nullptr, rstd);
  launchEach(s.size(), NormForward<T>{s, x, weight, bias, mean, rstd, y});
}
LR_CUDA_OPERATOR(groupNormForward)

template <class T>
void groupNormBackward(const GroupNormShape& shape, double eps, const T* x, const T* weight, const T* mean,
                       const T* rstd, const T* dy, T* dx, T* dweight, T* dbias) {
  normBackward(NormShape(shape), eps, false, x, weight, mean, rstd, dy, dx, dweight, dbias);
}
LR_CUDA_OPERATOR(groupNormBackward)

template <class T>
void batchNormForward(const BatchNormShape& shape, double eps, const T* x, const T* weight, const T* bias,
                      T* mean, T* variance, T* y) {
  const NormShape s(shape);
  const Scratch<T> rstd(s.sets);
  if (!rstd) return;
  if (shape.training != 0) {
    statistics<T>(s, eps, x, mean, variance, rstd.data());
  } else {
    launchEach(s.sets, ScaleOf<T>{eps, variance, rstd.data()});
  }
  launchEach(s.size(), NormForward<T>{s, x, weight, bias, mean, rstd.data(), y});
}
LR_CUDA_OPERATOR(batchNormForward)

template <class T>
void batchNormBackward(const BatchNormShape& shape, double eps, const T* x, const T* weight, const T* mean,
                       const T* variance, const T* dy, T* dx, T* dweight, T* dbias) {
  const NormShape s(shape);
  const Scratch<T> rstd(s.sets);
  if (!rstd) return;
  launchEach(s.sets, ScaleOf<T>{eps, variance, rstd.data()});
  normBackward<T>(s, eps, shape.training == 0, x, weight, mean, rstd.data(), dy, dx, dweight, dbias);
}
LR_CUDA_OPERATOR(batchNormBackward)

template <class T>
struct MovingAverage {
  double share, factor;
  const T* x;
  T* y;
  __device__ void operator()(int64_t i) const {
    y[i] = static_cast<T>(share == 1 ? factor * x[i] : (1 - share) * y[i] + share * factor * x[i]);
  }
};

template <class T>
void movingAverage(int64_t n, double share, double factor, const T* x, T* y) {
  launchEach(n, MovingAverage<T>{share, factor, x, y});
}
LR_CUDA_OPERATOR(movingAverage)

}  // namespace lr::cuda

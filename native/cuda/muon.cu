// Muon's step, one matrix after another: its products are those of product.h, of floats in double. What is to
// be orthogonal is wide rather than tall, so that the products of its rows are few.
#include "cuda/product.h"
#include "cuda/step.h"
#include "cuda/table.h"

namespace lr::cuda {

using MuonTensors = Tensors<Optimizer::muon, Muon>;
using MuonTensor = MuonTensors::Tensor;

// Element i of a parameter (rows, cols), in what is to be orthogonal
struct MuonPlace {
  int64_t rows, cols;
  __device__ int64_t operator()(int64_t i) const {
    if (rows <= cols) return i;
    const int64_t row = quotientOf(i, cols);
    return (i - row * cols) * rows + row;
  }
};

struct MuonMomentum {
  const MuonTensor* tensor;
  MuonPlace place;
  float* x;
  __device__ void operator()(int64_t i) const {
    x[place(i)] = tensor->formula.momentum(tensor->at[1][i], tensor->at[2][i]);
  }
};

// As step.h's sums of squares, of one array
struct ArrayLanes {
  const float* x;
  int64_t n;
  double* lanes;
  __device__ void operator()(int64_t number) const {
    const int64_t begin = number / kSquareLanes * kStepChunk;
    const int64_t end = begin + kStepChunk < n ? begin + kStepChunk : n;
    double sum = 0;
    for (int64_t i = begin + number % kSquareLanes; i < end; i += kSquareLanes) sum += double{x[i]} * x[i];
    lanes[number] = sum;
  }
};

struct MuonDivisor {
  const MuonTensor* tensor;
  int64_t chunks;
  const double* lanes;
  float* divisor;
  __device__ void operator()(int64_t) const {
    double total = 0;
    for (int64_t chunk = 0; chunk < chunks; ++chunk) {
      const double* of = lanes + chunk * kSquareLanes;
      total += treeOf([of](int lane) { return of[lane]; });
    }
    *divisor = tensor->formula.divisor(static_cast<float>(sqrt(total)));
  }
};

struct MuonDivide {
  const float* divisor;
  float* x;
  __device__ void operator()(int64_t i) const { x[i] = x[i] / *divisor; }
};

// x (m, k) · xᵀ, or where gram is given, the polynomial of it and that product
struct GramProduct {
  using Element = double;
  static constexpr bool kOneChain = true, kSymmetric = true, aAlong = true, bAlong = true;
  int64_t m, n, k;
  const MuonTensor* tensor;
  const float *x, *gram;
  float* y;
  int64_t batches = 1;

  __device__ double a(int, int64_t i, int64_t p) const { return x[i * k + p]; }
  __device__ double b(int, int64_t p, int64_t j) const { return x[j * k + p]; }
  __device__ void store(int, int64_t i, int64_t j, double sum) const {
    if (j < i) return;
    auto value = static_cast<float>(sum);
    if (gram != nullptr) value = tensor->formula.polynomial(gram[i * n + j], value);
    y[i * n + j] = y[j * n + i] = value;
  }
};

// The next x (m, n), from s (m, m) and x
struct NextProduct {
  using Element = double;
  static constexpr bool kOneChain = true, aAlong = true, bAlong = false;
  int64_t m, n, k;
  const MuonTensor* tensor;
  const float *s, *x;
  float* y;
  int64_t batches = 1;

  __device__ double a(int, int64_t i, int64_t p) const { return s[i * k + p]; }
  __device__ double b(int, int64_t p, int64_t j) const { return x[p * n + j]; }
  __device__ void store(int, int64_t i, int64_t j, double sum) const {
    y[i * n + j] = tensor->formula.next(x[i * n + j], static_cast<float>(sum));
  }
};

struct MuonMove {
  const MuonTensor* tensor;
  MuonPlace place;
  const float* orthogonal;
  __device__ void operator()(int64_t i) const {
    tensor->at[0][i] = tensor->formula.move(tensor->at[0][i], orthogonal[place(i)]);
  }
};

void muonStep(const OptimStep& s) {
  const MuonTensors tensors(s);
  if (tensors.data() == nullptr) return;
  for (int32_t t = 0; t < s.tensors; ++t) {
    const MuonTensor* tensor = tensors.data() + t;
    const auto rows = static_cast<int64_t>(s.scalars[3 * t]),
               cols = static_cast<int64_t>(s.scalars[3 * t + 1]);
    const int64_t size = rows * cols, m = rows < cols ? rows : cols, n = size / m;
    const int64_t chunks = quotientUp(size, kStepChunk);
    const MuonPlace place = {rows, cols};
    const Scratch<float> first(size), second(size), gram(m * m), square(m * m), divisor(1);
    const Scratch<double> lanes(chunks * kSquareLanes);
    if (!first || !second || !gram || !square || !divisor || !lanes) return;
    float *x = first.data(), *next = second.data();
    launchEach(size, MuonMomentum{tensor, place, x});
    launchEach(chunks * kSquareLanes, ArrayLanes{x, size, lanes.data()});
    launchEach(1, MuonDivisor{tensor, chunks, lanes.data(), divisor.data()});
    launchEach(size, MuonDivide{divisor.data(), x});
    for (int iteration = 0; iteration < s.hyper[8]; ++iteration) {
      launchProduct(GramProduct{m, m, n, tensor, x, nullptr, gram.data()});
      launchProduct(GramProduct{m, m, m, tensor, gram.data(), gram.data(), square.data()});
      launchProduct(NextProduct{m, n, m, tensor, square.data(), x, next});
      std::swap(x, next);
    }
    launchEach(size, MuonMove{tensor, place, x});
  }
}

}  // namespace lr::cuda

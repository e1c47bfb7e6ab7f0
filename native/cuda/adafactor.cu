// Adafactor's step, for all tensors of a group at once: the averages move, then two launches for the norms,
// and one that computes the updates again and takes them.
#include "cuda/step.h"
#include "cuda/table.h"

namespace lr::cuda {

// A tensor's formula, and where its rows, columns and matrices are among those of all tensors
struct AdafactorPlaces : Adafactor {
  using Adafactor::Adafactor;
  uint32_t height, width;  // of a matrix
  int64_t firstRow, firstColumn, firstMatrix;
  float* means;  // of the averages of the rows, by matrix
};

using AdafactorTensors = Tensors<Optimizer::adafactor, AdafactorPlaces>;
using AdafactorTensor = AdafactorTensors::Tensor;

__device__ inline float secondOf(const AdafactorTensor& tensor, int64_t i) {
  const AdafactorPlaces& f = tensor.formula;
  const float grad = tensor.at[1][i];
  if (tensor.at[4] != nullptr) return f.update(tensor.at[4][i], grad);
  const auto at = static_cast<uint32_t>(i);  // no array of a device has more elements
  const uint32_t row = at / f.width, matrix = row / f.height;
  const float col = tensor.at[3][at - (row - matrix) * f.width];
  return f.update(f.estimate(tensor.at[2][row], col, f.means[matrix]), grad);
}

// A row's squares in eight lanes, as those of a chunk
struct RowLanes {
  const AdafactorTensor* tensors;
  int32_t count;
  double* lanes;
  __device__ void operator()(int64_t number) const {
    const int64_t row = number / kSquareLanes;
    const AdafactorTensor& tensor = tensors[tensorOf(
        tensors, count, row, [](const AdafactorTensor& each) { return each.formula.firstRow; })];
    const int64_t width = tensor.formula.width;
    const float* grad = tensor.at[1] + (row - tensor.formula.firstRow) * width;
    double sum = 0;
    for (int64_t i = number % kSquareLanes; i < width; i += kSquareLanes) sum += double{grad[i]} * grad[i];
    lanes[number] = sum;
  }
};

struct MoveRows {
  const AdafactorTensor* tensors;
  int32_t count;
  const double* lanes;
  __device__ void operator()(int64_t row) const {
    const AdafactorTensor& tensor = tensors[tensorOf(
        tensors, count, row, [](const AdafactorTensor& each) { return each.formula.firstRow; })];
    const double* of = lanes + row * kSquareLanes;
    const double squares = treeOf([of](int lane) { return of[lane]; });
    float& mean = tensor.at[2][row - tensor.formula.firstRow];
    mean = tensor.formula.movedMean(mean, squares, tensor.formula.cols);
  }
};

struct MoveColumns {
  const AdafactorTensor* tensors;
  int32_t count;
  __device__ void operator()(int64_t number) const {
    const AdafactorTensor& tensor = tensors[tensorOf(
        tensors, count, number, [](const AdafactorTensor& each) { return each.formula.firstColumn; })];
    const AdafactorPlaces& f = tensor.formula;
    const int64_t column = number - f.firstColumn, matrix = quotientOf(column, f.width);
    const float* grad = tensor.at[1] + matrix * (int64_t{f.height} - 1) * f.width + column;
    double squares = 0;
    for (int64_t row = 0; row < f.height; ++row, grad += f.width) squares += double{*grad} * *grad;
    float& mean = tensor.at[3][column];
    mean = f.movedMean(mean, squares, f.rows);
  }
};

struct MeansOfRows {
  const AdafactorTensor* tensors;
  int32_t count;
  __device__ void operator()(int64_t number) const {
    const AdafactorTensor& tensor = tensors[tensorOf(
        tensors, count, number, [](const AdafactorTensor& each) { return each.formula.firstMatrix; })];
    const AdafactorPlaces& f = tensor.formula;
    const int64_t matrix = number - f.firstMatrix;
    const float* rowVar = tensor.at[2] + matrix * f.height;
    double total = 0;
    for (int64_t row = 0; row < f.height; ++row) total += rowVar[row];
    f.means[matrix] = f.meanOf(total);
  }
};

// Of tensors that are no matrices
struct MoveVariance {
  __device__ AdafactorPlaces formulaOf(const AdafactorTensor& tensor, const NormPair*, int32_t) const {
    return tensor.formula;
  }
  __device__ void operator()(const AdafactorPlaces& f, float (&x)[5]) const { x[4] = f.moved(x[4], x[1]); }
};

__global__ void __launch_bounds__(kBlock)
    takeUpdates(const AdafactorTensor* tensors, int32_t count, const NormPair* norms) {
  const StepChunk chunk = chunkOf(tensors, count, blockIdx.x);
  const AdafactorTensor& tensor = tensors[chunk.tensor];
  const NormPair& norm = norms[chunk.tensor];
  const float step = tensor.formula.negativeStep(static_cast<double>(tensor.size), norm.first, norm.second);
  for (int64_t i = chunk.begin + threadIdx.x; i < chunk.end; i += kBlock)
    tensor.at[0][i] = tensor.formula.move(tensor.at[0][i], secondOf(tensor, i), step);
}

void adafactorStep(const OptimStep& s) {
  const bool hasMatrices = s.buffers[2] != nullptr;
  int64_t rows = 0, columns = 0, matrices = 0;
  for (int32_t t = 0; t < s.tensors; ++t) {
    const auto height = static_cast<int64_t>(s.scalars[4 * t]),
               width = static_cast<int64_t>(s.scalars[4 * t + 1]);
    rows += s.sizes[t] / width;
    columns += s.sizes[t] / height;
    matrices += s.sizes[t] / (height * width);
  }
  const Scratch<float> means(matrices);
  const AdafactorTensors tensors(s, [means = means.data()](AdafactorTensor* all, int32_t count) {
    int64_t row = 0, column = 0, matrix = 0;
    for (AdafactorTensor* tensor = all; tensor < all + count; ++tensor) {
      AdafactorPlaces& f = tensor->formula;
      f.height = static_cast<uint32_t>(f.rows);
      f.width = static_cast<uint32_t>(f.cols);
      f.firstRow = row;
      f.firstColumn = column;
      f.firstMatrix = matrix;
      f.means = means + matrix;
      row += tensor->size / f.width;
      column += tensor->size / f.height;
      matrix += tensor->size / (int64_t{f.height} * f.width);
    }
  });
  const Scratch<NormPair> norms(s.tensors);
  if (!means || tensors.data() == nullptr) return;
  if (hasMatrices) {
    const Scratch<double> lanes(rows * kSquareLanes);
    if (!lanes) return;
    launchEach(rows * kSquareLanes, RowLanes{tensors.data(), s.tensors, lanes.data()});
    launchEach(rows, MoveRows{tensors.data(), s.tensors, lanes.data()});
    launchEach(columns, MoveColumns{tensors.data(), s.tensors});
    launchEach(matrices, MeansOfRows{tensors.data(), s.tensors});
  } else {
    tensors.launchStep<MoveVariance>();
  }
  tensors.launchNorms(norms.data());
  if (norms) tensors.launchChunks(takeUpdates, norms.data());
}

}  // namespace lr::cuda

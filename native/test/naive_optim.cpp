// The optimizer steps of the reference table, in float: every operation rounds once, in PyTorch's order. An
// element at a time, in plain loops; what an option needs is written where it is used.
#include "test/naive_optim.h"

#include <cmath>
#include <vector>

namespace lr::test {
namespace {

float round(double x) { return static_cast<float>(x); }

// One element of one tensor
struct Element {
  const OptimStep& s;
  int32_t t;
  int64_t i;

  bool has(int role) const { return s.buffers[role] != nullptr; }
  float& operator[](int role) const { return s.buffers[role][t][i]; }
};

template <class Update>
void forEach(const OptimStep& s, const Update& update) {
  for (int32_t t = 0; t < s.tensors; ++t) {
    for (int64_t i = 0; i < s.sizes[t]; ++i) update(Element{s, t, i});
  }
}

float gradientOf(const Element& e, double weightDecay, double maximize) {
  const float g = maximize != 0 ? -e[1] : e[1];
  return weightDecay != 0 ? g + round(weightDecay) * e[0] : g;
}

void lerp(float& a, float b, double weight) {
  const float w = round(weight);
  a = std::fabs(w) < 0.5f ? a + w * (b - a) : b - (b - a) * (1.0f - w);
}

void averageSquare(float& average, float x, double decay) {
  average = average * round(decay) + round(1 - decay) * x * x;
}

float sign(float x) { return static_cast<float>((x > 0) - (x < 0)); }

float larger(float a, float b) { return std::isnan(a) || std::isnan(b) ? NAN : std::fmax(a, b); }

double largest(double a, double b) { return std::isnan(a) || std::isnan(b) ? NAN : std::fmax(a, b); }

// lr, beta1, beta2, eps, weightDecay, decoupledWeightDecay, maximize. Returns the gradient.
float adamMoments(const Element& e) {
  const double* h = e.s.hyper;
  if (h[4] != 0 && h[5] != 0) e[0] *= round(1 - h[0] * h[4]);
  const float g = gradientOf(e, h[5] != 0 ? 0 : h[4], h[6]);
  lerp(e[2], g, 1 - h[1]);
  averageSquare(e[3], g, h[2]);
  return g;
}

float momentum(const Element& e, float g) {
  const double* h = e.s.hyper;
  if (!e.has(2)) return g;
  e[2] = e.s.scalars[e.t] != 0 ? g : e[2] * round(h[1]) + round(1 - h[2]) * g;
  return h[4] != 0 ? g + round(h[1]) * e[2] : e[2];
}

void scheduleFreeMove(const Element& e, float update) {
  const double* h = e.s.hyper;
  float y = e[0];
  lerp(y, e[2], h[2]);
  e[0] = y + round(h[0] * (h[1] * (1 - h[2]) - 1)) * update;
  e[2] += round(-h[0]) * update;
}

// In eight lanes
double sumOfSquares(const float* x, int64_t n) {
  double lanes[8] = {};
  for (int64_t i = 0; i < n; ++i) lanes[i % 8] += double{x[i]} * double{x[i]};
  for (int width = 4; width > 0; width /= 2) {
    for (int lane = 0; lane < width; ++lane) lanes[lane] += lanes[lane + width];
  }
  return lanes[0];
}

// Chunks of 16384
float norm(const float* x, int64_t n) {
  double total = 0;
  for (int64_t begin = 0; begin < n; begin += 16384)
    total += sumOfSquares(x + begin, n - begin < 16384 ? n - begin : 16384);
  return round(std::sqrt(total));
}

float lambUpdate(const Element& e) {
  const double *h = e.s.hyper, *scalars = e.s.scalars + 2 * e.t;
  const float denominator = std::sqrt(e[3]) / round(scalars[1]) + round(h[3]);
  return e[2] / round(scalars[0]) / denominator + round(h[4]) * e[0];
}

}  // namespace

void adadeltaStep(const OptimStep& s) {
  const double* h = s.hyper;
  const float eps = round(h[2]);
  forEach(s, [&](const Element& e) {
    const float g = gradientOf(e, h[3], h[4]);
    averageSquare(e[2], g, h[1]);
    const float delta = std::sqrt(e[3] + eps) / std::sqrt(e[2] + eps) * g;
    averageSquare(e[3], delta, h[1]);
    e[0] += round(-h[0]) * delta;
  });
}

void adafactorStep(const OptimStep& s) {
  const double* h = s.hyper;
  const float eps = round(h[2]), floor = round(h[2] * h[2]);
  for (int32_t t = 0; t < s.tensors; ++t) {
    const double* scalars = s.scalars + 4 * t;
    const int64_t size = s.sizes[t];
    float *param = s.buffers[0][t], *grad = s.buffers[1][t];
    std::vector<float> update(size);
    if (s.buffers[4] != nullptr) {
      for (int64_t i = 0; i < size; ++i) {
        lerp(s.buffers[4][t][i], grad[i] * grad[i], scalars[2]);
        update[i] = s.buffers[4][t][i];
      }
    } else {
      const auto rows = static_cast<int64_t>(scalars[0]), cols = static_cast<int64_t>(scalars[1]);
      for (int64_t matrix = 0; matrix < size / (rows * cols); ++matrix) {
        const float* g = grad + matrix * rows * cols;
        float *rowVar = s.buffers[2][t] + matrix * rows, *colVar = s.buffers[3][t] + matrix * cols;
        double total = 0;
        for (int64_t r = 0; r < rows; ++r) {
          const float length = round(std::sqrt(sumOfSquares(g + r * cols, cols)));
          lerp(rowVar[r], round(length * length / static_cast<double>(cols)), scalars[2]);
          total += rowVar[r];
        }
        for (int64_t c = 0; c < cols; ++c) {
          double squares = 0;
          for (int64_t r = 0; r < rows; ++r) squares += double{g[r * cols + c]} * double{g[r * cols + c]};
          const float length = round(std::sqrt(squares));
          lerp(colVar[c], round(length * length / static_cast<double>(rows)), scalars[2]);
        }
        const float mean = larger(round(total / static_cast<double>(rows)), eps);
        for (int64_t i = 0; i < rows * cols; ++i)
          update[matrix * rows * cols + i] = rowVar[i / cols] * colVar[i % cols] / mean;
      }
    }
    for (int64_t i = 0; i < size; ++i)
      update[i] = 1.0f / std::sqrt(larger(update[i], floor)) * (h[5] != 0 ? -grad[i] : grad[i]);
    const double root = std::sqrt(static_cast<double>(size)), paramNorm = norm(param, size),
                 updateNorm = norm(update.data(), size);
    const double alpha = largest(h[3], paramNorm / root) * scalars[3];
    const float step = round(-alpha / largest(1, updateNorm / (root * h[4])));
    for (int64_t i = 0; i < size; ++i) param[i] = param[i] * round(1 - h[0] * h[1]) + step * update[i];
  }
}

void adagradStep(const OptimStep& s) {
  const double* h = s.hyper;
  forEach(s, [&](const Element& e) {
    const float g = gradientOf(e, h[0], h[2]);
    e[2] += g * g;
    e[0] += round(-s.scalars[e.t]) * g / (std::sqrt(e[2]) + round(h[1]));
  });
}

void adamStep(const OptimStep& s) {
  forEach(s, [&](const Element& e) {
    adamMoments(e);
    if (e.has(4)) e[4] = larger(e[4], e[3]);
    const float root = std::sqrt(e.has(4) ? e[4] : e[3]) / round(s.scalars[2 * e.t + 1]);
    e[0] += round(-s.scalars[2 * e.t]) * e[2] / (root + round(s.hyper[3]));
  });
}

void adamaxStep(const OptimStep& s) {
  const double* h = s.hyper;
  forEach(s, [&](const Element& e) {
    const float g = gradientOf(e, h[3], h[4]);
    lerp(e[2], g, 1 - h[0]);
    e[3] = larger(e[3] * round(h[1]), std::fabs(g) + round(h[2]));
    e[0] += round(-s.scalars[e.t]) * e[2] / e[3];
  });
}

void asgdStep(const OptimStep& s) {
  const double* h = s.hyper;
  forEach(s, [&](const Element& e) {
    const double eta = s.scalars[2 * e.t], mu = s.scalars[2 * e.t + 1];
    const float g = gradientOf(e, h[1], h[2]);
    e[0] = e[0] * round(1 - h[0] * eta) + round(-eta) * g;
    e[2] = mu == 1 ? e[0] : e[2] + (e[0] - e[2]) * round(mu);
  });
}

void lambStep(const OptimStep& s) {
  const double* h = s.hyper;
  forEach(s, [&](const Element& e) {
    const float g = gradientOf(e, 0, h[5]);
    lerp(e[2], g, 1 - h[1]);
    averageSquare(e[3], g, h[2]);
  });
  for (int32_t t = 0; t < s.tensors; ++t) {
    std::vector<float> update(s.sizes[t]);
    for (int64_t i = 0; i < s.sizes[t]; ++i) update[i] = lambUpdate(Element{s, t, i});
    const double paramNorm = norm(s.buffers[0][t], s.sizes[t]), updateNorm = norm(update.data(), s.sizes[t]);
    const double trust = paramNorm > 0 && updateNorm > 0 ? paramNorm / updateNorm : 1;
    for (int64_t i = 0; i < s.sizes[t]; ++i) s.buffers[0][t][i] += round(-(h[0] * trust)) * update[i];
  }
}

void larsStep(const OptimStep& s) {
  const double* h = s.hyper;
  std::vector<float> ratios;
  for (int32_t t = 0; t < s.tensors; ++t) {
    const double paramNorm = norm(s.buffers[0][t], s.sizes[t]), gradNorm = norm(s.buffers[1][t], s.sizes[t]);
    const double ratio = h[5] * paramNorm / (gradNorm + h[3] * paramNorm + h[6]);
    ratios.push_back(paramNorm > 0 && gradNorm > 0 ? round(ratio) : 1);
  }
  forEach(s, [&](const Element& e) {
    e[0] += round(-h[0]) * momentum(e, ratios[e.t] * gradientOf(e, h[3], h[7]));
  });
}

void lionStep(const OptimStep& s) {
  const double* h = s.hyper;
  forEach(s, [&](const Element& e) {
    if (h[3] != 0) e[0] *= round(1 - h[0] * h[3]);
    const float g = gradientOf(e, 0, h[4]);
    float direction = e[2];
    lerp(direction, g, 1 - h[1]);
    e[0] -= round(h[0]) * sign(direction);
    lerp(e[2], g, 1 - h[2]);
  });
}

void muonStep(const OptimStep& s) {
  using Matrix = std::vector<float>;
  // x (m, k) · y (k, n), where y is given by its elements
  const auto times = [](const Matrix& x, int64_t m, int64_t k, int64_t n, const auto& y) {
    Matrix product(m * n);
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        double sum = 0;
        for (int64_t p = 0; p < k; ++p) sum += double{x[i * k + p]} * double{y(p, j)};
        product[i * n + j] = round(sum);
      }
    }
    return product;
  };
  const double* h = s.hyper;
  for (int32_t t = 0; t < s.tensors; ++t) {
    const auto rows = static_cast<int64_t>(s.scalars[3 * t]),
               cols = static_cast<int64_t>(s.scalars[3 * t + 1]);
    const bool isTall = rows > cols;
    const int64_t m = isTall ? cols : rows, n = isTall ? rows : cols;
    // The place of element i of the parameter in what is made orthogonal
    const auto place = [&](int64_t i) { return isTall ? i % cols * rows + i / cols : i; };
    Matrix x(m * n);
    for (int64_t i = 0; i < m * n; ++i) {
      const Element e = {s, t, i};
      lerp(e[2], e[1], 1 - h[2]);
      float direction = h[3] != 0 ? e[1] : e[2];
      if (h[3] != 0) lerp(direction, e[2], h[2]);
      x[place(i)] = direction;
    }
    const auto length = static_cast<float>(largest(norm(x.data(), m * n), round(h[7])));
    for (float& value : x) value /= length;
    for (int iteration = 0; iteration < h[8]; ++iteration) {
      const Matrix gram = times(x, m, n, m, [&](int64_t p, int64_t j) { return x[j * n + p]; });
      Matrix square = times(gram, m, m, m, [&](int64_t p, int64_t j) { return gram[j * m + p]; });
      for (int64_t i = 0; i < m * m; ++i) square[i] = round(h[5]) * gram[i] + round(h[6]) * square[i];
      const Matrix product = times(square, m, m, n, [&](int64_t p, int64_t j) { return x[p * n + j]; });
      for (int64_t i = 0; i < m * n; ++i) x[i] = round(h[4]) * x[i] + product[i];
    }
    for (int64_t i = 0; i < m * n; ++i) {
      const Element e = {s, t, i};
      e[0] = e[0] * round(1 - h[0] * h[1]) + round(-s.scalars[3 * t + 2]) * x[place(i)];
    }
  }
}

void nadamStep(const OptimStep& s) {
  forEach(s, [&](const Element& e) {
    const double* scalars = s.scalars + 3 * e.t;
    const float g = adamMoments(e);
    const float denominator = std::sqrt(e[3] / round(scalars[0])) + round(s.hyper[3]);
    e[0] += round(-scalars[1]) * g / denominator;
    e[0] += round(-scalars[2]) * e[2] / denominator;
  });
}

void radamStep(const OptimStep& s) {
  forEach(s, [&](const Element& e) {
    const double* scalars = s.scalars + 3 * e.t;
    adamMoments(e);
    float update = e[2] / round(scalars[0]) * round(s.hyper[0]);
    if (scalars[2] != 0) {
      const float inverse = 1.0f / (std::sqrt(e[3]) + round(s.hyper[3]));
      update = update * (inverse * round(scalars[1])) * round(scalars[2]);
    }
    e[0] -= update;
  });
}

void rmspropStep(const OptimStep& s) {
  const double* h = s.hyper;
  forEach(s, [&](const Element& e) {
    const float g = gradientOf(e, h[3], h[5]);
    averageSquare(e[2], g, h[1]);
    float variance = e[2];
    if (e.has(4)) {
      lerp(e[4], g, 1 - h[1]);
      variance -= e[4] * e[4];
    }
    const float denominator = std::sqrt(variance) + round(h[2]);
    if (e.has(3)) {
      e[3] = e[3] * round(h[4]) + g / denominator;
      e[0] += round(-h[0]) * e[3];
    } else {
      e[0] += round(-h[0]) * g / denominator;
    }
  });
}

void rpropStep(const OptimStep& s) {
  const double* h = s.hyper;
  forEach(s, [&](const Element& e) {
    const float g = gradientOf(e, 0, h[4]);
    const float product = g * e[2];
    float factor = 1;
    if (product > 0) factor = round(h[1]);
    if (product < 0) factor = round(h[0]);
    float size = e[3] * factor;
    if (size < round(h[2])) size = round(h[2]);
    if (size > round(h[3])) size = round(h[3]);
    e[3] = size;
    e[2] = product < 0 ? 0 : g;
    e[0] -= sign(e[2]) * size;
  });
}

void schedulefreeadamwStep(const OptimStep& s) {
  const double* h = s.hyper;
  forEach(s, [&](const Element& e) {
    const float g = gradientOf(e, 0, h[7]);
    averageSquare(e[3], g, h[3]);
    const float update = g / (std::sqrt(e[3] / round(h[4])) + round(h[5]));
    scheduleFreeMove(e, h[6] != 0 ? update + round(h[6]) * e[0] : update);
  });
}

void schedulefreesgdStep(const OptimStep& s) {
  forEach(s, [&](const Element& e) { scheduleFreeMove(e, gradientOf(e, s.hyper[3], s.hyper[4])); });
}

void sgdStep(const OptimStep& s) {
  const double* h = s.hyper;
  forEach(s, [&](const Element& e) { e[0] += round(-h[0]) * momentum(e, gradientOf(e, h[3], h[5])); });
}

void sparseadamStep(const OptimStep& s) {
  const double* h = s.hyper;
  forEach(s, [&](const Element& e) {
    const float g = gradientOf(e, 0, h[3]);
    e[2] = (g - e[2]) * round(1 - h[0]) + e[2];
    e[3] = (g * g - e[3]) * round(1 - h[1]) + e[3];
    e[0] += round(-s.scalars[e.t]) * (e[2] / (std::sqrt(e[3]) + round(h[2])));
  });
}

void gradientNorms(const OptimStep& s, float* norms) {
  for (int32_t t = 0; t < s.tensors; ++t) norms[t] = norm(s.buffers[0][t], s.sizes[t]);
}

void scaleGradients(const OptimStep& s, float factor) {
  for (int32_t t = 0; t < s.tensors; ++t) {
    for (int64_t i = 0; i < s.sizes[t]; ++i) s.buffers[0][t][i] *= factor;
  }
}

}  // namespace lr::test

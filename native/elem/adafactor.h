// Adafactor: PyTorch's _single_tensor_adafactor. First the averages move: of a matrix those of the means of
// the squared gradient over rows and over columns, else that of each element's square. The norms of the
// parameter and of its update being known, param moves by negativeStep · update.
#pragma once
#include "elem/step.h"

struct Adafactor {
  Lerp average;
  float least, floor, shrink;
  double eps2, d, rho, rows, cols;
  bool maximize;

  explicit Adafactor(const StepNumbers& s)
      : average(s.scalars[2]),
        least(static_cast<float>(s.hyper[2])),
        floor(static_cast<float>(s.hyper[2] * s.hyper[2])),
        shrink(static_cast<float>(1 - s.hyper[0] * s.hyper[1])),
        eps2(s.hyper[3]),
        d(s.hyper[4]),
        rho(s.scalars[3]),
        rows(s.scalars[0]),
        cols(s.scalars[1]),
        maximize(s.hyper[5] != 0) {}

  template <class T>
  LR_ELEM T moved(T variance, T grad) const {
    return average(variance, grad * grad);
  }

  // The average of the means of rows or columns, moved towards that of `count` squares
  LR_ELEM float movedMean(float mean, double squares, double count) const {
    const auto length = static_cast<float>(sqrtOf(squares));
    const double square = length * length;
    return average(mean, static_cast<float>(square / count));
  }

  // What the products of a matrix' averages are divided by, from the sum of those of the rows
  LR_ELEM float meanOf(double total) const {
    const auto mean = static_cast<float>(total / rows);
    return least > mean ? least : mean;
  }

  template <class T>
  LR_ELEM T estimate(float row, T col, float mean) const {
    return row * col / mean;
  }

  template <class T>
  LR_ELEM T update(T variance, T grad) const {
    const T low = T{} + floor;
    return 1.0f / sqrtOf(low > variance ? low : variance) * (maximize ? -grad : grad);
  }

  // From the norms of the parameter and of its update
  LR_ELEM float negativeStep(double size, double paramNorm, double updateNorm) const {
    const double stepSize = largerOf(eps2, paramNorm / sqrtOf(size)) * rho;
    return static_cast<float>(-stepSize / largerOf(1, updateNorm / (sqrtOf(size) * d)));
  }

  template <class T>
  LR_ELEM T move(T param, T update, float negativeStep) const {
    return param * shrink + negativeStep * update;
  }
};

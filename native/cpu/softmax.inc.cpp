// Softmax and its logarithm along an axis: lane by lane where lanes are contiguous, else for up to
// kColumnPanel adjacent ones at a time. `readable`: how many floats the arrays have from the lane on.

// The n >= 1 floats at p, at most 16, and `fill` beyond them
LR_ELEM Lanes lanesOr(const float* p, int64_t n, float fill, int64_t readable) {
  return n >= kSumLanes ? Lanes(p) : Lanes(p, n, fill, readable);
}

float laneMax(int64_t length, int64_t readable, const float* x) {
  Lanes most(-__builtin_inff());
  for (int64_t i = 0; i < length; i += kSumLanes) {
    const Lanes values = lanesOr(x + i, length - i, -__builtin_inff(), readable - i);
    for (int j = 0; j < Lanes::kVectors; ++j) most.v[j] = values.v[j] > most.v[j] ? values.v[j] : most.v[j];
  }
  return most.max();
}

// The sum over a lane of terms(i, left), in chunks
template <class Term>
LR_ELEM double laneSum(int64_t length, const Term& term) {
  double total = 0;
  for (int64_t begin = 0; begin < length; begin += kChunk) {
    total += sumLanes(begin, least(begin + kChunk, length),
                      [&](int64_t i, int64_t) { return term(i, length - i); });
  }
  return total;
}

// The sum of exp(x - shift), which are stored in y where that is not null
double laneExponentials(int64_t length, int64_t readable, const float* x, float shift, float* y) {
  return laneSum(length, [&](int64_t i, int64_t left) {
    Lanes terms = lanesOr(x + i, left, -__builtin_inff(), readable - i);
    for (int j = 0; j < Lanes::kVectors; ++j) terms.v[j] = expOf(terms.v[j] - shift);
    if (y != nullptr) terms.storeTo(y + i, left);
    return terms;
  });
}

// What is subtracted from a lane of this maximum: the exponentials of a hidden one are 0.
LR_ELEM float shiftOf(float most, bool zeroHidden) {
  return zeroHidden && most == -__builtin_inff() ? 0.0f : most;
}

void softmaxLane(int64_t length, int64_t readable, bool zeroHidden, const float* x, float* y) {
  const float shift = shiftOf(laneMax(length, readable, x), zeroHidden);
  const double total = laneExponentials(length, readable, x, shift, y);
  const float scale = total == 0 ? 0.0f : static_cast<float>(1 / total);
  forEachElement(0, length, [&](int64_t i, auto type) { write(y + i, read<decltype(type)>(y + i) * scale); });
}

void logSoftmaxLane(int64_t length, int64_t readable, const float* x, float* y) {
  const float shift = laneMax(length, readable, x);
  const float logTotal = logOf(static_cast<float>(laneExponentials(length, readable, x, shift, nullptr)));
  forEachElement(0, length, [&](int64_t i, auto type) {
    write(y + i, (read<decltype(type)>(x + i) - shift) - logTotal);
  });
}

// What exp(x - shift) sums to for each of `count` adjacent lanes; stored in y where that is not null
struct LanePanel {
  float shift[kColumnPanel], total[kColumnPanel];

  LanePanel(const AxisShape& s, int64_t count, bool zeroHidden, const float* x, float* y) {
    std::memcpy(shift, x, sizeof(float) * count);
    std::memset(total, 0, sizeof(float) * count);
    for (int64_t row = s.inner; row < s.length * int64_t{s.inner}; row += s.inner) {
      forEachElement(0, count, [&](int64_t j, auto type) {
        using T = decltype(type);
        const T value = read<T>(x + row + j), most = read<T>(shift + j);
        write(shift + j, value > most ? value : most);
      });
    }
    for (int64_t j = 0; j < count; ++j) shift[j] = shiftOf(shift[j], zeroHidden);
    for (int64_t row = 0; row < s.length * int64_t{s.inner}; row += s.inner) {
      forEachElement(0, count, [&](int64_t j, auto type) {
        using T = decltype(type);
        const T exponential = expOf(read<T>(x + row + j) - read<T>(shift + j));
        write(total + j, read<T>(total + j) + exponential);
        if (y != nullptr) write(y + row + j, exponential);
      });
    }
  }
};

void softmaxPanel(const AxisShape& s, int64_t count, bool zeroHidden, const float* x, float* y) {
  LanePanel panel(s, count, zeroHidden, x, y);
  for (int64_t j = 0; j < count; ++j) panel.total[j] = panel.total[j] == 0 ? 0 : 1 / panel.total[j];
  for (int64_t row = 0; row < s.length * int64_t{s.inner}; row += s.inner) {
    forEachElement(0, count, [&](int64_t j, auto type) {
      using T = decltype(type);
      write(y + row + j, read<T>(y + row + j) * read<T>(panel.total + j));
    });
  }
}

void logSoftmaxPanel(const AxisShape& s, int64_t count, const float* x, float* y) {
  LanePanel panel(s, count, false, x, nullptr);
  forEachElement(0, count, [&](int64_t j, auto type) {
    write(panel.total + j, logOf(read<decltype(type)>(panel.total + j)));
  });
  for (int64_t row = 0; row < s.length * int64_t{s.inner}; row += s.inner) {
    forEachElement(0, count, [&](int64_t j, auto type) {
      using T = decltype(type);
      write(y + row + j, (read<T>(x + row + j) - read<T>(panel.shift + j)) - read<T>(panel.total + j));
    });
  }
}

// x and y (outer, length, inner)
void softmaxForward(const AxisShape& s, int32_t zeroHidden, const float* x, float* y) {
  const int64_t size = int64_t{s.outer} * s.length * s.inner;
  forEachLanes(s, [&](int64_t, int64_t count, int64_t offset) {
    if (s.inner == 1) {
      softmaxLane(s.length, size - offset, zeroHidden != 0, x + offset, y + offset);
    } else {
      softmaxPanel(s, count, zeroHidden != 0, x + offset, y + offset);
    }
  });
}

void logSoftmaxForward(const AxisShape& s, const float* x, float* y) {
  const int64_t size = int64_t{s.outer} * s.length * s.inner;
  forEachLanes(s, [&](int64_t, int64_t count, int64_t offset) {
    if (s.inner == 1) {
      logSoftmaxLane(s.length, size - offset, x + offset, y + offset);
    } else {
      logSoftmaxPanel(s, count, x + offset, y + offset);
    }
  });
}

// dx = gradient(y, dy, the sum of term(y, dy) over the lane) for every element
template <class Term, class Gradient>
void softmaxGradient(const AxisShape& s, const float* y, const float* dy, float* dx, const Term& term,
                     const Gradient& gradient) {
  const int64_t size = int64_t{s.outer} * s.length * s.inner;
  forEachLanes(s, [&](int64_t, int64_t count, int64_t offset) {
    const float *from = y + offset, *gradients = dy + offset;
    float* to = dx + offset;
    if (s.inner == 1) {
      const float sum = static_cast<float>(laneSum(s.length, [&](int64_t i, int64_t left) {
        const Lanes a = lanesOr(from + i, left, 0.0f, size - offset - i);
        Lanes b = lanesOr(gradients + i, left, 0.0f, size - offset - i);
        for (int j = 0; j < Lanes::kVectors; ++j) b.v[j] = term(a.v[j], b.v[j]);
        return b;
      }));
      forEachElement(0, s.length, [&](int64_t i, auto type) {
        using T = decltype(type);
        write(to + i, gradient(read<T>(from + i), read<T>(gradients + i), T{} + sum));
      });
      return;
    }
    float sums[kColumnPanel];
    std::memset(sums, 0, sizeof(float) * count);
    for (int64_t row = 0; row < s.length * int64_t{s.inner}; row += s.inner) {
      forEachElement(0, count, [&](int64_t j, auto type) {
        using T = decltype(type);
        write(sums + j, read<T>(sums + j) + term(read<T>(from + row + j), read<T>(gradients + row + j)));
      });
    }
    for (int64_t row = 0; row < s.length * int64_t{s.inner}; row += s.inner) {
      forEachElement(0, count, [&](int64_t j, auto type) {
        using T = decltype(type);
        write(to + row + j,
              gradient(read<T>(from + row + j), read<T>(gradients + row + j), read<T>(sums + j)));
      });
    }
  });
}

// dx = y · (dy - the sum of y · dy)
void softmaxBackward(const AxisShape& s, const float* y, const float* dy, float* dx) {
  softmaxGradient(
      s, y, dy, dx, [](auto p, auto g) { return p * g; },
      [](auto p, auto g, auto dot) { return p * (g - dot); });
}

// dx = dy - exp(y) · the sum of dy
void logSoftmaxBackward(const AxisShape& s, const float* y, const float* dy, float* dx) {
  softmaxGradient(
      s, y, dy, dx, [](auto, auto g) { return g; },
      [](auto p, auto g, auto sum) { return g - expOf(p) * sum; });
}

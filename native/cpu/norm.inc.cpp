// Normalisation to mean 0 and variance 1: of rows (layerNorm, rmsNorm), of groups of channels, of channels
// over the batch. Statistics are taken of about kChunk elements at a time, while they are in the cache: their
// mean, then the squares of what differs from it; chunks are merged in order, in double, by Chan's formula.

struct Statistics {
  double count = 0, mean = 0, squares = 0;

  void merge(double n, double otherMean, double otherSquares) {
    const double difference = otherMean - mean, total = count + n;
    squares += otherSquares + difference * difference * (count * n / total);
    mean += difference * (n / total);
    count = total;
  }
  double variance() const { return squares / count; }
};

// What is normalised together: `runs` runs of `length` elements, `step` apart. A tail may be read 16 elements
// wide where x has as many up to xEnd.
struct NormRuns {
  int64_t runs, length, step;
  const float* xEnd;

  // Calls body(first run, last run, first element of each, end) for about kChunk elements at a time.
  template <class Body>
  void forEachChunk(const Body& body) const {
    if (length >= kChunk) {
      for (int64_t run = 0; run < runs; ++run) {
        for (int64_t begin = 0; begin < length; begin += kChunk) {
          body(run, run + 1, begin, least(begin + kChunk, length));
        }
      }
      return;
    }
    const int64_t together = quotientUp(kChunk, length);
    for (int64_t run = 0; run < runs; run += together) body(run, least(run + together, runs), 0, length);
  }

  // The sum of term(offset, left) in the lanes
  template <class Term>
  LR_ELEM float sum(int64_t run, int64_t lastRun, int64_t begin, int64_t end, const Term& term) const {
    Lanes total(0.0f);
    for (; run < lastRun; ++run) {
      for (int64_t i = begin; i < end; i += kSumLanes) {
        const Lanes terms = term(run * step + i, end - i);
        for (int j = 0; j < Lanes::kVectors; ++j) total.v[j] += terms.v[j];
      }
    }
    return total.sum();
  }

  Statistics statistics(const float* x) const {
    Statistics result;
    forEachChunk([&](int64_t run, int64_t lastRun, int64_t begin, int64_t end) {
      const double n = static_cast<double>((lastRun - run) * (end - begin));
      const double mean =
          sum(run, lastRun, begin, end,
              [&](int64_t i, int64_t left) { return lanesOr(x + i, left, 0.0f, xEnd - (x + i)); }) /
          n;
      const float center = static_cast<float>(mean);
      const double squares = sum(run, lastRun, begin, end, [&](int64_t i, int64_t left) {
        Lanes terms = lanesOr(x + i, left, center, xEnd - (x + i));
        for (int j = 0; j < Lanes::kVectors; ++j) {
          const vec difference = terms.v[j] - center;
          terms.v[j] = difference * difference;
        }
        return terms;
      });
      // The squares are about the rounded mean.
      result.merge(n, mean, squares - n * (mean - center) * (mean - center));
    });
    return result;
  }
};

float scaleOf(double variance, double eps) { return static_cast<float>(1 / __builtin_sqrt(variance + eps)); }

// The sums of dy and of dy · (x - mean) over runs
struct NormSums {
  double dy = 0, dyx = 0;
};
NormSums gradientSums(const NormRuns& of, const float* x, float mean, const float* dy) {
  NormSums result;
  of.forEachChunk([&](int64_t run, int64_t lastRun, int64_t begin, int64_t end) {
    Lanes sum(0.0f), sumX(0.0f);
    for (; run < lastRun; ++run) {
      for (int64_t i = run * of.step + begin, last = run * of.step + end; i < last; i += kSumLanes) {
        const int64_t readable = of.xEnd - (x + i);
        const Lanes g = lanesOr(dy + i, last - i, 0.0f, readable),
                    values = lanesOr(x + i, last - i, 0.0f, readable);
        for (int j = 0; j < Lanes::kVectors; ++j) {
          sum.v[j] += g.v[j];
          sumX.v[j] = fmadd(g.v[j], values.v[j] - mean, sumX.v[j]);
        }
      }
    }
    result.dy += sum.sum();
    result.dyx += sumX.sum();
  });
  return result;
}

// Gradients of sets of fewer elements than this nearly cancel (two elements always become 1 and -1), so they
// are taken in double, from x.
constexpr int64_t kSmallSet = kSumLanes;

// dx of `count` <= kSmallSet elements that are normalised together: the i-th is at(i) in x, dy and dx, and
// its weight is weightOf(i).
template <class At, class WeightOf>
void smallSetGradient(int64_t count, bool centered, double eps, const float* x, const float* dy, float* dx,
                      const At& at, const WeightOf& weightOf) {
  double normal[kSmallSet], gradient[kSmallSet], mean = 0, squares = 0, sum = 0, sumNormal = 0;
  const double n = static_cast<double>(count);
  for (int64_t i = 0; i < count; ++i) mean += x[at(i)];
  mean = centered ? mean / n : 0;
  for (int64_t i = 0; i < count; ++i) {
    normal[i] = x[at(i)] - mean;
    squares += normal[i] * normal[i];
  }
  const double rstd = 1 / __builtin_sqrt(squares / n + eps);
  for (int64_t i = 0; i < count; ++i) {
    normal[i] *= rstd;
    gradient[i] = double{dy[at(i)]} * weightOf(i);
    sum += gradient[i];
    sumNormal += gradient[i] * normal[i];
  }
  if (!centered) sum = 0;
  for (int64_t i = 0; i < count; ++i) {
    dx[at(i)] = static_cast<float>(rstd * (gradient[i] - sum / n - normal[i] * (sumNormal / n)));
  }
}

// The i-th parameter as a vector or one float, or 1 or 0 without parameters
template <class T>
LR_ELEM T parameterOr(const float* parameters, int64_t i, float otherwise) {
  return parameters != nullptr ? read<T>(parameters + i) : T{} + otherwise;
}

// x and y (rows, length), mean and rstd (rows)
void layerNormForward(const LayerNormShape& s, double eps, const float* x, const float* weight,
                      const float* bias, float* y, float* mean, float* rstd) {
  const int64_t length = s.length, perUnit = 16384 / length + 1;
  const float* xEnd = x + s.rows * length;
  parallel(quotientUp(s.rows, perUnit), [&](int64_t unit) {
    for (int64_t row = unit * perUnit; row < least((unit + 1) * perUnit, s.rows); ++row) {
      const float* from = x + row * length;
      float* to = y + row * length;
      float center = 0;
      if (s.centered != 0) {
        const Statistics statistics = NormRuns{1, length, 0, xEnd}.statistics(from);
        mean[row] = center = static_cast<float>(statistics.mean);
        rstd[row] = scaleOf(statistics.variance(), eps);
      } else {
        const double squares = laneSum(length, [&](int64_t i, int64_t left) {
          Lanes terms = lanesOr(from + i, left, 0.0f, xEnd - (from + i));
          for (int j = 0; j < Lanes::kVectors; ++j) terms.v[j] *= terms.v[j];
          return terms;
        });
        rstd[row] = scaleOf(squares / static_cast<double>(length), eps);
      }
      const float scale = rstd[row];
      forEachElement(0, length, [&](int64_t i, auto type) {
        using T = decltype(type);
        const T normal = (read<T>(from + i) - center) * scale;
        write(to + i, fmadd(normal, parameterOr<T>(weight, i, 1), parameterOr<T>(bias, i, 0)));
      });
    }
  });
}

// Rows are taken in at most 64 blocks, whose sums for dweight and dbias are added in order.
void layerNormBackward(const LayerNormShape& s, double eps, const float* x, const float* weight,
                       const float* mean, const float* rstd, const float* dy, float* dx, float* dweight,
                       float* dbias) {
  const int64_t length = s.length, rows = s.rows;
  const int64_t blockRows =
      quotientUp(rows, 64) < 16384 / length + 1 ? 16384 / length + 1 : quotientUp(rows, 64);
  const int64_t blocks = quotientUp(rows, blockRows);
  const float* xEnd = x + rows * length;
  float* partials = scratchOf<float>(kNormPartials, 2 * blocks * length);
  parallel(blocks, [&](int64_t block) {
    float *dw = partials + 2 * block * length, *db = dw + length;
    std::memset(dw, 0, sizeof(float) * 2 * length);
    for (int64_t row = block * blockRows; row < least((block + 1) * blockRows, rows); ++row) {
      const float *from = x + row * length, *gradients = dy + row * length;
      const float center = s.centered != 0 ? mean[row] : 0.0f, scale = rstd[row];
      float meanG = 0, meanGX = 0;
      const bool isSmall = length < kSmallSet;
      if (dx != nullptr && !isSmall) {
        NormSums sums;
        NormRuns{1, length, 0, xEnd}.forEachChunk([&](int64_t, int64_t, int64_t begin, int64_t end) {
          Lanes sum(0.0f), sumX(0.0f);
          for (int64_t i = begin; i < end; i += kSumLanes) {
            const int64_t readable = xEnd - (from + i);
            Lanes g = lanesOr(gradients + i, end - i, 0.0f, readable);
            const Lanes values = lanesOr(from + i, end - i, 0.0f, readable);
            if (weight != nullptr) {
              const Lanes w = lanesOr(weight + i, end - i, 0.0f, length - i);
              for (int j = 0; j < Lanes::kVectors; ++j) g.v[j] *= w.v[j];
            }
            for (int j = 0; j < Lanes::kVectors; ++j) {
              sum.v[j] += g.v[j];
              sumX.v[j] = fmadd(g.v[j], values.v[j] - center, sumX.v[j]);
            }
          }
          sums.dy += sum.sum();
          sums.dyx += sumX.sum();
        });
        const double n = static_cast<double>(length);
        meanG = s.centered != 0 ? static_cast<float>(sums.dy / n) : 0.0f;
        meanGX = static_cast<float>(sums.dyx * scale / n);
      }
      forEachElement(0, length, [&](int64_t i, auto type) {
        using T = decltype(type);
        const T g = read<T>(gradients + i), normal = (read<T>(from + i) - center) * scale;
        if (dx != nullptr && !isSmall) {
          write(dx + row * length + i, scale * (g * parameterOr<T>(weight, i, 1) - meanG - normal * meanGX));
        }
        write(dw + i, fmadd(g, normal, read<T>(dw + i)));
        write(db + i, read<T>(db + i) + g);
      });
      if (dx != nullptr && isSmall) {
        smallSetGradient(
            length, s.centered != 0, eps, from, gradients, dx + row * length, [](int64_t i) { return i; },
            [weight](int64_t i) { return parameterOr<float>(weight, i, 1); });
      }
    }
  });
  for (int64_t block = 1; block < blocks; ++block) {
    forEachElement(0, 2 * length, [&](int64_t i, auto type) {
      using T = decltype(type);
      write(partials + i, read<T>(partials + i) + read<T>(partials + 2 * block * length + i));
    });
  }
  if (dweight != nullptr) std::memcpy(dweight, partials, sizeof(float) * length);
  if (dbias != nullptr) std::memcpy(dbias, partials + length, sizeof(float) * length);
}

// to = (from - mean) · scale + shift
LR_ELEM void scaleRun(int64_t length, const float* from, float mean, float scale, float shift, float* to) {
  forEachElement(0, length, [&](int64_t i, auto type) {
    using T = decltype(type);
    write(to + i, fmadd(read<T>(from + i) - mean, T{} + scale, T{} + shift));
  });
}

// dx = scale · dy - constant - slope · (x - mean)
LR_ELEM void gradientRun(int64_t length, const float* x, const float* dy, float mean, float scale,
                         float constant, float slope, float* dx) {
  forEachElement(0, length, [&](int64_t i, auto type) {
    using T = decltype(type);
    const T rest = fmadd(read<T>(x + i) - mean, T{} + slope, T{} + constant);
    write(dx + i, fmadd(read<T>(dy + i), T{} + scale, -rest));
  });
}

// x and y (batch, channels, inner), mean and rstd (batch, groups)
void groupNormForward(const GroupNormShape& s, double eps, const float* x, const float* weight,
                      const float* bias, float* y, float* mean, float* rstd) {
  const int64_t inner = s.inner, channels = s.channels / s.groups, length = channels * inner;
  const int64_t sets = int64_t{s.batch} * s.groups, perUnit = 16384 / length + 1;
  parallel(quotientUp(sets, perUnit), [&](int64_t unit) {
    for (int64_t set = unit * perUnit; set < least((unit + 1) * perUnit, sets); ++set) {
      const Statistics statistics = NormRuns{1, length, 0, x + sets * length}.statistics(x + set * length);
      mean[set] = static_cast<float>(statistics.mean);
      rstd[set] = scaleOf(statistics.variance(), eps);
      for (int64_t c = 0; c < channels; ++c) {
        const int64_t channel = set % s.groups * channels + c, at = set * length + c * inner;
        scaleRun(inner, x + at, mean[set], rstd[set] * parameterOr<float>(weight, channel, 1),
                 parameterOr<float>(bias, channel, 0), y + at);
      }
    }
  });
}

void groupNormBackward(const GroupNormShape& s, double eps, const float* x, const float* weight,
                       const float* mean, const float* rstd, const float* dy, float* dx, float* dweight,
                       float* dbias) {
  const int64_t inner = s.inner, channels = s.channels / s.groups, length = channels * inner;
  const int64_t sets = int64_t{s.batch} * s.groups, perUnit = 16384 / length + 1;
  NormSums* planes = scratchOf<NormSums>(kNormPartials, int64_t{s.batch} * s.channels);
  parallel(quotientUp(sets, perUnit), [&](int64_t unit) {
    for (int64_t set = unit * perUnit; set < least((unit + 1) * perUnit, sets); ++set) {
      const float center = mean[set], scale = rstd[set];
      double sum = 0, sumX = 0;
      for (int64_t c = 0; c < channels; ++c) {
        const int64_t at = set * length + c * inner;
        const NormSums plane = gradientSums({1, inner, 0, x + sets * length}, x + at, center, dy + at);
        const double w = parameterOr<float>(weight, set % s.groups * channels + c, 1);
        planes[set * channels + c] = plane;
        sum += w * plane.dy;
        sumX += w * plane.dyx;
      }
      if (dx == nullptr) continue;
      if (length < kSmallSet) {
        const int64_t firstChannel = set % s.groups * channels;
        smallSetGradient(
            length, true, eps, x, dy, dx, [=](int64_t i) { return set * length + i; },
            [=](int64_t i) { return parameterOr<float>(weight, firstChannel + i / inner, 1); });
        continue;
      }
      const double n = static_cast<double>(length);
      const float constant = static_cast<float>(scale * sum / n);
      const float slope = static_cast<float>(double{scale} * scale * scale * sumX / n);
      for (int64_t c = 0; c < channels; ++c) {
        const int64_t at = set * length + c * inner;
        gradientRun(inner, x + at, dy + at, center,
                    scale * parameterOr<float>(weight, set % s.groups * channels + c, 1), constant, slope,
                    dx + at);
      }
    }
  });
  for (int64_t channel = 0; channel < s.channels; ++channel) {
    double dw = 0, db = 0;
    for (int64_t n = 0; n < s.batch; ++n) {
      const NormSums& plane = planes[n * s.channels + channel];
      dw += plane.dyx * rstd[n * s.groups + channel / channels];
      db += plane.dy;
    }
    if (dweight != nullptr) dweight[channel] = static_cast<float>(dw);
    if (dbias != nullptr) dbias[channel] = static_cast<float>(db);
  }
}

// x and y (batch, channels, inner), mean and variance (channels). Without an inner dimension, channels are
// columns.
void batchNormForward(const BatchNormShape& s, double eps, const float* x, const float* weight,
                      const float* bias, float* mean, float* variance, float* y) {
  const int64_t inner = s.inner, step = s.channels * inner, batch = s.batch;
  const bool columns = inner == 1;
  if (columns && s.training != 0) {
    const ReduceShape shape = {2, 1, {s.batch, s.channels}};
    reduceForward(kReduceMean, 0, shape, x, mean);
    reduceForward(kReduceVariance, 0, shape, x, variance);
  }
  if (columns) {
    float* scales = scratchOf<float>(kNormPartials, s.channels);
    for (int64_t c = 0; c < s.channels; ++c)
      scales[c] = scaleOf(variance[c], eps) * parameterOr<float>(weight, c, 1);
    const int64_t perUnit = 16384 / step + 1;
    parallel(quotientUp(batch, perUnit), [&](int64_t unit) {
      for (int64_t n = unit * perUnit; n < least((unit + 1) * perUnit, batch); ++n) {
        forEachElement(0, step, [&](int64_t c, auto type) {
          using T = decltype(type);
          write(y + n * step + c, fmadd(read<T>(x + n * step + c) - read<T>(mean + c), read<T>(scales + c),
                                        parameterOr<T>(bias, c, 0)));
        });
      }
    });
    return;
  }
  const int64_t perUnit = 16384 / (batch * inner) + 1;
  parallel(quotientUp(s.channels, perUnit), [&](int64_t unit) {
    for (int64_t c = unit * perUnit; c < least((unit + 1) * perUnit, s.channels); ++c) {
      if (s.training != 0) {
        const Statistics statistics =
            NormRuns{batch, inner, step, x + batch * step}.statistics(x + c * inner);
        mean[c] = static_cast<float>(statistics.mean);
        variance[c] = static_cast<float>(statistics.variance());
      }
      const float scale = scaleOf(variance[c], eps) * parameterOr<float>(weight, c, 1);
      for (int64_t n = 0; n < batch; ++n) {
        const int64_t at = n * step + c * inner;
        scaleRun(inner, x + at, mean[c], scale, parameterOr<float>(bias, c, 0), y + at);
      }
    }
  });
}

// The gradient where each channel has few elements
void batchNormSmallBackward(const BatchNormShape& s, double eps, const float* x, const float* weight,
                            const float* dy, float* dx) {
  const int64_t inner = s.inner, step = s.channels * inner, count = s.batch * inner;
  const int64_t perUnit = 16384 / count;
  parallel(quotientUp(s.channels, perUnit), [&](int64_t unit) {
    for (int64_t c = unit * perUnit; c < least((unit + 1) * perUnit, s.channels); ++c) {
      smallSetGradient(
          count, true, eps, x, dy, dx, [=](int64_t i) { return i / inner * step + c * inner + i % inner; },
          [=](int64_t) { return parameterOr<float>(weight, c, 1); });
    }
  });
}

// What the gradient of a channel is made of
struct BatchNormGradient {
  float scale, constant, slope;

  BatchNormGradient(const BatchNormShape& s, float rstd, float weight, const NormSums& sums)
      : scale(rstd * weight), constant(0), slope(0) {
    if (s.training == 0) return;
    const double n = static_cast<double>(s.batch) * s.inner;
    constant = static_cast<float>(scale * sums.dy / n);
    slope = static_cast<float>(double{scale} * rstd * rstd * sums.dyx / n);
  }
};

// The same where channels are columns, for kColumnPanel of them at a time
void batchNormColumnsBackward(const BatchNormShape& s, double eps, const float* x, const float* weight,
                              const float* mean, const float* variance, const float* dy, float* dx,
                              float* dweight, float* dbias) {
  const int64_t channels = s.channels;
  parallel(quotientUp(channels, kColumnPanel), [&](int64_t unit) {
    const int64_t first = unit * kColumnPanel, count = least(kColumnPanel, channels - first);
    NormSums sums[kColumnPanel];
    float scale[kColumnPanel], constant[kColumnPanel], slope[kColumnPanel];
    for (int64_t row = 0; row < s.batch; row += kSumRows) {
      float sum[kColumnPanel] = {}, sumX[kColumnPanel] = {};
      for (int64_t n = row; n < least(row + kSumRows, s.batch); ++n) {
        const float *from = x + n * channels + first, *gradients = dy + n * channels + first;
        forEachElement(0, count, [&](int64_t c, auto type) {
          using T = decltype(type);
          const T g = read<T>(gradients + c);
          write(sum + c, read<T>(sum + c) + g);
          write(sumX + c, fmadd(g, read<T>(from + c) - read<T>(mean + first + c), read<T>(sumX + c)));
        });
      }
      for (int64_t c = 0; c < count; ++c) {
        sums[c].dy += sum[c];
        sums[c].dyx += sumX[c];
      }
    }
    for (int64_t c = 0; c < count; ++c) {
      const float rstd = scaleOf(variance[first + c], eps);
      const BatchNormGradient gradient(s, rstd, parameterOr<float>(weight, first + c, 1), sums[c]);
      scale[c] = gradient.scale;
      constant[c] = gradient.constant;
      slope[c] = gradient.slope;
      if (dweight != nullptr) dweight[first + c] = static_cast<float>(sums[c].dyx * rstd);
      if (dbias != nullptr) dbias[first + c] = static_cast<float>(sums[c].dy);
    }
    if (dx == nullptr) return;
    for (int64_t n = 0; n < s.batch; ++n) {
      const int64_t at = n * channels + first;
      forEachElement(0, count, [&](int64_t c, auto type) {
        using T = decltype(type);
        const T rest =
            fmadd(read<T>(x + at + c) - read<T>(mean + first + c), read<T>(slope + c), read<T>(constant + c));
        write(dx + at + c, fmadd(read<T>(dy + at + c), read<T>(scale + c), -rest));
      });
    }
  });
}

void batchNormBackward(const BatchNormShape& s, double eps, const float* x, const float* weight,
                       const float* mean, const float* variance, const float* dy, float* dx, float* dweight,
                       float* dbias) {
  if (dx != nullptr && s.training != 0 && int64_t{s.batch} * s.inner < kSmallSet) {
    batchNormSmallBackward(s, eps, x, weight, dy, dx);
    dx = nullptr;
  }
  if (s.inner == 1) {
    return batchNormColumnsBackward(s, eps, x, weight, mean, variance, dy, dx, dweight, dbias);
  }
  const int64_t inner = s.inner, step = s.channels * inner, batch = s.batch;
  const int64_t perUnit = 16384 / (batch * inner) + 1;
  parallel(quotientUp(s.channels, perUnit), [&](int64_t unit) {
    for (int64_t c = unit * perUnit; c < least((unit + 1) * perUnit, s.channels); ++c) {
      const int64_t first = c * inner;
      const float rstd = scaleOf(variance[c], eps);
      const NormSums sums =
          gradientSums({batch, inner, step, x + batch * step}, x + first, mean[c], dy + first);
      if (dweight != nullptr) dweight[c] = static_cast<float>(sums.dyx * rstd);
      if (dbias != nullptr) dbias[c] = static_cast<float>(sums.dy);
      if (dx == nullptr) continue;
      const BatchNormGradient gradient(s, rstd, parameterOr<float>(weight, c, 1), sums);
      for (int64_t n = 0; n < batch; ++n) {
        const int64_t at = n * step + first;
        gradientRun(inner, x + at, dy + at, mean[c], gradient.scale, gradient.constant, gradient.slope,
                    dx + at);
      }
    }
  });
}

void movingAverage(int64_t n, double share, double factor, const float* x, float* y) {
  const float keep = static_cast<float>(1 - share), take = static_cast<float>(share * factor);
  parallelElements(n, [=](int64_t i, auto type) {
    using T = decltype(type);
    const T taken = take * read<T>(x + i);
    write(y + i, keep == 0 ? taken : fmadd(read<T>(y + i), T{} + keep, taken));
  });
}

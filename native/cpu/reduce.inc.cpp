// Sums whose order is a definition, and the reductions made of them. Sixteen lanes whatever the vector:
// element i in lane i mod 16, then lane i and lane i + 8, + 4, + 2, + 1; long arrays in chunks of kChunk
// whose sums are added in order, in double. Columns: row after row, in chunks of kSumRows rows, likewise. To
// add a reduction: its number in kernels.h, its pass and what is made of it below.

enum ReduceScratch {
  kPartialSums = 7,
  kLosses = 8,
  kStepUnits = 8,
  kReducePartials = 9,
  kReduceNumbers = 10,
  kNormPartials = 11,
  kSortKeys = 13
};

constexpr int kSumLanes = 16;
constexpr int64_t kChunk = 4096;
constexpr int64_t kSumRows = 256;
constexpr int64_t kColumnPanel = 256;

LR_ELEM int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
LR_ELEM int64_t quotientUp(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Sixteen lanes as the vectors of this instruction set
struct Lanes {
  static constexpr int kVectors = kSumLanes / kLanes;
  static constexpr int32_t kIndex[kSumLanes] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  vec v[kVectors];

  explicit Lanes(float fill) {
    for (int i = 0; i < kVectors; ++i) v[i] = broadcast(fill);
  }
  // The 16 floats at p
  explicit Lanes(const float* p) {
    for (int i = 0; i < kVectors; ++i) v[i] = load(p + i * kLanes);
  }
  // The first `count` floats at p, and `fill` beyond them. `readable`: how many floats the array has from p
  // on.
  Lanes(const float* p, int64_t count, float fill, int64_t readable) {
    float copy[kSumLanes];
    if (readable < kSumLanes) {
      for (int i = 0; i < kSumLanes; ++i) copy[i] = i < readable ? p[i] : fill;
      p = copy;
    }
    const int32_t bound = static_cast<int32_t>(count < kSumLanes ? count : kSumLanes);
    for (int i = 0; i < kVectors; ++i) {
      v[i] = indexOf(i) < bound ? load(p + i * kLanes) : broadcast(fill);
    }
  }
  // The numbers of the lanes of the i-th vector
  static ivec indexOf(int i) {
    ivec index;
    std::memcpy(&index, kIndex + i * kLanes, sizeof index);
    return index;
  }
  void storeTo(float* p) const {
    for (int i = 0; i < kVectors; ++i) store(p + i * kLanes, v[i]);
  }
  // The first `count`
  void storeTo(float* p, int64_t count) const {
    if (count >= kSumLanes) return storeTo(p);
    float lanes[kSumLanes];
    storeTo(lanes);
    std::memcpy(p, lanes, sizeof(float) * count);
  }
  // The lanes joined by the tree
  template <class Join>
  LR_ELEM float joined(const Join& join) const {
    float lanes[kSumLanes];
    storeTo(lanes);
    for (int width = kSumLanes / 2; width > 0; width /= 2) {
      for (int i = 0; i < width; ++i) lanes[i] = join(lanes[i], lanes[i + width]);
    }
    return lanes[0];
  }
  float sum() const {
    return joined([](float a, float b) { return a + b; });
  }
  float max() const {
    return joined([](float a, float b) { return b > a ? b : a; });
  }
};

// The n floats at p, zero beyond the `left` that remain of its array
LR_ELEM Lanes lanesAt(const float* p, int64_t left) {
  return left >= kSumLanes ? Lanes(p) : Lanes(p, left, 0.0f, left);
}

// Sum over [begin, end) of terms: term(i, left) is the Lanes of the terms from i on, zero beyond the `left`
// that remain.
template <class Term>
LR_ELEM float sumLanes(int64_t begin, int64_t end, const Term& term) {
  Lanes total(0.0f);
  for (int64_t i = begin; i < end; i += kSumLanes) {
    const Lanes terms = term(i, end - i);
    for (int j = 0; j < Lanes::kVectors; ++j) total.v[j] += terms.v[j];
  }
  return total.sum();
}

// Sum of n terms in chunks, over the threads
template <class Term>
double sumChunks(int64_t n, const Term& term) {
  const int64_t chunks = quotientUp(n, kChunk);
  float* partial = scratchOf<float>(kPartialSums, chunks);
  parallel(chunks, [&](int64_t chunk) {
    partial[chunk] = sumLanes(chunk * kChunk, least((chunk + 1) * kChunk, n), term);
  });
  double total = 0;
  for (int64_t chunk = 0; chunk < chunks; ++chunk) total += partial[chunk];
  return total;
}

double sumOf(int64_t n, const float* x) {
  return sumChunks(n, [x](int64_t i, int64_t left) { return lanesAt(x + i, left); });
}

// A pass over the elements of an output: what is taken of an element x, where c is what an earlier pass found
// for the output; how two such are joined; and what an output starts from.
struct SumPass {
  static constexpr float kEmpty = 0;
  template <class T>
  LR_ELEM T of(T x, T) const {
    return x;
  }
  template <class T>
  LR_ELEM T join(T a, T b) const {
    return a + b;
  }
};
// What is not a sum of x itself but of a function of it
template <class Function>
struct SumOfPass : SumPass {
  Function function;
  explicit SumOfPass(Function f) : function(f) {}
  template <class T>
  LR_ELEM T of(T x, T c) const {
    return function(x, c);
  }
};
struct ProdPass {
  static constexpr float kEmpty = 1;
  template <class T>
  LR_ELEM T of(T x, T) const {
    return x;
  }
  template <class T>
  LR_ELEM T join(T a, T b) const {
    return a * b;
  }
};
struct NonzeroProdPass : ProdPass {
  template <class T>
  LR_ELEM T of(T x, T) const {
    return x == 0.0f ? T{} + 1.0f : x;
  }
};
// The largest (Sign 1) or smallest (Sign -1) element or magnitude; a NaN stays
template <int Sign, bool Magnitude = false>
struct ExtremePass {
  static constexpr float kEmpty = Sign > 0 ? -__builtin_inff() : __builtin_inff();
  template <class T>
  LR_ELEM T of(T x, T) const {
    return Magnitude ? magnitudeOf(x) : x;
  }
  template <class T>
  LR_ELEM T join(T a, T b) const {
    const T most = Sign > 0 ? (b > a ? b : a) : (b < a ? b : a);
    return b != b ? b : most;
  }
};

// The kept and reduced dimensions of a ReduceShape. The outputs are (outputs, width), width the innermost
// dimension where it is kept, else 1; the elements of one are `runs` runs of `length`, which is the innermost
// dimension where it is reduced, else 1.
struct ReduceWalk {
  struct Dims {
    int count = 0;
    int64_t lengths[kReduceDims], strides[kReduceDims];
    int64_t size() const {
      int64_t size = 1;
      for (int d = 0; d < count; ++d) size *= lengths[d];
      return size;
    }
    // In x, of the i-th index of these dimensions
    LR_ELEM int64_t offset(int64_t i) const {
      if (count == 0) return 0;
      int64_t offset = 0;
      int d = count - 1;
      for (; d > 0; --d) {
        offset += i % lengths[d] * strides[d];
        i /= lengths[d];
      }
      return offset + i * strides[0];
    }
  };
  Dims kept, reduced;
  int64_t outputs, width = 1, runs, length = 1, size = 1;

  explicit ReduceWalk(const ReduceShape& s) {
    int64_t strides[kReduceDims];
    for (int d = s.dims; d-- > 0; size *= s.lengths[d]) strides[d] = size;
    for (int d = 0; d < s.dims; ++d) {
      const bool isReduced = (d % 2 == 0) == (s.firstReduced != 0);
      if (d == s.dims - 1) {
        (isReduced ? length : width) = s.lengths[d];
        continue;
      }
      Dims& dims = isReduced ? reduced : kept;
      dims.lengths[dims.count] = s.lengths[d];
      dims.strides[dims.count++] = strides[d];
    }
    outputs = kept.size();
    runs = reduced.size();
  }
  int64_t elements() const { return runs * length; }

  // Runs are taken together in groups of about kChunk elements, or kSumRows rows of columns; a longer run is
  // cut. Groups are taken together in blocks of 65536 elements or more, the units of what is large.
  int64_t panel() const { return least(width, kColumnPanel); }
  int64_t chunksPerRun() const { return width > 1 ? 1 : quotientUp(length, kChunk); }
  int64_t runsPerGroup() const {
    return width > 1 ? kSumRows : length >= kChunk ? 1 : quotientUp(kChunk, length);
  }
  int64_t groups() const { return quotientUp(runs, runsPerGroup()) * chunksPerRun(); }
  int64_t groupsPerBlock() const {
    return width > 1 ? quotientUp(65536, kSumRows * panel()) : 65536 / kChunk;
  }
  int64_t blocks() const { return quotientUp(groups(), groupsPerBlock()); }
};

// Joins the elements of a contiguous output in groups [begin, end); c: what an earlier pass found for it
template <class Pass>
double joinRuns(const ReduceWalk& walk, const float* x, const float* xEnd, int64_t begin, int64_t end,
                const Pass& pass, float c) {
  if (walk.runs == 1 && walk.length < kSumLanes) {
    float total = Pass::kEmpty;
    for (int64_t i = 0; i < walk.length; ++i) total = pass.join(total, pass.of(x[i], c));
    return total;
  }
  const int64_t chunks = walk.chunksPerRun(), runs = walk.runsPerGroup();
  const vec broadcastC = broadcast(c);
  double total = Pass::kEmpty;
  for (int64_t group = begin; group < end; ++group) {
    const int64_t firstRun = group / chunks * runs, first = group % chunks * kChunk;
    const int64_t last = chunks == 1 ? walk.length : least(first + kChunk, walk.length);
    Lanes lanes(Pass::kEmpty);
    for (int64_t run = firstRun; run < least(firstRun + runs, walk.runs); ++run) {
      const float* from = x + walk.reduced.offset(run);
      int64_t i = first;
      for (; i + kSumLanes <= last; i += kSumLanes) {
        for (int j = 0; j < Lanes::kVectors; ++j)
          lanes.v[j] = pass.join(lanes.v[j], pass.of(load(from + i + j * kLanes), broadcastC));
      }
      if (i == last) continue;
      const Lanes values(from + i, last - i, 0.0f, xEnd - (from + i));
      for (int j = 0; j < Lanes::kVectors; ++j) {
        const vec joined = pass.join(lanes.v[j], pass.of(values.v[j], broadcastC));
        lanes.v[j] = Lanes::indexOf(j) < static_cast<int32_t>(last - i) ? joined : lanes.v[j];
      }
    }
    total = pass.join(total, double{lanes.joined([&](float a, float b) { return pass.join(a, b); })});
  }
  return total;
}

// The same for `width` <= kColumnPanel adjacent outputs, whose elements are rows: total and c (width)
template <class Pass>
void joinRows(const ReduceWalk& walk, const float* x, int64_t width, int64_t begin, int64_t end,
              const Pass& pass, const float* c, double* total) {
  for (int64_t j = 0; j < width; ++j) total[j] = Pass::kEmpty;
  for (int64_t group = begin; group < end; ++group) {
    float sums[kColumnPanel];
    for (int64_t j = 0; j < width; ++j) sums[j] = Pass::kEmpty;
    const int64_t last = least((group + 1) * kSumRows, walk.runs);
    int64_t row = group * kSumRows;
    for (; row + 4 <= last; row += 4) {
      const float* const rows[] = {x + walk.reduced.offset(row), x + walk.reduced.offset(row + 1),
                                   x + walk.reduced.offset(row + 2), x + walk.reduced.offset(row + 3)};
      forEachElement(0, width, [&](int64_t j, auto type) {
        using T = decltype(type);
        const T found = c != nullptr ? read<T>(c + j) : T{};
        T sum = read<T>(sums + j);
        for (const float* from : rows) sum = pass.join(sum, pass.of(read<T>(from + j), found));
        write(sums + j, sum);
      });
    }
    for (; row < last; ++row) {
      const float* from = x + walk.reduced.offset(row);
      forEachElement(0, width, [&](int64_t j, auto type) {
        using T = decltype(type);
        const T found = c != nullptr ? read<T>(c + j) : T{};
        write(sums + j, pass.join(read<T>(sums + j), pass.of(read<T>(from + j), found)));
      });
    }
    for (int64_t j = 0; j < width; ++j) total[j] = pass.join(total[j], double{sums[j]});
  }
}

// Calls body(first output, its first element in x, adjacent outputs, first group, end of the groups, block)
// over the threads, for all outputs and all blocks of their groups. Where an output has one block, `body`
// may finish it.
template <class Body>
void forEachBlock(const ReduceWalk& walk, const Body& body) {
  const int64_t blocks = walk.blocks(), panel = walk.panel(), panels = quotientUp(walk.width, panel);
  const int64_t items = walk.outputs * panels * blocks;
  const int64_t perUnit = 32768 / (walk.elements() / blocks * panel + 1) + 1;
  parallel(quotientUp(items, perUnit), [&](int64_t unit) {
    for (int64_t item = unit * perUnit; item < least((unit + 1) * perUnit, items); ++item) {
      const int64_t block = item % blocks, o = item / blocks / panels, first = item / blocks % panels * panel;
      body(o * walk.width + first, walk.kept.offset(o) + first, least(panel, walk.width - first),
           block * walk.groupsPerBlock(), least((block + 1) * walk.groupsPerBlock(), walk.groups()), block);
    }
  });
}

// One pass: found[o] = finish(the elements of output o joined, c[o]); c may be null.
template <class Pass, class Finish>
void reducePass(const ReduceWalk& walk, const float* x, const Pass& pass, const float* c, float* found,
                const Finish& finish) {
  const int64_t blocks = walk.blocks(), outputs = walk.outputs * walk.width;
  double* partials = blocks > 1 ? scratchOf<double>(kReducePartials, blocks * outputs) : nullptr;
  forEachBlock(walk, [&](int64_t output, int64_t first, int64_t count, int64_t begin, int64_t end,
                         int64_t block) {
    double total[kColumnPanel];
    if (walk.width == 1) {
      *total = joinRuns(walk, x + first, x + walk.size, begin, end, pass, c != nullptr ? c[output] : 0.0f);
    } else {
      joinRows(walk, x + first, count, begin, end, pass, c != nullptr ? c + output : nullptr, total);
    }
    for (int64_t j = 0; j < count; ++j) {
      if (blocks > 1) {
        partials[block * outputs + output + j] = total[j];
      } else {
        found[output + j] = finish(total[j], c != nullptr ? c[output + j] : 0.0f);
      }
    }
  });
  if (blocks == 1) return;
  for (int64_t o = 0; o < outputs; ++o) {
    double total = partials[o];
    for (int64_t block = 1; block < blocks; ++block) total = pass.join(total, partials[block * outputs + o]);
    found[o] = finish(total, c != nullptr ? c[o] : 0.0f);
  }
}

struct AsFloat {
  LR_ELEM float operator()(double total, float) const { return static_cast<float>(total); }
};

float* reduceNumbers(const ReduceWalk& walk, int which) {
  const int64_t outputs = walk.outputs * walk.width;
  return scratchOf<float>(kReduceNumbers, 2 * outputs) + which * outputs;
}

double varianceDivisor(double correction, const ReduceWalk& walk) {
  const double divisor = static_cast<double>(walk.elements()) - correction;
  return divisor > 0 ? divisor : 0;
}

// |x| / c to the power of p, where c is the magnitude that is the largest for p > 0 and the smallest below
template <class T>
LR_ELEM T powerOf(T x, T c, float p) {
  const T t = magnitudeOf(x) / c;
  return t < 1e-37f ? T{} : expOf(p * logOf(t));
}

// Calls body(pass) with the pass that finds the largest magnitude, or the smallest where p is below zero.
template <class Body>
void withExtremeMagnitude(double p, const Body& body) {
  if (p > 0) return body(ExtremePass<1, true>{});
  body(ExtremePass<-1, true>{});
}

void normForward(double p, const ReduceWalk& walk, const float* x, float* y) {
  const auto sum = [&](auto function, const auto& finish) {
    reducePass(walk, x, SumOfPass<decltype(function)>(function), nullptr, y, finish);
  };
  if (p == 1) return sum([](auto t, auto) { return magnitudeOf(t); }, AsFloat{});
  if (p == 2) {
    return sum([](auto t, auto) { return t * t; },
               [](double total, float) { return static_cast<float>(__builtin_sqrt(total)); });
  }
  if (p == 0) {
    return sum([](auto t, auto) { return t == 0.0f ? decltype(t){} : decltype(t){} + 1.0f; }, AsFloat{});
  }
  float* scale = p - p != 0 ? y : reduceNumbers(walk, 0);
  withExtremeMagnitude(p, [&](const auto& pass) { reducePass(walk, x, pass, nullptr, scale, AsFloat{}); });
  if (scale == y) return;
  const float power = static_cast<float>(p);
  const auto function = [power](auto t, auto c) { return powerOf(t, c, power); };
  reducePass(walk, x, SumOfPass<decltype(function)>(function), scale, y, [power](double total, float c) {
    if (!(c > 0 && c < __builtin_inff())) return c;
    return c * expOf(logOf(static_cast<float>(total)) / power);
  });
}

void reduceForward(int32_t kind, double a, const ReduceShape& s, const float* x, float* y) {
  const ReduceWalk walk(s);
  const double count = static_cast<double>(walk.elements());
  const auto once = [&](const auto& pass, float* found, const auto& finish) {
    reducePass(walk, x, pass, nullptr, found, finish);
  };
  const auto meanOf = [count](double total, float) { return static_cast<float>(total / count); };
  switch (kind) {
    case kReduceSum:
      return once(SumPass{}, y, AsFloat{});
    case kReduceMean:
      return once(SumPass{}, y, meanOf);
    case kReduceProd:
      return once(ProdPass{}, y, AsFloat{});
    case kReduceMax:
      return once(ExtremePass<1>{}, y, AsFloat{});
    case kReduceMin:
      return once(ExtremePass<-1>{}, y, AsFloat{});
    case kReduceVariance:
    case kReduceStd: {
      float* mean = reduceNumbers(walk, 0);
      once(SumPass{}, mean, meanOf);
      const auto square = [](auto t, auto c) { return (t - c) * (t - c); };
      const double divisor = varianceDivisor(a, walk);
      const bool isRoot = kind == kReduceStd;
      return reducePass(walk, x, SumOfPass<decltype(square)>(square), mean, y, [=](double total, float) {
        const double variance = total / divisor;
        return static_cast<float>(isRoot ? __builtin_sqrt(variance) : variance);
      });
    }
    case kReduceLogSumExp: {
      float* shift = reduceNumbers(walk, 0);
      once(ExtremePass<1>{}, shift,
           [](double most, float) { return most - most == 0 ? static_cast<float>(most) : 0.0f; });
      const auto exponential = [](auto t, auto c) { return expOf(t - c); };
      return reducePass(walk, x, SumOfPass<decltype(exponential)>(exponential), shift, y,
                        [](double total, float c) {
                          return total == 0 ? -__builtin_inff() : c + logOf(static_cast<float>(total));
                        });
    }
    case kReduceNorm:
      return normForward(a, walk, x, y);
  }
}

// dx = slope(x, c1, c2) for every element, c1 and c2 those of its output
template <class Slope>
void reduceSlopes(const ReduceWalk& walk, const float* x, const float* c1, const float* c2, float* dx,
                  const Slope& slope) {
  forEachBlock(walk, [&](int64_t output, int64_t first, int64_t count, int64_t begin, int64_t end, int64_t) {
    const int64_t runs = walk.runsPerGroup(), chunks = walk.chunksPerRun();
    for (int64_t group = begin; group < end; ++group) {
      const int64_t firstRun = group / chunks * runs, chunk = group % chunks * kChunk;
      const int64_t last = chunks == 1 ? walk.length : least(chunk + kChunk, walk.length);
      for (int64_t run = firstRun; run < least(firstRun + runs, walk.runs); ++run) {
        const int64_t at = first + walk.reduced.offset(run);
        if (walk.width == 1) {
          const float a = c1[output], b = c2[output];
          forEachElement(chunk, last, [&](int64_t i, auto type) {
            using T = decltype(type);
            write(dx + at + i, slope(read<T>(x + at + i), T{} + a, T{} + b));
          });
        } else {
          forEachElement(0, count, [&](int64_t j, auto type) {
            using T = decltype(type);
            write(dx + at + j,
                  slope(read<T>(x + at + j), read<T>(c1 + output + j), read<T>(c2 + output + j)));
          });
        }
      }
    }
  });
}

// numbers[o] = dy[o] / how many elements of output o are y[o], which is their maximum or minimum, or that of
// their magnitudes; NaN where that is NaN and not to be shared
template <bool Magnitude>
void shareAmongTies(const ReduceWalk& walk, bool sharesNan, const float* x, const float* y, const float* dy,
                    float* numbers) {
  const auto tie = [](auto t, auto c) {
    const auto size = Magnitude ? magnitudeOf(t) : t;
    const auto isNan = (size != size) & (c != c);
    return (size == c) | isNan ? decltype(t){} + 1.0f : decltype(t){};
  };
  reducePass(walk, x, SumOfPass<decltype(tie)>(tie), y, numbers, AsFloat{});
  for (int64_t o = 0; o < walk.outputs * walk.width; ++o) {
    numbers[o] = y[o] == y[o] || sharesNan ? dy[o] / numbers[o] : y[o];
  }
}

void normBackward(double p, const ReduceWalk& walk, const float* x, const float* y, const float* dy,
                  float* dx) {
  if (p == 0) {
    return reduceSlopes(walk, x, y, dy, dx, [](auto t, auto, auto) { return decltype(t){}; });
  }
  if (p == 1) {
    return reduceSlopes(walk, x, dy, dy, dx, [](auto t, auto g, auto) { return signOf(t) * g; });
  }
  if (p == 2) {
    return reduceSlopes(walk, x, dy, y, dx, [](auto t, auto g, auto norm) {
      return norm == 0.0f ? decltype(t){} : t / norm * g;
    });
  }
  if (p - p != 0) {
    float* share = reduceNumbers(walk, 0);
    shareAmongTies<true>(walk, true, x, y, dy, share);
    return reduceSlopes(walk, x, share, y, dx, [](auto t, auto g, auto norm) {
      return magnitudeOf(t) == norm ? signOf(t) * g : decltype(t){};
    });
  }
  const float power = static_cast<float>(p - 1);
  reduceSlopes(walk, x, dy, y, dx, [power](auto t, auto g, auto norm) {
    const auto slope = signOf(t) * powerOf(t, norm, power);
    return (t == 0.0f) | (norm == 0.0f) ? decltype(t){} : slope * g;
  });
}

void reduceBackward(int32_t kind, double a, const ReduceShape& s, const float* x, const float* y,
                    const float* dy, float* dx) {
  const ReduceWalk walk(s);
  const int64_t outputs = walk.outputs * walk.width;
  float *first = reduceNumbers(walk, 0), *second = reduceNumbers(walk, 1);
  switch (kind) {
    case kReduceSum:
      return reduceSlopes(walk, x, dy, dy, dx, [](auto, auto g, auto) { return g; });
    case kReduceMean: {
      const float count = static_cast<float>(walk.elements());
      for (int64_t o = 0; o < outputs; ++o) first[o] = dy[o] / count;
      return reduceSlopes(walk, x, first, first, dx, [](auto, auto g, auto) { return g; });
    }
    case kReduceProd: {
      const auto zero = [](auto t, auto) { return t == 0.0f ? decltype(t){} + 1.0f : decltype(t){}; };
      reducePass(walk, x, NonzeroProdPass{}, nullptr, first, AsFloat{});
      reducePass(walk, x, SumOfPass<decltype(zero)>(zero), nullptr, second, AsFloat{});
      for (int64_t o = 0; o < outputs; ++o) first[o] *= dy[o];
      return reduceSlopes(walk, x, first, second, dx, [](auto t, auto g, auto zeros) {
        using T = decltype(t);
        const T others = (t == 0.0f) & (zeros == 1.0f) ? g : T{};
        return zeros == 0.0f ? g / t : others;
      });
    }
    case kReduceMax:
    case kReduceMin:
      shareAmongTies<false>(walk, a == 0, x, y, dy, first);
      return reduceSlopes(walk, x, first, y, dx, [](auto t, auto g, auto extreme) {
        return (t == extreme) | (g != g) | ((t != t) & (extreme != extreme)) ? g : decltype(t){};
      });
    case kReduceVariance:
    case kReduceStd: {
      reduceForward(kReduceMean, 0, s, x, second);
      const double divisor = varianceDivisor(a, walk);
      for (int64_t o = 0; o < outputs; ++o) {
        const double ofVariance = kind == kReduceVariance ? 1 : y[o] == 0 ? 0 : 0.5 / y[o];
        first[o] = static_cast<float>(2 * dy[o] * ofVariance / divisor);
      }
      return reduceSlopes(walk, x, first, second, dx,
                          [](auto t, auto g, auto mean) { return g * (t - mean); });
    }
    case kReduceLogSumExp:
      return reduceSlopes(walk, x, dy, y, dx,
                          [](auto t, auto g, auto total) { return expOf(t - total) * g; });
    case kReduceNorm:
      return normBackward(a, walk, x, y, dy, dx);
  }
}

// Over the threads, calls body(first lane, how many, offset of the first's first element): one lane at a time
// where inner is 1, else at most kColumnPanel adjacent ones.
template <class Body>
void forEachLanes(const AxisShape& s, const Body& body) {
  if (s.inner == 1) {
    const int64_t rows = 16384 / s.length + 1;
    parallel(quotientUp(s.outer, rows), [&](int64_t unit) {
      for (int64_t n = unit * rows; n < least((unit + 1) * rows, s.outer); ++n) body(n, 1, n * s.length);
    });
    return;
  }
  const int64_t panels = quotientUp(s.inner, kColumnPanel),
                perUnit = 16384 / (s.length * least(s.inner, kColumnPanel)) + 1;
  const int64_t items = s.outer * panels;
  parallel(quotientUp(items, perUnit), [&](int64_t unit) {
    for (int64_t item = unit * perUnit; item < least((unit + 1) * perUnit, items); ++item) {
      const int64_t n = item / panels, begin = item % panels * kColumnPanel;
      body(n * s.inner + begin, least(kColumnPanel, s.inner - begin), n * s.length * s.inner + begin);
    }
  });
}

// extreme and index (count): the maximum, or by Sign -1 the minimum, of each lane and its first position
template <int Sign>
void argExtremes(const AxisShape& s, int64_t count, const float* x, float* extreme, int32_t* index) {
  std::memcpy(extreme, x, sizeof(float) * count);
  std::memset(index, 0, sizeof(int32_t) * count);
  for (int32_t i = 1; i < s.length; ++i) {
    const float* row = x + i * int64_t{s.inner};
    for (int64_t j = 0; j < count; ++j) {
      const float a = extreme[j], b = row[j];
      const bool beyond = ((Sign > 0 ? b > a : b < a) | (b != b)) & (a == a);
      extreme[j] = beyond ? b : a;
      index[j] = beyond ? i : index[j];
    }
  }
}

// x (outer, length, inner), y and index (outer, inner)
void argReduce(int32_t kind, const AxisShape& s, const float* x, float* y, int32_t* index) {
  forEachLanes(s, [&](int64_t first, int64_t count, int64_t offset) {
    if (kind == kReduceMax) {
      argExtremes<1>(s, count, x + offset, y + first, index + first);
    } else {
      argExtremes<-1>(s, count, x + offset, y + first, index + first);
    }
  });
}

void argReduceBackward(const AxisShape& s, const float* dy, const int32_t* index, float* dx) {
  forEachLanes(s, [&](int64_t first, int64_t count, int64_t offset) {
    for (int32_t i = 0; i < s.length; ++i) {
      std::memset(dx + offset + i * int64_t{s.inner}, 0, sizeof(float) * count);
    }
    for (int64_t j = 0; j < count; ++j) dx[offset + index[first + j] * int64_t{s.inner} + j] = dy[first + j];
  });
}

void cumulativeSum(const AxisShape& s, int32_t reverse, const float* x, float* y) {
  forEachLanes(s, [&](int64_t, int64_t count, int64_t offset) {
    double sums[kColumnPanel];
    for (int64_t j = 0; j < count; ++j) sums[j] = 0;
    for (int32_t i = 0; i < s.length; ++i) {
      const int64_t row = offset + (reverse != 0 ? s.length - 1 - i : i) * int64_t{s.inner};
      for (int64_t j = 0; j < count; ++j) {
        sums[j] += x[row + j];
        y[row + j] = static_cast<float>(sums[j]);
      }
    }
  });
}

// out (cols) = column sums of x (rows, cols)
void columnSums(int64_t rows, int64_t cols, const float* x, float* out) {
  const ReduceShape shape = {cols == 1 ? 1 : 2, 1, {static_cast<int32_t>(rows), static_cast<int32_t>(cols)}};
  reduceForward(kReduceSum, 0, shape, x, out);
}

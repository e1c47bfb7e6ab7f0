// Sums whose order is a definition: 16 lanes whatever the vector, element i in lane i mod 16, then lane i
// plus lane i + 8, + 4, + 2, + 1; long arrays in chunks of kChunk whose sums are added in order, in double.

enum ReduceScratch { kPartialSums = 7, kLosses = 8, kStepUnits = 8 };

constexpr int kSumLanes = 16;
constexpr int64_t kChunk = 4096;

// Sixteen lanes as the vectors of this instruction set
struct Lanes {
  static constexpr int kVectors = kSumLanes / kLanes;
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
    static constexpr int32_t kIndex[kSumLanes] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const int32_t bound = static_cast<int32_t>(count < kSumLanes ? count : kSumLanes);
    for (int i = 0; i < kVectors; ++i) {
      ivec index;
      std::memcpy(&index, kIndex + i * kLanes, sizeof index);
      v[i] = index < bound ? load(p + i * kLanes) : broadcast(fill);
    }
  }
  void storeTo(float* p) const {
    for (int i = 0; i < kVectors; ++i) store(p + i * kLanes, v[i]);
  }
  float sum() const {
    float lanes[kSumLanes];
    storeTo(lanes);
    for (int width = kSumLanes / 2; width > 0; width /= 2) {
      for (int i = 0; i < width; ++i) lanes[i] += lanes[i + width];
    }
    return lanes[0];
  }
  float max() const {
    float lanes[kSumLanes];
    storeTo(lanes);
    float most = lanes[0];
    for (int i = 1; i < kSumLanes; ++i) most = lanes[i] > most ? lanes[i] : most;
    return most;
  }
};

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
  const int64_t chunks = (n + kChunk - 1) / kChunk;
  float* partial = scratchOf<float>(kPartialSums, chunks);
  parallel(chunks, [&](int64_t chunk) {
    const int64_t begin = chunk * kChunk;
    partial[chunk] = sumLanes(begin, begin + kChunk < n ? begin + kChunk : n, term);
  });
  double total = 0;
  for (int64_t chunk = 0; chunk < chunks; ++chunk) total += partial[chunk];
  return total;
}

double sumOf(int64_t n, const float* x) {
  return sumChunks(n, [x](int64_t i, int64_t left) {
    return left >= kSumLanes ? Lanes(x + i) : Lanes(x + i, left, 0.0f, left);
  });
}

// out (cols) = column sums of x (rows, cols): row after row, in chunks of kSumRows rows whose sums are added
// in order.
constexpr int64_t kSumRows = 256;

void columnSums(int64_t rows, int64_t cols, const float* x, float* out) {
  const int64_t panel = 64;
  parallel((cols + panel - 1) / panel, [&](int64_t unit) {
    const int64_t begin = unit * panel;
    const int64_t width = begin + panel < cols ? panel : cols - begin;
    float total[64] = {};
    for (int64_t row = 0; row < rows; row += kSumRows) {
      const int64_t end = row + kSumRows < rows ? row + kSumRows : rows;
      float sum[64] = {};
      for (int64_t r = row; r < end; ++r) {
        for (int64_t j = 0; j < width; ++j) sum[j] += x[r * cols + begin + j];
      }
      for (int64_t j = 0; j < width; ++j) total[j] += sum[j];
    }
    for (int64_t j = 0; j < width; ++j) out[begin + j] = total[j];
  });
}

// maxPool2d, avgPool2d, windows that spans describe, unfold and fold.
//
// maxPool2d: the maximum of each window and where it was; a NaN is a maximum. Columns go vector by vector for
// strides 1 and 2, those of other strides and of dilated windows one by one.

enum PoolScratch { kPoolLine = 12 };

constexpr int64_t kPoolUnit = 16384;  // input elements of a unit, at the least

LR_ELEM ivec laneNumbers() {
  ivec lanes;
  for (int i = 0; i < kLanes; ++i) lanes[i] = i;
  return lanes;
}

// p[0], p[stride], p[2 · stride], ...; reads nothing beyond the last
template <int kStride>
LR_ELEM vec loadEvery(const float* p) {
  if constexpr (kStride == 1) {
    return load(p);
  } else {
    const vec a = load(p), b = load(p + kLanes - 1);
#if LR_LANES == 4
    return __builtin_shufflevector(a, b, 0, 2, 5, 7);
#elif LR_LANES == 8
    return __builtin_shufflevector(a, b, 0, 2, 4, 6, 9, 11, 13, 15);
#else
    return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27, 29, 31);
#endif
  }
}

// p[0] = a[0], p[1] = b[0], p[2] = a[1], ...
LR_ELEM void storeInterleaved(float* p, vec a, vec b) {
#if LR_LANES == 4
  store(p, __builtin_shufflevector(a, b, 0, 4, 1, 5));
  store(p + kLanes, __builtin_shufflevector(a, b, 2, 6, 3, 7));
#elif LR_LANES == 8
  store(p, __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11));
  store(p + kLanes, __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15));
#else
  store(p, __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
  store(p + kLanes,
        __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31));
#endif
}

// The taps of a window along one axis that lie inside the image
struct TapRange {
  int32_t begin, end;
};
LR_ELEM TapRange tapsInside(int32_t first, int32_t kernel, int32_t dilation, int32_t size) {
  const int32_t begin = first < 0 ? (-first + dilation - 1) / dilation : 0;
  const int32_t end = first >= size ? 0 : (size - 1 - first) / dilation + 1;
  return {begin, end < kernel ? end : kernel};
}

// One output: x (H, W), the window that begins at (top, left)
LR_ELEM void poolWindow(const Pool2dShape& s, const float* x, int32_t top, int32_t left, float* y,
                        int32_t* index) {
  const TapRange rows = tapsInside(top, s.kernelHeight, s.dilationHeight, s.inHeight);
  const TapRange cols = tapsInside(left, s.kernelWidth, s.dilationWidth, s.inWidth);
  int32_t best = -1;
  float most = 0;
  for (int32_t ky = rows.begin; ky < rows.end; ++ky) {
    for (int32_t kx = cols.begin; kx < cols.end; ++kx) {
      const int32_t at = (top + ky * s.dilationHeight) * s.inWidth + left + kx * s.dilationWidth;
      const float value = x[at];
      if (best < 0 || value > most || value != value) {
        best = at;
        most = value;
      }
    }
  }
  *y = most;
  *index = best;
}

// Planes whose windows all reach into the image, by vectors of columns. Rows of x are read on both sides of
// the image where a window reaches beyond it; what is read there counts as -infinity.
template <int kStride, int kKernel>
struct MaxPoolPlane {
  const Pool2dShape& s;
  const float* x;
  int32_t kernelHeight, kernelWidth;

  // Of kLanes windows the tap at this row, in the first one at this column
  template <bool kEdge>
  LR_ELEM vec tap(int32_t row, int32_t col) const {
    const vec value = loadEvery<kStride>(x + int64_t{row} * s.inWidth + col);
    if constexpr (!kEdge) return value;
    const ivec cols = laneNumbers() * kStride + col;
    return (cols < 0) | (cols >= s.inWidth) ? broadcast(-__builtin_inff()) : value;
  }

  // The first maximum of kLanes windows from column `left` of the rows [begin, end) on, and where it was
  template <bool kEdge>
  LR_ELEM void inOrder(int32_t begin, int32_t end, int32_t left, vec& most, ivec& best) const {
    const ivec first = laneNumbers() * kStride + left;
    best = begin * s.inWidth + (first < 0 ? ivec{} : first);
    most = broadcast(-__builtin_inff());
    for (int32_t row = begin; row < end; ++row) {
      for (int32_t kx = 0; kx < kernelWidth; ++kx) {
        const vec value = tap<kEdge>(row, left + kx);
        const ivec at = first + (row * s.inWidth + kx);
        best = value > most ? at : best;
        most = value > most ? value : most;
        best = value != value ? at : best;
        most = value != value ? value : most;
      }
    }
  }

  // The same for whole windows of kKernel by kKernel: first the maximum, then where it is, so that no
  // comparison waits for another. `check` is a NaN where there may be one, or where there are infinities
  // alone, among which those beside the image do not count.
  template <bool kEdge>
  LR_ELEM void square(int32_t top, int32_t left, vec& most, ivec& best, vec& check) const {
    constexpr int kTaps = kKernel * kKernel;
    vec value[kTaps];
#pragma GCC unroll 16
    for (int i = 0; i < kTaps; ++i) value[i] = tap<kEdge>(top + i / kKernel, left + i % kKernel);
    most = value[0];
    vec sum = value[0];
#pragma GCC unroll 16
    for (int i = 1; i < kTaps; ++i) {
      most = value[i] > most ? value[i] : most;
      sum += value[i];
    }
    check = sum + (most - most);
    const ivec first = laneNumbers() * kStride + (top * s.inWidth + left);
    best = first + (kKernel - 1) * (s.inWidth + 1);
#pragma GCC unroll 16
    for (int i = kTaps - 2; i >= 0; --i) {
      best = value[i] == most ? first + (i / kKernel * s.inWidth + i % kKernel) : best;
    }
  }

  // The first `count` of kLanes outputs
  template <bool kEdge>
  LR_ELEM void outputs(int32_t top, int32_t left, int32_t count, vec& most, ivec& best) const {
    if constexpr (kKernel > 0) {
      if (top >= 0 && top + kKernel <= s.inHeight) {
        vec check;
        square<kEdge>(top, left, most, best, check);
        if (!hasNaN(laneNumbers() < count ? check : vec{})) return;
      }
    }
    const int32_t begin = top < 0 ? 0 : top;
    const int32_t end = top + kernelHeight < s.inHeight ? top + kernelHeight : s.inHeight;
    inOrder<kEdge>(begin, end, left, most, best);
  }

  LR_NOINLINE void run(float* y, int32_t* index) const {
    const int32_t count = s.outWidth < kLanes ? s.outWidth : kLanes;
    for (int32_t row = 0; row < s.outHeight; ++row) {
      const int32_t top = row * s.strideHeight - s.padTop;
      vec most;
      ivec best;
      for (int32_t col = 0; col < s.outWidth; col += kLanes) {
        if (col > 0 && col > s.outWidth - kLanes) col = s.outWidth - kLanes;
        const int32_t left = col * kStride - s.padLeft, right = left + (count - 1) * kStride + kernelWidth;
        left >= 0 && right <= s.inWidth ? outputs<false>(top, left, count, most, best)
                                        : outputs<true>(top, left, count, most, best);
        // A whole vector where what it writes too much is a row to come.
        if (s.outWidth >= kLanes || (s.outHeight - row) * s.outWidth >= kLanes) {
          store(y + col, most);
          std::memcpy(index + col, &best, sizeof best);
        } else {
          storePartial(y, s.outWidth, most);
          std::memcpy(index, &best, sizeof *index * s.outWidth);
        }
      }
      y += s.outWidth;
      index += s.outWidth;
    }
  }
};

constexpr int32_t kPoolKernel = 1024;  // rows and columns of a window, at the most, that vectors take

// Whether every window has a row and a column inside of the image
bool reachesImage(const Pool2dShape& s) {
  const auto reaches = [](int32_t pad, int32_t kernel, int32_t windows, int32_t stride, int32_t size) {
    return pad >= 0 && pad < kernel && kernel <= kPoolKernel && int64_t{windows - 1} * stride - pad < size;
  };
  return reaches(s.padTop, s.kernelHeight, s.outHeight, s.strideHeight, s.inHeight) &&
         reaches(s.padLeft, s.kernelWidth, s.outWidth, s.strideWidth, s.inWidth);
}

// `before` floats before x and `after` from x on may be read.
template <int kStride, int kKernel>
void poolPlane(const Pool2dShape& s, const float* x, int64_t before, int64_t after, float* y,
               int32_t* index) {
  const int32_t kernelHeight = kKernel > 0 ? kKernel : s.kernelHeight,
                kernelWidth = kKernel > 0 ? kKernel : s.kernelWidth;
  const int32_t last = s.outWidth < kLanes ? 0 : s.outWidth - kLanes;
  const int64_t size = int64_t{s.inHeight} * s.inWidth;
  const int64_t width = int64_t{last + kLanes - 1} * kStride - s.padLeft + kernelWidth;
  if (before < s.padLeft || after < size - s.inWidth + width) {
    const int64_t beyond = width > s.inWidth ? width - s.inWidth : 0;
    float* copy = scratchOf<float>(kPoolLine, s.padLeft + size + beyond);
    for (int32_t i = 0; i < s.padLeft; ++i) copy[i] = 0;
    std::memcpy(copy + s.padLeft, x, sizeof(float) * size);
    for (int64_t i = 0; i < beyond; ++i) copy[s.padLeft + size + i] = 0;
    x = copy + s.padLeft;
  }
  MaxPoolPlane<kStride, kKernel>{s, x, kernelHeight, kernelWidth}.run(y, index);
}

// Windows one by one
void poolEach(const Pool2dShape& s, const float* x, int64_t, int64_t, float* y, int32_t* index) {
  for (int32_t row = 0; row < s.outHeight; ++row) {
    for (int32_t col = 0; col < s.outWidth; ++col) {
      poolWindow(s, x, row * s.strideHeight - s.padTop, col * s.strideWidth - s.padLeft, y++, index++);
    }
  }
}

using PoolPlane = void (*)(const Pool2dShape&, const float*, int64_t, int64_t, float*, int32_t*);

template <int kStride>
PoolPlane poolPlaneOf(const Pool2dShape& s) {
  if (s.kernelHeight != s.kernelWidth) return poolPlane<kStride, 0>;
  return s.kernelWidth == 2   ? poolPlane<kStride, 2>
         : s.kernelWidth == 3 ? poolPlane<kStride, 3>
                              : poolPlane<kStride, 0>;
}

PoolPlane poolPlaneOf(const Pool2dShape& s) {
  if (s.dilationHeight != 1 || s.dilationWidth != 1 || !reachesImage(s)) return poolEach;
  return s.strideWidth == 1 ? poolPlaneOf<1>(s) : s.strideWidth == 2 ? poolPlaneOf<2>(s) : poolEach;
}

// Calls body(plane) for every plane of `size` elements, over the threads
template <class Body>
void parallelPlanes(int64_t planes, int64_t size, const Body& body) {
  const int64_t perUnit = size < kPoolUnit ? kPoolUnit / size : 1;
  parallel((planes + perUnit - 1) / perUnit, [&](int64_t unit) {
    for (int64_t plane = unit * perUnit; plane < (unit + 1) * perUnit && plane < planes; ++plane) body(plane);
  });
}

inline int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

// x (planes, H, W), y and index (planes, oh, ow)
void maxPool2dForward(const Pool2dShape& s, const float* x, float* y, int32_t* index) {
  const int64_t inPlane = int64_t{s.inHeight} * s.inWidth, outPlane = int64_t{s.outHeight} * s.outWidth;
  const PoolPlane pool = poolPlaneOf(s);
  parallelPlanes(s.planes, inPlane, [&](int64_t plane) {
    pool(s, x + plane * inPlane, plane * inPlane, (s.planes - plane) * inPlane, y + plane * outPlane,
         index + plane * outPlane);
  });
}

// Windows of 2 by 2 side by side and inside the image: a row of outputs is two rows of dx. readable: elements
// of dy and index
LR_NOINLINE void unpoolPairs(const Pool2dShape& s, const float* dy, const int32_t* index, int64_t readable,
                             int32_t row, float* dx) {
  float* upper = dx + int64_t{2} * row * s.inWidth;
  float* lower = upper + s.inWidth;
  int32_t col = 0;
  // The vector of a narrow row may write on into rows to come.
  const int64_t room = int64_t{s.inHeight - 2 * row - 1} * s.inWidth;
  const auto fits = [&](int32_t begin) {
    return begin + kLanes <= s.outWidth || (begin == 0 && kLanes <= readable && 2 * kLanes <= room);
  };
  for (; col < s.outWidth && fits(col); col += kLanes) {
    const vec gradient = load(dy + col);
    ivec at;
    std::memcpy(&at, index + col, sizeof at);
    at -= laneNumbers() * 2 + 2 * (row * s.inWidth + col);
    const vec zero = {};
    storeInterleaved(upper + 2 * col, at == 0 ? gradient : zero, at == 1 ? gradient : zero);
    storeInterleaved(lower + 2 * col, at == s.inWidth ? gradient : zero,
                     at == s.inWidth + 1 ? gradient : zero);
  }
  for (; col < s.outWidth; ++col) {
    upper[2 * col] = upper[2 * col + 1] = lower[2 * col] = lower[2 * col + 1] = 0.0f;
    dx[index[col]] = dy[col];
  }
  for (int32_t i = 2 * s.outWidth; i < s.inWidth; ++i) upper[i] = lower[i] = 0.0f;
}

// dy and index (planes, oh, ow), dx (planes, H, W)
void maxPool2dBackward(const Pool2dShape& s, const float* dy, const int32_t* index, float* dx) {
  const int64_t inPlane = int64_t{s.inHeight} * s.inWidth, outPlane = int64_t{s.outHeight} * s.outWidth;
  const bool pairs = s.kernelHeight == 2 && s.kernelWidth == 2 && s.strideHeight == 2 && s.strideWidth == 2 &&
                     s.dilationHeight == 1 && s.dilationWidth == 1 && s.padTop == 0 && s.padLeft == 0 &&
                     2 * s.outHeight <= s.inHeight && 2 * s.outWidth <= s.inWidth;
  parallelPlanes(s.planes, inPlane, [&](int64_t plane) {
    float* out = dx + plane * inPlane;
    if (pairs) {
      for (int32_t row = 0; row < s.outHeight; ++row) {
        const int64_t at = plane * outPlane + int64_t{row} * s.outWidth;
        unpoolPairs(s, dy + at, index + at, s.planes * outPlane - at, row, out);
      }
      const int64_t done = int64_t{2} * s.outHeight * s.inWidth;
      std::memset(out + done, 0, sizeof(float) * (inPlane - done));
      return;
    }
    std::memset(out, 0, sizeof(float) * inPlane);
    for (int64_t i = plane * outPlane; i < (plane + 1) * outPlane; ++i) out[index[i]] += dy[i];
  });
}

// dy (planes, H, W), index and dx (planes, oh, ow)
void maxUnpool2dBackward(const Pool2dShape& s, const float* dy, const int32_t* index, float* dx) {
  const int64_t inPlane = int64_t{s.inHeight} * s.inWidth, outPlane = int64_t{s.outHeight} * s.outWidth;
  parallelPlanes(s.planes, inPlane, [&](int64_t plane) {
    const float* from = dy + plane * inPlane;
    for (int64_t i = plane * outPlane; i < (plane + 1) * outPlane; ++i) dx[i] = from[index[i]];
  });
}

// Columns [first, last) whose windows have one length and lie `stride` apart; the others are single.
struct EvenColumns {
  int64_t first, last;
  int32_t begin, length, stride;  // of the first

  EvenColumns(int64_t count, const int32_t* columns) {
    const auto at = [=](int64_t i, int j) { return columns[i * 3 + j]; };
    const auto lengthOf = [=](int64_t i) { return at(i, 1) - at(i, 0); };
    const int64_t middle = count / 2;
    length = lengthOf(middle);
    stride = middle > 0 ? at(middle, 0) - at(middle - 1, 0) : 1;
    const auto alike = [=, this](int64_t i) {
      return lengthOf(i) == length && at(i, 2) == at(middle, 2) &&
             at(i, 0) == at(middle, 0) + (i - middle) * stride;
    };
    for (first = middle; first > 0 && alike(first - 1);) --first;
    for (last = middle + 1; last < count && alike(last);) ++last;
    begin = at(first, 0);
  }
};

// y[i] = (the sum of line over the columns of window i) / (rowCount · the count of its columns)
template <int kStride>
LR_NOINLINE void meanColumns(const EvenColumns& even, int64_t count, const int32_t* columns, float rowCount,
                             const float* line, float* y) {
  int64_t i = 0;
  const auto single = [&](int64_t until) {
    for (; i < until; ++i) {
      const int32_t* column = columns + i * 3;
      float sum = line[column[0]];
      for (int32_t w = column[0] + 1; w < column[1]; ++w) sum += line[w];
      y[i] = sum / (rowCount * static_cast<float>(column[2]));
    }
  };
  if constexpr (kStride > 0) {
    if (even.last - even.first >= kLanes) {
      single(even.first);
      const float divisor = rowCount * static_cast<float>(columns[even.first * 3 + 2]);
      while (i < even.last) {
        if (i > even.last - kLanes) i = even.last - kLanes;
        const float* from = line + even.begin + (i - even.first) * kStride;
        vec sum = loadEvery<kStride>(from);
        for (int32_t k = 1; k < even.length; ++k) sum += loadEvery<kStride>(from + k);
        store(y + i, sum / divisor);
        i += kLanes;
      }
    }
  }
  single(count);
}

// The sum of a window is that of its rows, one after another, then of its columns. x (planes, H, W), y
// (planes, oh, ow)
void avgPool2dForward(const Window2dShape& s, const int32_t* rows, const int32_t* columns, const float* x,
                      float* y) {
  const int64_t inPlane = int64_t{s.inHeight} * s.inWidth, outPlane = int64_t{s.outHeight} * s.outWidth;
  const EvenColumns even(s.outWidth, columns);
  const auto mean = even.stride == 1 ? meanColumns<1> : even.stride == 2 ? meanColumns<2> : meanColumns<0>;
  parallelPlanes(s.planes, inPlane, [&](int64_t plane) {
    float* line = scratchOf<float>(kPoolLine, s.inWidth);
    for (int64_t i = 0; i < s.outHeight; ++i) {
      const int32_t* row = rows + i * 3;
      const float* from = x + plane * inPlane + int64_t{row[0]} * s.inWidth;
      const float* sums = from;
      if (row[1] - row[0] > 1) {
        forEachElement(0, s.inWidth, [&](int64_t w, auto type) {
          using T = decltype(type);
          T sum = read<T>(from + w);
          for (int64_t h = 1; h < row[1] - row[0]; ++h) sum += read<T>(from + h * s.inWidth + w);
          write(line + w, sum);
        });
        sums = line;
      }
      mean(even, s.outWidth, columns, static_cast<float>(row[2]), sums,
           y + plane * outPlane + i * s.outWidth);
    }
  });
}

// dy (planes, oh, ow), dx (planes, H, W)
void avgPool2dBackward(const Window2dShape& s, const int32_t* rows, const int32_t* columns, const float* dy,
                       float* dx) {
  const int64_t inPlane = int64_t{s.inHeight} * s.inWidth, outPlane = int64_t{s.outHeight} * s.outWidth;
  const EvenColumns even(s.outWidth, columns);
  // Pairs of columns that no window before them covers are written, not added to.
  const bool pairs =
      even.stride == 2 && even.length == 2 && (even.first == 0 || columns[even.first * 3 - 2] <= even.begin);
  parallelPlanes(s.planes, inPlane, [&](int64_t plane) {
    float* line = scratchOf<float>(kPoolLine, s.inWidth);
    float* image = dx + plane * inPlane;
    int64_t written = 0;  // rows of the image before this one have a value
    for (int64_t i = 0; i < s.outHeight; ++i) {
      const int32_t* row = rows + i * 3;
      const float* gradient = dy + plane * outPlane + i * s.outWidth;
      std::memset(line, 0, sizeof(float) * s.inWidth);
      int64_t j = 0;
      const auto single = [&](int64_t until) {
        for (; j < until; ++j) {
          const int32_t* column = columns + j * 3;
          const float share = gradient[j] / (static_cast<float>(row[2]) * static_cast<float>(column[2]));
          for (int32_t w = column[0]; w < column[1]; ++w) line[w] += share;
        }
      };
      if (pairs) {
        single(even.first);
        const float divisor = static_cast<float>(row[2]) * static_cast<float>(columns[even.first * 3 + 2]);
        for (; j + kLanes <= even.last; j += kLanes) {
          const vec share = load(gradient + j) / divisor;
          float* to = line + even.begin + (j - even.first) * 2;
          storeInterleaved(to, share, share);
        }
      }
      single(s.outWidth);
      for (int64_t h = row[0]; h < row[1]; ++h) {
        float* to = image + h * s.inWidth;
        if (h < written) {
          forEachElement(0, s.inWidth, [=](int64_t w, auto type) {
            using T = decltype(type);
            write(to + w, read<T>(to + w) + read<T>(line + w));
          });
          continue;
        }
        if (h > written)
          std::memset(image + written * s.inWidth, 0, sizeof(float) * (h - written) * s.inWidth);
        std::memcpy(to, line, sizeof(float) * s.inWidth);
        written = h + 1;
      }
    }
    std::memset(image + written * s.inWidth, 0, sizeof(float) * (s.inHeight - written) * s.inWidth);
  });
}

// x (planes, H, W), y and index (planes, oh, ow)
void windowMaxForward(const Window2dShape& s, const int32_t* rows, const int32_t* columns, const float* x,
                      float* y, int32_t* index) {
  const int64_t inPlane = int64_t{s.inHeight} * s.inWidth, outPlane = int64_t{s.outHeight} * s.outWidth;
  parallelPlanes(s.planes, inPlane, [&](int64_t plane) {
    const float* image = x + plane * inPlane;
    int64_t out = plane * outPlane;
    for (int64_t i = 0; i < s.outHeight; ++i) {
      for (int64_t j = 0; j < s.outWidth; ++j, ++out) {
        int32_t best = rows[i * 3] * s.inWidth + columns[j * 3];
        float most = image[best];
        for (int32_t h = rows[i * 3]; h < rows[i * 3 + 1]; ++h) {
          for (int32_t w = columns[j * 3]; w < columns[j * 3 + 1]; ++w) {
            const int32_t at = h * s.inWidth + w;
            if (image[at] > most || image[at] != image[at]) {
              best = at;
              most = image[at];
            }
          }
        }
        index[out] = best;
        y[out] = most;
      }
    }
  });
}

// Calls row(tap (ky, kx) and output row as a row of y, row of x or -1, first column of x, outputs [begin,
// end) whose column is inside) for every row of the windows of a plane
template <class Row>
LR_ELEM void forEachTapRow(const Pool2dShape& s, const Row& row) {
  int64_t at = 0;
  for (int32_t ky = 0; ky < s.kernelHeight; ++ky) {
    for (int32_t kx = 0; kx < s.kernelWidth; ++kx) {
      const int32_t left = kx * s.dilationWidth - s.padLeft;
      const TapRange inside = tapsInside(left, s.outWidth, s.strideWidth, s.inWidth);
      for (int32_t oy = 0; oy < s.outHeight; ++oy) {
        const int32_t iy = oy * s.strideHeight - s.padTop + ky * s.dilationHeight;
        row(at++, iy >= 0 && iy < s.inHeight && inside.begin < inside.end ? iy : -1, left, inside);
      }
    }
  }
}

// x (planes, H, W), y (planes, kh, kw, oh, ow)
void unfold2d(const Pool2dShape& s, const float* x, float* y) {
  const int64_t inPlane = int64_t{s.inHeight} * s.inWidth;
  const int64_t outPlane = int64_t{s.kernelHeight} * s.kernelWidth * s.outHeight * s.outWidth;
  parallelPlanes(s.planes, larger(inPlane, outPlane), [&](int64_t plane) {
    forEachTapRow(s, [&](int64_t at, int32_t iy, int32_t left, TapRange inside) {
      float* to = y + plane * outPlane + at * s.outWidth;
      if (iy < 0) {
        std::memset(to, 0, sizeof(float) * s.outWidth);
        return;
      }
      const float* from = x + plane * inPlane + int64_t{iy} * s.inWidth + left;
      for (int64_t i = 0; i < inside.begin; ++i) to[i] = 0;
      for (int64_t i = inside.begin; i < inside.end; ++i) to[i] = from[i * s.strideWidth];
      for (int64_t i = inside.end; i < s.outWidth; ++i) to[i] = 0;
    });
  });
}

// y (planes, kh, kw, oh, ow), x (planes, H, W)
void fold2d(const Pool2dShape& s, const float* y, float* x) {
  const int64_t inPlane = int64_t{s.inHeight} * s.inWidth;
  const int64_t outPlane = int64_t{s.kernelHeight} * s.kernelWidth * s.outHeight * s.outWidth;
  parallelPlanes(s.planes, larger(inPlane, outPlane), [&](int64_t plane) {
    std::memset(x + plane * inPlane, 0, sizeof(float) * inPlane);
    forEachTapRow(s, [&](int64_t at, int32_t iy, int32_t left, TapRange inside) {
      if (iy < 0) return;
      const float* from = y + plane * outPlane + at * s.outWidth;
      float* to = x + plane * inPlane + int64_t{iy} * s.inWidth + left;
      for (int64_t i = inside.begin; i < inside.end; ++i) to[i * s.strideWidth] += from[i];
    });
  });
}

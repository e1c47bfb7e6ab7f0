// Elements and rows by index. Sums are taken in the order of the sources whatever the number of threads:
// units are parts of the targets.

// Units of about kElementsPerUnit elements, of `length` positions of `width` elements each
LR_ELEM int64_t positionsPerUnit(int64_t width) {
  const int64_t positions = kElementsPerUnit / (width > 0 ? width : 1);
  return positions < 1 ? 1 : positions;
}

void gather(const GatherShape& s, const float* x, const int32_t* index, float* y) {
  const int64_t inner = s.inner, rows = static_cast<int64_t>(s.outer) * s.count;
  const int64_t step = positionsPerUnit(inner);
  parallel((rows + step - 1) / step, [&](int64_t unit) {
    const int64_t end = (unit + 1) * step < rows ? (unit + 1) * step : rows;
    for (int64_t row = unit * step; row < end; ++row) {
      const float* from = x + row / s.count * s.length * inner;
      const int32_t* at = index + row * inner;
      for (int64_t k = 0; k < inner; ++k) y[row * inner + k] = from[at[k] * inner + k];
    }
  });
}

// Calls body(target, source) for every element of x, in the order of i for each target. A unit has some of
// the (outer, inner) positions, which share no target.
template <class Body>
LR_ELEM void forEachScattered(const GatherShape& s, const int32_t* index, const Body& body) {
  const int64_t inner = s.inner, width = inner < 256 ? inner : 256;
  const int64_t parts = (inner + width - 1) / width;
  const int64_t step = positionsPerUnit(s.count * width);
  const int64_t pieces = s.outer * parts;
  parallel((pieces + step - 1) / step, [&](int64_t unit) {
    const int64_t end = (unit + 1) * step < pieces ? (unit + 1) * step : pieces;
    for (int64_t piece = unit * step; piece < end; ++piece) {
      const int64_t outer = piece / parts, from = piece % parts * width;
      const int64_t to = from + width < inner ? from + width : inner;
      for (int64_t i = 0; i < s.count; ++i) {
        const int64_t row = (outer * s.count + i) * inner;
        for (int64_t k = from; k < to; ++k) body((outer * s.length + index[row + k]) * inner + k, row + k);
      }
    }
  });
}

void scatter(const GatherShape& s, const float* x, const int32_t* index, float* y) {
  forEachScattered(s, index, [=](int64_t target, int64_t source) { y[target] = x[source]; });
}

void scatterAdd(const GatherShape& s, const float* x, const int32_t* index, float* y) {
  forEachScattered(s, index, [=](int64_t target, int64_t source) { y[target] += x[source]; });
}

void gatherRows(const RowsShape& s, const float* x, const int32_t* index, float* y) {
  const int64_t inner = s.inner, rows = static_cast<int64_t>(s.outer) * s.count;
  const int64_t step = positionsPerUnit(inner);
  parallel((rows + step - 1) / step, [&](int64_t unit) {
    const int64_t end = (unit + 1) * step < rows ? (unit + 1) * step : rows;
    for (int64_t row = unit * step; row < end; ++row) {
      const int64_t outer = row / s.count;
      const float* from = x + (outer * s.length + index[row % s.count]) * inner;
      std::memcpy(y + row * inner, from, sizeof(float) * static_cast<size_t>(inner));
    }
  });
}

// A unit has a range of the rows of dx and looks at every index; so many units that the looking stays small
// beside the adding.
void gatherRowsBackward(const RowsShape& s, const float* dy, const int32_t* index, float* dx) {
  const int64_t inner = s.inner;
  const int64_t most = inner / 8 < 1 ? 1 : (inner / 8 > 16 ? 16 : inner / 8);
  const int64_t ranges = s.length < most ? s.length : most;
  const int64_t step = (s.length + ranges - 1) / ranges;
  parallel(s.outer * ranges, [&](int64_t unit) {
    const int64_t outer = unit / ranges, begin = unit % ranges * step;
    const int64_t end = begin + step < s.length ? begin + step : s.length;
    if (begin >= end) return;
    float* to = dx + outer * s.length * inner;
    std::memset(to + begin * inner, 0, sizeof(float) * static_cast<size_t>((end - begin) * inner));
    const float* from = dy + outer * s.count * inner;
    for (int64_t i = 0; i < s.count; ++i) {
      const int64_t row = index[i];
      if (row < begin || row >= end || row == s.ignored) continue;
      forEachElement(0, inner, [=](int64_t k, auto type) {
        using T = decltype(type);
        float* sum = to + row * inner + k;
        write(sum, read<T>(sum) + read<T>(from + i * inner + k));
      });
    }
  });
}

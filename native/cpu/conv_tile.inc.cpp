// Register tiles of the convolutions: the only loops whose speed matters. They know offsets, not images.
// A tile has rows that share a vector operand and vectors that share a broadcast operand; every sum starts
// from zero and is added to what `init`, or the output, holds.

constexpr int kRegisters = kTileRows > 6 ? 32 : 16;

// Vectors of a pixel tile: as many as fit the registers beside one broadcast
constexpr int pixelTileVectors(int rows) {
  const int vectors = (kRegisters - 1) / (rows + 1);
  return vectors > 8 ? 8 : vectors;
}

// Lanes are channels, rows are pixels (or taps).
// out[outAt[i]][kTileCols] = init[initAt[i]][kTileCols] + sum over j < steps of x[rowAt[i] + stepAt[j]] ·
// w[j][kTileCols]
// Rows come in runs of kRun whose offsets are kStride apart; only the first of a run is looked up, since
// there are not registers enough for the addresses of all.
template <int kRows, int kRun, int kStride>
LR_NOINLINE void channelTile(const float* x, const int32_t* rowAt, const int32_t* stepAt, int steps,
                             const float* w, const float* init, const int32_t* initAt, float* out,
                             const int32_t* outAt) {
  vec sum[kRows][2];
  const float* row[kRows];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
    sum[i][0] = sum[i][1] = vec{};
    if (i % kRun == 0) row[i / kRun] = x + rowAt[i];
    prefetchWrite(out + outAt[i]);
    if (kTileCols > 16) prefetchWrite(out + outAt[i] + 16);
  }
#pragma GCC unroll 1
  for (int j = 0; j < steps; ++j) {
    const vec w0 = load(w), w1 = load(w + kLanes);
    const int64_t at = stepAt[j];
    w += kTileCols;
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
      const vec pixel = broadcast(row[i / kRun][at + i % kRun * kStride]);
      sum[i][0] = fmadd(pixel, w0, sum[i][0]);
      sum[i][1] = fmadd(pixel, w1, sum[i][1]);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
    store(out + outAt[i], load(init + initAt[i]) + sum[i][0]);
    store(out + outAt[i] + kLanes, load(init + initAt[i] + kLanes) + sum[i][1]);
  }
}

using ChannelTile = void (*)(const float*, const int32_t*, const int32_t*, int, const float*, const float*,
                             const int32_t*, float*, const int32_t*);

// The tile of `rows` rows that are kStride apart, or anywhere (0)
template <int kStride, int kRows = kTileRows>
ChannelTile channelTileOf(int rows) {
  if constexpr (kRows > 1) {
    if (rows != kRows) return channelTileOf<kStride, kRows - 1>(rows);
  }
  return channelTile < kRows, kStride == 0 ? 1 : kRows, kStride > ;
}
ChannelTile channelTileOf(int rows, int stride) {
  return stride == 1 ? channelTileOf<1>(rows) : stride == 2 ? channelTileOf<2>(rows) : channelTileOf<0>(rows);
}

// The tile of `runs` runs of kRun rows side by side
template <int kRun, int kRuns = kTileRows / kRun>
ChannelTile channelTileOfRuns(int runs) {
  if constexpr (kRuns > 1) {
    if (runs != kRuns) return channelTileOfRuns<kRun, kRuns - 1>(runs);
  }
  return channelTile<kRuns * kRun, kRun, 1>;
}

// Lanes are input channels, rows are output channels.
// out[i][kTileCols] = what it holds, or zero, + sum over j < steps of dy[j · kTileCols + i] ·
// x[stepAt[j]][kTileCols]
template <int kRows>
LR_NOINLINE void inputTile(const float* dy, const float* x, const int32_t* stepAt, int steps, bool first,
                           float* out) {
  vec sum[kRows][2];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) sum[i][0] = sum[i][1] = vec{};
#pragma GCC unroll 1
  for (int j = 0; j < steps; ++j) {
    const float* channels = x + stepAt[j];
    const vec x0 = load(channels), x1 = load(channels + kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
      const vec gradient = broadcast(dy[i]);
      sum[i][0] = fmadd(gradient, x0, sum[i][0]);
      sum[i][1] = fmadd(gradient, x1, sum[i][1]);
    }
    dy += kTileCols;
  }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
    float* row = out + i * kTileCols;
    store(row, first ? sum[i][0] : load(row) + sum[i][0]);
    store(row + kLanes, first ? sum[i][1] : load(row + kLanes) + sum[i][1]);
  }
}

using InputTile = void (*)(const float*, const float*, const int32_t*, int, bool, float*);

template <int kRows = kTileRows>
InputTile inputTileOf(int rows) {
  if constexpr (kRows > 1) {
    if (rows != kRows) return inputTileOf<kRows - 1>(rows);
  }
  return inputTile<kRows>;
}

// Lanes are pixels, rows are output channels. Arrays need not begin with a cache line, so that a panel may
// reach into the first line of the next: of what is fetched ahead the last elements count.
// out[i · outStep][kVectors · kLanes] = bias[i] (without bias: out) + sum over j < steps of w[j][i] ·
// x[stepAt[j]][...]
template <int kRows, int kVectors>
LR_NOINLINE void pixelTile(const float* x, const int32_t* stepAt, int steps, const float* w,
                           const float* bias, float* out, int64_t outStep) {
  vec sum[kRows][kVectors];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) {
      sum[i][v] = vec{};
      if (v * kLanes % 16 == 0) prefetchWrite(out + i * outStep + v * kLanes + 15);
    }
  }
#pragma GCC unroll 1
  for (int j = 0; j < steps; ++j) {
    const float* pixels = x + stepAt[j];
    vec p[kVectors];
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) {
      p[v] = load(pixels + v * kLanes);
      if (v * kLanes % 16 == 0) prefetchRead(pixels + (kVectors + v) * kLanes + 15);
    }
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
      const vec weight = broadcast(w[i]);
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) sum[i][v] = fmadd(p[v], weight, sum[i][v]);
    }
    w += kRows;
  }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
    float* row = out + i * outStep;
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) {
      const vec init = bias != nullptr ? broadcast(bias[i]) : load(row + v * kLanes);
      store(row + v * kLanes, init + sum[i][v]);
    }
  }
}

using PixelTile = void (*)(const float*, const int32_t*, int, const float*, const float*, float*, int64_t);

// Rows are split evenly, so that a panel has tiles of two heights, and the vectors of the higher
template <int kRows = kTileRows>
PixelTile pixelTileOf(int rows, int vectors) {
  if (rows == kRows) {
    if constexpr (kRows < kTileRows) {
      if (vectors != pixelTileVectors(kRows)) return pixelTile<kRows, pixelTileVectors(kRows + 1)>;
    }
    return pixelTile<kRows, pixelTileVectors(kRows)>;
  }
  if constexpr (kRows > 1) return pixelTileOf<kRows - 1>(rows, vectors);
  return nullptr;
}

// Lanes are pixels of both operands: sums of products that are left in kSumLanes lanes, whatever the vector
// length. sums[o · tapsStep + t][lane] += sum over p < pixels of dy[o · dyStep + p · kSumLanes + lane] ·
// x[tapAt[t] + ...]
constexpr int kDotOuts = kRegisters == 32 ? 4 : 3;
constexpr int kDotTaps = kRegisters == 32 ? 6 : 4;
constexpr int kDotTapsOfOne = 9;

template <int kOuts, int kTaps>
LR_NOINLINE void dotTile(const float* dy, int64_t dyStep, const float* x, const int32_t* tapAt, int blocks,
                         float* sums, int64_t tapsStep) {
  for (int part = 0; part < kSumLanes; part += kLanes) {
    vec sum[kOuts][kTaps];
    const float* tap[kTaps];
#pragma GCC unroll 16
    for (int t = 0; t < kTaps; ++t) {
      tap[t] = x + tapAt[t] + part;
#pragma GCC unroll 16
      for (int o = 0; o < kOuts; ++o) sum[o][t] = vec{};
    }
    const float* d = dy + part;
#pragma GCC unroll 1
    for (int64_t at = 0; at < static_cast<int64_t>(blocks) * kSumLanes; at += kSumLanes) {
      vec g[kOuts];
#pragma GCC unroll 16
      for (int o = 0; o < kOuts; ++o) g[o] = load(d + o * dyStep + at);
#pragma GCC unroll 16
      for (int t = 0; t < kTaps; ++t) {
        const vec pixels = load(tap[t] + at);
#pragma GCC unroll 16
        for (int o = 0; o < kOuts; ++o) sum[o][t] = fmadd(g[o], pixels, sum[o][t]);
      }
    }
#pragma GCC unroll 16
    for (int o = 0; o < kOuts; ++o) {
#pragma GCC unroll 16
      for (int t = 0; t < kTaps; ++t) {
        float* lanes = sums + (o * tapsStep + t) * kSumLanes + part;
        store(lanes, load(lanes) + sum[o][t]);
      }
    }
  }
}

using DotTile = void (*)(const float*, int64_t, const float*, const int32_t*, int, float*, int64_t);

template <int kOuts, int kTaps>
DotTile dotTileOfTaps(int taps) {
  if constexpr (kTaps == 1) {
    return dotTile<kOuts, 1>;
  } else {
    return taps == kTaps ? dotTile<kOuts, kTaps> : dotTileOfTaps<kOuts, kTaps - 1>(taps);
  }
}
template <int kOuts = kDotOuts>
DotTile dotTileOf(int outs, int taps) {
  if constexpr (kOuts == 1) {
    return dotTileOfTaps<1, kDotTapsOfOne>(taps);
  } else {
    return outs == kOuts ? dotTileOfTaps<kOuts, kDotTaps>(taps) : dotTileOf<kOuts - 1>(outs, taps);
  }
}

// Winograd's convolution, F(M x M, 3 x 3): an output tile of M by M costs (M + 2)² products a pair of
// channels, not 9 M². M is 2 or 4, with the points 0, ±1 and 0, ±1, 1/2, -2.
//
//   y = Aᵀ [ (G w Gᵀ) · (Bᵀ x B) ] A        dw = Gᵀ [ sum over tiles of (A dy Aᵀ) · (Bᵀ x B) ] G
//
// Channels are the lanes: the images' planes are transposed to [pixel][kTileCols channels], so that the
// transforms are sums of vectors, and at each of the (M + 2)² positions of a tile the products over channels
// (for dw: over tiles) are a product of matrices. The input's gradient is the forward pass with the weights
// turned around.
//
// The order of every sum: one chain of multiply-adds over the channels in ascending order; for dw, blocks of
// tiles, a chain each, added in order. Tiles are numbered by image, row, column. A strip is a row of tiles.

// The matrices of F(M x M, 3 x 3) applied to a column of vectors
template <int M>
struct Winograd;

template <>
struct Winograd<2> {
  // Bᵀ
  static LR_ELEM void input(const vec (&d)[4], vec (&t)[4]) {
    t[0] = d[0] - d[2];
    t[1] = d[1] + d[2];
    t[2] = d[2] - d[1];
    t[3] = d[1] - d[3];
  }
  // Aᵀ
  static LR_ELEM void output(const vec (&m)[4], vec (&y)[2]) {
    y[0] = m[0] + (m[1] + m[2]);
    y[1] = (m[1] - m[2]) - m[3];
  }
  // G
  static LR_ELEM void weight(const vec (&g)[3], vec (&u)[4]) {
    const vec half = broadcast(0.5f), even = half * (g[0] + g[2]), odd = half * g[1];
    u[0] = g[0];
    u[1] = even + odd;
    u[2] = even - odd;
    u[3] = g[2];
  }
  // A
  static LR_ELEM void gradient(const vec (&y)[2], vec (&t)[4]) {
    t[0] = y[0];
    t[1] = y[0] + y[1];
    t[2] = y[0] - y[1];
    t[3] = -y[1];
  }
  // Gᵀ
  static LR_ELEM void weightGradient(const vec (&u)[4], vec (&g)[3]) {
    const vec half = broadcast(0.5f), even = half * (u[1] + u[2]);
    g[0] = u[0] + even;
    g[1] = half * (u[1] - u[2]);
    g[2] = even + u[3];
  }
};

template <>
struct Winograd<4> {
  static LR_ELEM void input(const vec (&d)[6], vec (&t)[6]) {
    const vec c = broadcast(1.5f), u = d[4] - d[2], v = d[3] - d[1];
    t[0] = fmadd(c, v, d[0] + (u - d[2]));
    t[1] = fmadd(c, d[2] + d[3], u + v);
    t[2] = fmadd(c, d[3] - d[2], u - v);
    t[3] = fmadd(broadcast(2.0f), v, u);
    t[4] = fmadd(broadcast(-0.5f), v, u);
    t[5] = fmadd(c, u, (d[5] - v) - d[3]);
  }
  static LR_ELEM void output(const vec (&m)[6], vec (&y)[4]) {
    const vec s = m[1] + m[2], e = m[1] - m[2];
    y[0] = (m[0] + s) + (m[3] + m[4]);
    y[1] = fmadd(broadcast(-2.0f), m[4], fmadd(broadcast(0.5f), m[3], e));
    y[2] = fmadd(broadcast(4.0f), m[4], fmadd(broadcast(0.25f), m[3], s));
    y[3] = fmadd(broadcast(-8.0f), m[4], fmadd(broadcast(0.125f), m[3], e)) + m[5];
  }
  static LR_ELEM void weight(const vec (&g)[3], vec (&u)[6]) {
    const vec third = broadcast(1.0f / 3), fifteenth = broadcast(1.0f / 15), even = g[0] + g[2];
    u[0] = g[0];
    u[1] = third * (even + g[1]);
    u[2] = third * (g[1] - even);
    u[3] = broadcast(-4.0f / 15) * fmadd(broadcast(4.0f), g[0], fmadd(broadcast(2.0f), g[1], g[2]));
    u[4] = fifteenth * fmadd(broadcast(4.0f), g[2], fmadd(broadcast(-2.0f), g[1], g[0]));
    u[5] = g[2];
  }
  static LR_ELEM void gradient(const vec (&y)[4], vec (&t)[6]) {
    const vec even = y[0] + y[2], odd = y[1] + y[3];
    t[0] = y[0];
    t[1] = even + odd;
    t[2] = even - odd;
    t[3] = fmadd(broadcast(0.25f), fmadd(broadcast(0.5f), y[3], y[2]), fmadd(broadcast(0.5f), y[1], y[0]));
    t[4] = fmadd(broadcast(4.0f), fmadd(broadcast(-2.0f), y[3], y[2]), fmadd(broadcast(-2.0f), y[1], y[0]));
    t[5] = y[3];
  }
  static LR_ELEM void weightGradient(const vec (&u)[6], vec (&g)[3]) {
    const vec third = broadcast(1.0f / 3), fifteenth = broadcast(1.0f / 15);
    const vec even = third * (u[1] - u[2]);
    g[0] = (u[0] + even) + fifteenth * fmadd(broadcast(-16.0f), u[3], u[4]);
    g[1] = fmadd(third, u[1] + u[2], fifteenth * fmadd(broadcast(-8.0f), u[3], broadcast(-2.0f) * u[4]));
    g[2] = (u[5] + even) + broadcast(4.0f / 15) * (u[4] - u[3]);
  }
};

constexpr int32_t kWinogradTiles = 56;       // of a block that a unit computes alone
constexpr int32_t kWinogradBlocks = 16;      // at the least, where units are whole blocks,
constexpr int32_t kLeastWinogradTiles = 24;  // and tiles of such a block;
constexpr int32_t kFewWinogradTiles = 16;    // or a block a thread of as many tiles, where there are at most
constexpr int64_t kFewWinogradWeights = 1 << 18;  // floats of transformed weights, which each block reads
constexpr int64_t kWinogradFloats = 1 << 21;      // of transformed tiles, where the threads share a block

// Gradients of weights are summed in parts, each by one core alone: in as many as memory for the sums allows,
// and so many tiles at a time that they stay, with small sums, in its second-level cache.
constexpr int64_t kWinogradParts = 16;
constexpr int64_t kWinogradSums = 5 << 19;
constexpr int64_t kCachedWinogradSums = 160 << 10;
constexpr int64_t kCachedWinogradFloats = 96 << 10;

// Images of planes of height by width, cut into tiles of M by M of the output: tile (r, c) reads the input
// rows from r · M - padTop on.
struct WinogradPlan {
  int32_t batch, inChannels, inHeight, inWidth, outChannels, outHeight, outWidth, padTop, padLeft;
  int32_t tilesHigh, tilesWide, strips;
  int32_t inGroups, outGroups;  // of kTileCols channels
};

template <int M>
WinogradPlan winogradPlan(const Conv2dShape& s, bool backward) {
  WinogradPlan plan = {s.batch,
                       s.inChannels,
                       s.inHeight,
                       s.inWidth,
                       s.outChannels,
                       s.outHeight,
                       s.outWidth,
                       s.padTop,
                       s.padLeft,
                       0,
                       0,
                       0,
                       0,
                       0};
  if (backward) {
    plan = {s.batch,
            s.outChannels,
            s.outHeight,
            s.outWidth,
            s.inChannels,
            s.inHeight,
            s.inWidth,
            2 - s.padTop,
            2 - s.padLeft,
            0,
            0,
            0,
            0,
            0};
  }
  plan.tilesHigh = static_cast<int32_t>(ceilDiv(plan.outHeight, M));
  plan.tilesWide = static_cast<int32_t>(ceilDiv(plan.outWidth, M));
  plan.strips = plan.batch * plan.tilesHigh;
  plan.inGroups = static_cast<int32_t>(ceilDiv(plan.inChannels, kTileCols));
  plan.outGroups = static_cast<int32_t>(ceilDiv(plan.outChannels, kTileCols));
  return plan;
}

// Transformed tiles of the strips [strip, strip + strips): [(M + 2)²][group][tile][kTileCols]
struct WinogradBlock {
  int32_t strip, strips, tiles;
  int64_t group, position;  // floats from one to the next

  WinogradBlock(const WinogradPlan& plan, int32_t firstStrip, int32_t count, int32_t groups)
      : strip(firstStrip),
        strips(count),
        tiles(count * plan.tilesWide),
        group(int64_t{tiles} * kTileCols),
        position(groups * group + 16) {}  // not a multiple of 4 KB, which would share the cache's sets
  int64_t floats(int positions) const { return positions * position; }
};

// t (To, To) = f · d (From, From) · fᵀ for one vector of channels; steps from row to row, column to column
template <int From, int To, class F>
LR_ELEM void transformTile(const float* d, int64_t rowStep, int64_t colStep, float* t, int64_t toRowStep,
                           int64_t toColStep, const F& f) {
  vec half[To][From];
#pragma GCC unroll 8
  for (int j = 0; j < From; ++j) {
    vec from[From], to[To];
#pragma GCC unroll 8
    for (int i = 0; i < From; ++i) from[i] = load(d + i * rowStep + j * colStep);
    f(from, to);
#pragma GCC unroll 8
    for (int i = 0; i < To; ++i) half[i][j] = to[i];
  }
#pragma GCC unroll 8
  for (int i = 0; i < To; ++i) {
    vec to[To];
    f(half[i], to);
#pragma GCC unroll 8
    for (int j = 0; j < To; ++j) store(t + i * toRowStep + j * toColStep, to[j]);
  }
}

// Transforms the tiles of one strip: `pixels` is [rows][width][kTileCols] from row `top` of a plane of
// `height` rows on, a tile reads Size rows and columns from (row, tile · Step - padLeft), zeros outside.
template <int Size, int To, class F>
LR_ELEM void transformStrip(const float* pixels, int32_t top, int32_t height, int32_t width, int32_t row,
                            int32_t step, int32_t padLeft, int32_t tiles, float* out, int64_t positionStep,
                            const F& f) {
  const bool rowsInside = row >= 0 && row + Size <= height;
  for (int32_t tile = 0; tile < tiles; ++tile, out += kTileCols) {
    const int32_t col = tile * step - padLeft;
    const float* source = pixels + (int64_t{row - top} * width + col) * kTileCols;
    int64_t rowStep = int64_t{width} * kTileCols;
    alignas(64) float copy[Size * Size * kTileCols];
    if (!rowsInside || col < 0 || col + Size > width) {
      for (int i = 0; i < Size; ++i) {
        for (int j = 0; j < Size; ++j) {
          const bool inside = row + i >= 0 && row + i < height && col + j >= 0 && col + j < width;
          for (int v = 0; v < kTileCols; v += kLanes) {
            store(copy + (i * Size + j) * kTileCols + v,
                  inside ? load(source + i * rowStep + j * kTileCols + v) : vec{});
          }
        }
      }
      source = copy;
      rowStep = Size * kTileCols;
    }
    for (int v = 0; v < kTileCols; v += kLanes) {
      transformTile<Size, To>(source + v, rowStep, kTileCols, out + v, To * positionStep, positionStep, f);
    }
  }
}

// Calls body(image, first tile row, tile rows, first strip) for the strips [begin, end), image by image
template <class Body>
LR_ELEM void eachImage(const WinogradPlan& plan, int32_t begin, int32_t end, const Body& body) {
  for (int32_t strip = begin; strip < end;) {
    const int32_t row = strip % plan.tilesHigh;
    const int32_t left = plan.tilesHigh - row, rows = left < end - strip ? left : end - strip;
    body(strip / plan.tilesHigh, row, rows, strip);
    strip += rows;
  }
}

// Bᵀ x B of one group's channels for the strips [begin, end) of a block; v: the block's tiles
template <int M>
LR_NOINLINE void transformInput(const WinogradPlan& plan, const WinogradBlock& block, const float* x,
                                int32_t begin, int32_t end, int32_t group, float* v) {
  const int32_t channel = group * kTileCols, height = plan.inHeight, width = plan.inWidth;
  const int32_t filled = plan.inChannels - channel < kTileCols ? plan.inChannels - channel : kTileCols;
  const int64_t plane = int64_t{height} * width;
  eachImage(plan, begin, end, [&](int32_t image, int32_t row, int32_t rows, int32_t strip) {
    const int32_t first = row * M - plan.padTop, last = first + rows * M + 2;
    const int32_t top = first < 0        ? 0
                        : first < height ? first
                                         : height,
                  bottom = last < height ? last : height;
    const int64_t count = bottom > top ? int64_t{bottom - top} * width : 0;
    float* pixels = scratchOf<float>(kGradientSlot, (count + 1) * kTileCols);
    transposePlanes(x + (int64_t{image} * plan.inChannels + channel) * plane + int64_t{top} * width, plane,
                    filled, count, pixels, kTileCols, kTileCols);
    for (int32_t r = 0; r < rows; ++r) {
      transformStrip<M + 2, M + 2>(
          pixels, top, height, width, first + r * M, M, plan.padLeft, plan.tilesWide,
          v + group * block.group + int64_t{strip + r - block.strip} * plan.tilesWide * kTileCols,
          block.position, Winograd<M>::input);
    }
  });
}

// c (kRows, kTileCols), or += with `add`: the sum over `blocks` blocks of `depth` steps of a · b; element (i,
// p) of a is at i · kRowStep + p · kDepthStep, blocks are blockStep apart; b [steps][kTileCols]. The last
// block has `lastDepth` steps.
template <int kRows, int kRowStep, int kDepthStep>
LR_NOINLINE void winogradTile(int blocks, int64_t blockStep, int depth, int lastDepth, const float* a,
                              const float* b, bool add, float* c) {
  vec sum[kRows][2];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
    sum[i][0] = sum[i][1] = vec{};
    prefetchWrite(c + i * kTileCols);
    if (kTileCols > 16) prefetchWrite(c + i * kTileCols + 16);
  }
#pragma GCC unroll 1
  for (int block = 0; block < blocks; ++block) {
    const float* at = a + block * blockStep;
    const int steps = block + 1 < blocks ? depth : lastDepth;
#pragma GCC unroll 1
    for (int p = 0; p < steps; ++p) {
      const vec b0 = load(b), b1 = load(b + kLanes);
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) {
        const vec x = broadcast(at[i * kRowStep]);
        sum[i][0] = fmadd(x, b0, sum[i][0]);
        sum[i][1] = fmadd(x, b1, sum[i][1]);
      }
      at += kDepthStep;
      b += kTileCols;
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
    float* out = c + i * kTileCols;
    store(out, add ? load(out) + sum[i][0] : sum[i][0]);
    store(out + kLanes, add ? load(out + kLanes) + sum[i][1] : sum[i][1]);
  }
}

using WinogradTile = void (*)(int, int64_t, int, int, const float*, const float*, bool, float*);

template <int kRows = kTileRows>
WinogradTile winogradTileOf(int rows) {
  if constexpr (kRows > 1) {
    if (rows != kRows) return winogradTileOf<kRows - 1>(rows);
  }
  return winogradTile<kRows, kTileCols, 1>;
}

// The products over the input channels at one position for one group of output channels; u: [(M +
// 2)²][outGroup][inChannels][kTileCols]
void multiplyTiles(const WinogradPlan& plan, const WinogradBlock& in, const WinogradBlock& out,
                   int32_t position, int32_t group, const float* v, const float* u, float* m) {
  const Parts heights(in.tiles, static_cast<int32_t>(ceilDiv(in.tiles, kTileRows)));
  const WinogradTile smaller = winogradTileOf(heights.smaller), larger = winogradTileOf(heights.largest());
  const int lastDepth = plan.inChannels - (plan.inGroups - 1) * kTileCols;
  const float* weights = u + (int64_t{position} * plan.outGroups + group) * plan.inChannels * kTileCols;
  for (int32_t t = 0; t < heights.count; ++t) {
    const int64_t at = int64_t{heights.begin(t)} * kTileCols;
    (t < heights.larger ? larger : smaller)(plan.inGroups, in.group, kTileCols, lastDepth,
                                            v + position * in.position + at, weights, false,
                                            m + position * out.position + group * out.group + at);
  }
}

// Where outputs go: to y (N, K, oh, ow); with an index the maxima of their windows of 2 by 2 go to y and
// where in the plane those were to index (N, K, oh / 2, ow / 2)
struct WinogradOutput {
  float* y;
  int32_t* index = nullptr;
};

// The outputs of one tile: bias + what `square` [M][M][kTileCols] holds, or the relu of that
struct WinogradValues {
  const float* square;
  vec bias;
  bool relu;

  LR_ELEM vec at(int32_t pixel) const {
    const vec value = bias + load(square + pixel * kTileCols);
    return relu ? Relu{}(value) : value;
  }
};

// The maximum of the window whose first pixel is `pixel` of a tile that is M wide, and `at` of a plane that
// is `width` wide, and where it was, as max-pooling finds them: the first of equals, but the last NaN
template <int M>
LR_ELEM void poolTile(const WinogradValues& values, int32_t pixel, int32_t at, int32_t width, float* most,
                      float* index) {
  const int32_t pixels[] = {pixel, pixel + 1, pixel + M, pixel + M + 1};
  const int32_t places[] = {at, at + 1, at + width, at + width + 1};
  vec maximum = values.at(pixels[0]);
  ivec best = ivec{} + places[0];
#pragma GCC unroll 4
  for (int i = 1; i < 4; ++i) {
    const vec value = values.at(pixels[i]);
    const auto larger = (value > maximum) | (value != value);
    best = larger ? ivec{} + places[i] : best;
    maximum = larger ? value : maximum;
  }
  store(most, maximum);
  std::memcpy(index, &best, sizeof best);
}

// y = bias + Aᵀ m A, or the relu of that, of one group's channels for the strips [begin, end) of a block
template <int M>
LR_NOINLINE void transformOutput(const WinogradPlan& plan, const WinogradBlock& block, const float* m,
                                 int32_t begin, int32_t end, int32_t group, const float* bias, bool relu,
                                 WinogradOutput to) {
  const int32_t side = to.index != nullptr ? 2 : 1;  // of the window that gives one output
  const int32_t channel = group * kTileCols, height = plan.outHeight, width = plan.outWidth;
  const int32_t filled = plan.outChannels - channel < kTileCols ? plan.outChannels - channel : kTileCols;
  const int32_t toWidth = width / side;
  const int64_t plane = int64_t{height / side} * toWidth;
  eachImage(plan, begin, end, [&](int32_t image, int32_t row, int32_t rows, int32_t strip) {
    const int32_t top = row * M, bottom = top + rows * M < height ? top + rows * M : height;
    const int64_t count = int64_t{(bottom - top) / side} * toWidth;
    float* pixels = scratchOf<float>(kGradientSlot, side * count * kTileCols);
    float* places = pixels + count * kTileCols;  // integers, which are moved as floats
    const float* tile = m + group * block.group + int64_t{strip - block.strip} * plan.tilesWide * kTileCols;
    for (int32_t r = 0; r < rows; ++r) {
      const int32_t high = bottom - top - r * M < M ? bottom - top - r * M : M;
      for (int32_t c = 0; c < plan.tilesWide; ++c, tile += kTileCols) {
        const int32_t wide = width - c * M < M ? width - c * M : M;
        const int64_t first = (int64_t{r} * (M / side) * toWidth + c * (M / side)) * kTileCols;
        alignas(64) float square[M * M * kTileCols];
        for (int v = 0; v < kTileCols; v += kLanes) {
          transformTile<M + 2, M>(tile + v, (M + 2) * block.position, block.position, square + v,
                                  M * kTileCols, kTileCols, Winograd<M>::output);
          const WinogradValues values = {square + v, bias != nullptr ? load(bias + channel + v) : vec{},
                                         relu};
          for (int32_t i = 0; i < high / side; ++i) {
            for (int32_t j = 0; j < wide / side; ++j) {
              const int64_t out = first + (int64_t{i} * toWidth + j) * kTileCols + v;
              if (side == 1) {
                store(pixels + out, values.at(i * M + j));
              } else {
                poolTile<M>(values, 2 * (i * M + j), (top + r * M + 2 * i) * width + c * M + 2 * j, width,
                            pixels + out, places + out);
              }
            }
          }
        }
      }
    }
    const int64_t at = (int64_t{image} * plan.outChannels + channel) * plane + int64_t{top / side} * toWidth;
    const auto length = static_cast<int32_t>(count);
    transposePlanes(pixels, kTileCols, length, filled, to.y + at, plane, length);
    if (side == 2) {
      transposePlanes(places, kTileCols, length, filled, reinterpret_cast<float*>(to.index) + at, plane,
                      length);
    }
  });
}

// u [(M + 2)²][outGroup][inChannels][kTileCols] = G w Gᵀ; backward: of the weights turned around, with the
// roles of the channels exchanged. w (s.outChannels, s.inChannels, 3, 3)
template <int M>
void transformWeights(const WinogradPlan& plan, bool backward, const float* w, float* u) {
  constexpr int32_t kDepth = 64;  // input channels of a unit
  const int32_t parts = static_cast<int32_t>(ceilDiv(plan.inChannels, kDepth));
  parallel(int64_t{plan.outGroups} * parts, [&](int64_t unit) {
    const int32_t group = static_cast<int32_t>(unit / parts), channel = group * kTileCols;
    const int32_t begin = static_cast<int32_t>(unit % parts) * kDepth;
    const int32_t end = begin + kDepth < plan.inChannels ? begin + kDepth : plan.inChannels;
    const int32_t filled = plan.outChannels - channel < kTileCols ? plan.outChannels - channel : kTileCols;
    float* taps = scratchOf<float>(kGradientSlot, kDepth * 9 * kTileCols);  // [channel][9][kTileCols]
    if (backward) {
      for (int32_t c = begin; c < end; ++c) {
        transposePlanes(w + (int64_t{c} * plan.outChannels + channel) * 9, 9, filled, 9,
                        taps + ((c - begin) * 9 + 8) * kTileCols, -kTileCols, kTileCols);
      }
    } else {
      transposePlanes(w + (int64_t{channel} * plan.inChannels + begin) * 9, int64_t{plan.inChannels} * 9,
                      filled, (end - begin) * 9, taps, kTileCols, kTileCols);
    }
    for (int32_t c = begin; c < end; ++c) {
      for (int v = 0; v < kTileCols; v += kLanes) {
        const int64_t position = int64_t{plan.outGroups} * plan.inChannels * kTileCols;
        transformTile<3, M + 2>(taps + (c - begin) * 9 * kTileCols + v, 3 * kTileCols, kTileCols,
                                u + (int64_t{group} * plan.inChannels + c) * kTileCols + v,
                                (M + 2) * position, position, Winograd<M>::weight);
      }
    }
  });
}

// How tiles are shared out; no result depends on it.
struct WinogradUnits {
  int32_t strips;   // of a block
  bool shareBlock;  // all threads compute one block after another, not each its own
  bool shareWeights;
};

// Blocks are a unit's own unless those would be too few for the threads or too small. Few weights are
// transformed by every thread for itself: that costs less than reading what another core has written.
template <int M>
WinogradUnits winogradUnits(const WinogradPlan& plan) {
  constexpr int64_t kPositions = (M + 2) * (M + 2);
  int64_t strips = kWinogradTiles / plan.tilesWide;
  if (strips < 1) strips = 1;
  const int64_t threads = threadCount();
  if (kPositions * plan.outGroups * plan.inChannels * kTileCols <= kFewWinogradWeights &&
      plan.strips / threads * plan.tilesWide >= kFewWinogradTiles) {
    // Each thread gets as many blocks as the others.
    const int64_t rounds = ceilDiv(plan.strips, strips * threads);
    return {static_cast<int32_t>(ceilDiv(plan.strips, rounds * threads)), false, false};
  }
  if (strips > plan.strips / kWinogradBlocks) strips = plan.strips / kWinogradBlocks;
  if (strips < 1) strips = 1;
  const bool shareBlock = strips * plan.tilesWide < kLeastWinogradTiles || plan.strips < kWinogradBlocks;
  if (shareBlock) {
    const int64_t tile = (int64_t{plan.inGroups} + plan.outGroups) * kTileCols * kPositions * plan.tilesWide;
    strips = 4 * kWinogradFloats / tile;
    if (strips < 1) strips = 1;
  }
  return {static_cast<int32_t>(strips < plan.strips ? strips : plan.strips), shareBlock, true};
}

// Parts of a shared block of strips for its transforms
Parts winogradParts(const WinogradPlan& plan, int32_t strips) {
  const int64_t wanted = ceilDiv(int64_t{strips} * plan.tilesWide, kLeastWinogradTiles);
  return Parts(strips, static_cast<int32_t>(wanted < strips ? wanted : strips));
}

// The call whose weights this thread has transformed last
thread_local int64_t transformedFor = 0;
int64_t correlations = 0;

// Forward, or the input's gradient
template <int M>
void winogradCorrelate(const Conv2dShape& s, bool backward, const float* x, const float* w, const float* bias,
                       WinogradOutput to) {
  constexpr int kPositions = (M + 2) * (M + 2);
  const WinogradPlan plan = winogradPlan<M>(s, backward);
  const bool relu = s.relu && !backward;
  float* biases = nullptr;
  if (bias != nullptr) {
    biases = scratchOf<float>(kTablesSlot, plan.outGroups * kTileCols);
    for (int32_t i = 0; i < plan.outGroups * kTileCols; ++i)
      biases[i] = i < plan.outChannels ? bias[i] : 0.0f;
  }
  const WinogradUnits units = winogradUnits<M>(plan);
  const Parts blocks(plan.strips, static_cast<int32_t>(ceilDiv(plan.strips, units.strips)));
  const int64_t number = __atomic_add_fetch(&correlations, 1, __ATOMIC_RELAXED);
  const auto transformed = [&] {
    float* u =
        scratchOf<float>(kWeightsSlot, int64_t{kPositions} * plan.outGroups * plan.inChannels * kTileCols);
    if (transformedFor != number) transformWeights<M>(plan, backward, w, u);
    transformedFor = number;
    return u;
  };
  const float* shared = units.shareWeights ? transformed() : nullptr;
  if (!units.shareBlock) {
    parallel(blocks.count, [&](int64_t unit) {
      const float* u = units.shareWeights ? shared : transformed();
      const int32_t first = blocks.begin(static_cast<int32_t>(unit)),
                    count = blocks.size(static_cast<int32_t>(unit));
      const WinogradBlock in(plan, first, count, plan.inGroups), out(plan, first, count, plan.outGroups);
      float* v = scratchOf<float>(kWindowSlot, in.floats(kPositions));
      float* m = scratchOf<float>(kSumsSlot, out.floats(kPositions));
      for (int32_t g = 0; g < plan.inGroups; ++g) {
        transformInput<M>(plan, in, x, first, first + count, g, v);
      }
      for (int32_t position = 0; position < kPositions; ++position) {
        for (int32_t g = 0; g < plan.outGroups; ++g) multiplyTiles(plan, in, out, position, g, v, u, m);
      }
      for (int32_t g = 0; g < plan.outGroups; ++g) {
        transformOutput<M>(plan, out, m, first, first + count, g, biases, relu, to);
      }
    });
    return;
  }
  for (int32_t b = 0; b < blocks.count; ++b) {
    const int32_t first = blocks.begin(b), count = blocks.size(b);
    const WinogradBlock in(plan, first, count, plan.inGroups), out(plan, first, count, plan.outGroups);
    float* v = scratchOf<float>(kWindowSlot, in.floats(kPositions));
    float* m = scratchOf<float>(kSumsSlot, out.floats(kPositions));
    const Parts parts = winogradParts(plan, count);
    parallel(int64_t{plan.inGroups} * parts.count, [&](int64_t unit) {
      const int32_t part = static_cast<int32_t>(unit % parts.count);
      transformInput<M>(plan, in, x, first + parts.begin(part), first + parts.begin(part + 1),
                        static_cast<int32_t>(unit / parts.count), v);
    });
    parallel(int64_t{kPositions} * plan.outGroups, [&](int64_t unit) {
      multiplyTiles(plan, in, out, static_cast<int32_t>(unit / plan.outGroups),
                    static_cast<int32_t>(unit % plan.outGroups), v, shared, m);
    });
    parallel(int64_t{plan.outGroups} * parts.count, [&](int64_t unit) {
      const int32_t part = static_cast<int32_t>(unit % parts.count);
      transformOutput<M>(plan, out, m, first + parts.begin(part), first + parts.begin(part + 1),
                         static_cast<int32_t>(unit / parts.count), biases, relu, to);
    });
  }
}

// A dy Aᵀ of one group's output channels for the strips [begin, end) of a block, and for each strip the sums
// of dy: dbias [strip][kTileCols]
template <int M>
LR_NOINLINE void transformGradient(const WinogradPlan& plan, const WinogradBlock& block, const float* dy,
                                   int32_t begin, int32_t end, int32_t group, float* v, float* dbias) {
  const int32_t channel = group * kTileCols, height = plan.outHeight, width = plan.outWidth;
  const int32_t filled = plan.outChannels - channel < kTileCols ? plan.outChannels - channel : kTileCols;
  const int64_t plane = int64_t{height} * width;
  eachImage(plan, begin, end, [&](int32_t image, int32_t row, int32_t rows, int32_t strip) {
    const int32_t top = row * M, bottom = top + rows * M < height ? top + rows * M : height;
    const int64_t count = int64_t{bottom - top} * width;
    float* pixels = scratchOf<float>(kGradientSlot, count * kTileCols);
    transposePlanes(dy + (int64_t{image} * plan.outChannels + channel) * plane + int64_t{top} * width, plane,
                    filled, count, pixels, kTileCols, kTileCols);
    for (int32_t r = 0; r < rows; ++r) {
      const int32_t high = height - top - r * M < M ? height - top - r * M : M;
      addRows(pixels + int64_t{r} * M * width * kTileCols, high * width, true,
              dbias + int64_t{strip + r} * kTileCols);
      transformStrip<M, M + 2>(
          pixels, top, height, width, top + r * M, M, 0, plan.tilesWide,
          v + group * block.group + int64_t{strip + r - block.strip} * plan.tilesWide * kTileCols,
          block.position, Winograd<M>::gradient);
    }
  });
}

// The transformed gradient of the weights: sums of products of transformed tiles
template <int M>
struct WinogradSums {
  static constexpr int kPositions = (M + 2) * (M + 2);
  static constexpr int kRows = kRegisters == 32 ? 8 : 4;
  static constexpr int64_t kSquare = kTileCols * kTileCols;
  static_assert(kTileCols % kRows == 0);

  const WinogradPlan& plan;
  int64_t pairs = int64_t{plan.outGroups} * plan.inGroups;

  int64_t floats() const { return kPositions * pairs * kSquare; }

  // One of the kPositions · pairs squares of d [position][outGroup][inGroup][kTileCols outputs][kTileCols
  // inputs]: what the tiles of a block make it, or, with `add`, make it grow by
  void multiply(int64_t square, const WinogradBlock& in, const WinogradBlock& out, const float* input,
                const float* gradient, bool add, float* d) const {
    const int64_t position = square / pairs, pair = square % pairs;
    const float* from = gradient + position * out.position + pair / plan.inGroups * out.group;
    const float* by = input + position * in.position + pair % plan.inGroups * in.group;
    for (int row = 0; row < kTileCols; row += kRows) {
      winogradTile<kRows, 1, kTileCols>(1, 0, 0, in.tiles, from + row, by, add,
                                        d + square * kSquare + row * kTileCols);
    }
  }

  // d += what lies floats() after it, and so on: `parts` in all
  void add(int32_t parts, float* d) const {
    if (parts < 2) return;
    parallel(kPositions * pairs, [&](int64_t square) {
      for (int64_t i = square * kSquare; i < (square + 1) * kSquare; i += kLanes) {
        vec sum = load(d + i);
        for (int32_t part = 1; part < parts; ++part) sum += load(d + part * floats() + i);
        store(d + i, sum);
      }
    });
  }

  // dw = Gᵀ d G of one pair of groups
  void finish(int64_t pair, const float* d, float* dw) const {
    const int32_t out = static_cast<int32_t>(pair / plan.inGroups) * kTileCols,
                  in = static_cast<int32_t>(pair % plan.inGroups) * kTileCols;
    const int32_t filled = plan.inChannels - in < kTileCols ? plan.inChannels - in : kTileCols;
    for (int32_t o = 0; o < kTileCols && out + o < plan.outChannels; ++o) {
      alignas(64) float taps[9 * kTileCols];
      for (int v = 0; v < kTileCols; v += kLanes) {
        transformTile<M + 2, 3>(d + pair * kSquare + o * kTileCols + v, (M + 2) * pairs * kSquare,
                                pairs * kSquare, taps + v, 3 * kTileCols, kTileCols,
                                Winograd<M>::weightGradient);
      }
      transposePlanes(taps, kTileCols, 9, filled, dw + (int64_t{out + o} * plan.inChannels + in) * 9, 9, 9);
    }
  }
};

// x (N, C, H, W), dy (N, K, oh, ow), dw (K, C, 3, 3), dbias (K) or null
template <int M>
void winogradBackwardWeight(const Conv2dShape& s, const float* x, const float* dy, float* dw, float* dbias) {
  constexpr int kPositions = (M + 2) * (M + 2);
  const WinogradPlan plan = winogradPlan<M>(s, false);
  const WinogradSums<M> sums = {plan};
  float* biases = scratchOf<float>(kTablesSlot, int64_t{plan.outGroups} * plan.strips * kTileCols);
  const auto transform = [&](const WinogradBlock& in, const WinogradBlock& out, int32_t group, int32_t begin,
                             int32_t end, float* v, float* g) {
    if (group < plan.inGroups) return transformInput<M>(plan, in, x, begin, end, group, v);
    const int32_t outGroup = group - plan.inGroups;
    transformGradient<M>(plan, out, dy, begin, end, outGroup, g,
                         biases + int64_t{outGroup} * plan.strips * kTileCols);
  };

  // What decides the order of sums does not depend on the width of a vector.
  const int64_t inChannels = ceilDiv(plan.inChannels, 16) * 16,
                outChannels = ceilDiv(plan.outChannels, 16) * 16;
  const int64_t stripFloats = (inChannels + outChannels) * kPositions * plan.tilesWide;
  const int64_t sumFloats = inChannels * outChannels * kPositions;
  int64_t wanted = kWinogradSums / sumFloats;
  wanted = wanted < kWinogradParts ? wanted : kWinogradParts;
  const bool own = wanted > 1 && plan.strips >= 2 * wanted;
  const Parts parts(plan.strips, own ? static_cast<int32_t>(wanted) : 1);
  int64_t strips =
      (own && sumFloats <= kCachedWinogradSums ? kCachedWinogradFloats : kWinogradFloats) / stripFloats;
  const int64_t least = ceilDiv(own ? kLeastWinogradTiles : 128, plan.tilesWide);
  if (strips < least) strips = least;
  float* d = scratchOf<float>(kWeightsSlot, parts.count * sums.floats());
  if (own) {
    parallel(parts.count, [&](int64_t unit) {
      const auto part = static_cast<int32_t>(unit);
      const Parts blocks(parts.size(part), static_cast<int32_t>(ceilDiv(parts.size(part), strips)));
      for (int32_t b = 0; b < blocks.count; ++b) {
        const int32_t first = parts.begin(part) + blocks.begin(b), count = blocks.size(b);
        const WinogradBlock in(plan, first, count, plan.inGroups), out(plan, first, count, plan.outGroups);
        float* v = scratchOf<float>(kWindowSlot, in.floats(kPositions));
        float* g = scratchOf<float>(kSumsSlot, out.floats(kPositions));
        for (int32_t group = 0; group < plan.inGroups + plan.outGroups; ++group) {
          transform(in, out, group, first, first + count, v, g);
        }
        for (int64_t square = 0; square < kPositions * sums.pairs; ++square) {
          sums.multiply(square, in, out, v, g, b > 0, d + unit * sums.floats());
        }
      }
    });
  } else {
    const Parts blocks(plan.strips, static_cast<int32_t>(ceilDiv(plan.strips, strips)));
    for (int32_t b = 0; b < blocks.count; ++b) {
      const int32_t first = blocks.begin(b), count = blocks.size(b);
      const WinogradBlock in(plan, first, count, plan.inGroups), out(plan, first, count, plan.outGroups);
      float* v = scratchOf<float>(kWindowSlot, in.floats(kPositions));
      float* g = scratchOf<float>(kSumsSlot, out.floats(kPositions));
      const Parts pieces = winogradParts(plan, count);
      parallel((int64_t{plan.inGroups} + plan.outGroups) * pieces.count, [&](int64_t unit) {
        const auto piece = static_cast<int32_t>(unit % pieces.count);
        transform(in, out, static_cast<int32_t>(unit / pieces.count), first + pieces.begin(piece),
                  first + pieces.begin(piece + 1), v, g);
      });
      parallel(kPositions * sums.pairs,
               [&](int64_t square) { sums.multiply(square, in, out, v, g, b > 0, d); });
    }
  }
  sums.add(parts.count, d);
  parallel(sums.pairs, [&](int64_t pair) { sums.finish(pair, d, dw); });
  if (dbias == nullptr) return;
  for (int32_t o = 0; o < plan.outChannels; ++o) {
    const float* part = biases + int64_t{o / kTileCols} * plan.strips * kTileCols + o % kTileCols;
    float total = 0.0f;
    for (int32_t strip = 0; strip < plan.strips; ++strip) total += part[int64_t{strip} * kTileCols];
    dbias[o] = total;
  }
}

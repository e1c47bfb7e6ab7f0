// The weight's gradient: for every tap (channel, row and column of the kernel) of an output channel the sum
// over images and pixels of x · dy. Lanes are output channels (dy transposed, x broadcast) or, for few
// channels, pixels.

constexpr int32_t kItemPixels = 256;  // pixels of one sum: their dy fits the first cache
constexpr int32_t kWantedChunks = 8;
constexpr int64_t kChunkElements = 1 << 19;  // of the weights of all chunks
constexpr int64_t kWantedWeightUnits = 16;

// An item is a few whole images or a few rows of one; a chunk is a few items whose sums are added up in
// order, and the chunks' sums in order. All depend on the shape alone.
struct WeightPlan {
  int32_t groups, inChannels, outChannels;  // channels of one group
  int32_t taps;                             // of one output channel: inChannels · kernelHeight · kernelWidth
  int32_t images;                           // of an item
  int32_t rowParts;                         // items of an image
  int32_t items, chunks;
  bool copies;
  Window window;
  int64_t imageStep;  // elements from one image's window in an item to the next
  int32_t* tapAt;     // [taps] offset in the window
  int32_t* pixelAt;   // [pixels of an item] offset in the window
};

// Images [image, image + images), output rows [row, row + rows)
struct WeightItem {
  int32_t image, images, row, rows;
};

WeightItem weightItem(const Conv2dShape& s, const WeightPlan& plan, int32_t item) {
  const int32_t image = item / plan.rowParts * plan.images, part = item % plan.rowParts;
  const Parts rows(s.outHeight, plan.rowParts);
  return {image, s.batch - image < plan.images ? s.batch - image : plan.images, rows.begin(part),
          rows.size(part)};
}

// Output rows of an item that is not whole images
int32_t itemRows(const Conv2dShape& s) {
  const int32_t rows = kItemPixels / s.outWidth;
  return rows < 1 ? 1 : rows > s.outHeight ? s.outHeight : rows;
}

// Whether lanes of pixels cost less than lanes of channels, in products of 16 lanes for an item. They need no
// transposed dy but compute the gaps between rows and end in sums over lanes. Depends on the shape alone.
bool pixelLanesPay(const Conv2dShape& s, int32_t outChannels, int32_t taps) {
  const int64_t gap = ceilDiv((int64_t{s.kernelWidth} - 1) * s.dilationWidth, s.strideWidth);
  const double flat = static_cast<double>(ceilDiv(itemRows(s) * (s.outWidth + gap), kSumLanes));
  const double pixels = static_cast<double>(itemRows(s)) * s.outWidth / kSumLanes;
  const double padded = static_cast<double>(ceilDiv(outChannels, kSumLanes) * kSumLanes);
  return outChannels * (taps * (1.2 * flat + 5) + 4 * flat) < padded * (taps * (pixels + 2) + 8 * pixels);
}

WeightPlan makeWeightPlan(const Conv2dShape& s, bool pixelLanes) {
  WeightPlan plan = {};
  plan.groups = s.groups;
  plan.inChannels = s.inChannels / s.groups;
  plan.outChannels = s.outChannels / s.groups;
  plan.taps = plan.inChannels * s.kernelHeight * s.kernelWidth;
  int32_t rows = itemRows(s);
  plan.rowParts = static_cast<int32_t>(ceilDiv(s.outHeight, rows));
  rows = static_cast<int32_t>(ceilDiv(s.outHeight, plan.rowParts));
  plan.images = plan.rowParts > 1 || pixelLanes ? 1 : kItemPixels / (s.outHeight * s.outWidth);
  if (plan.images > s.batch) plan.images = s.batch;
  plan.items = static_cast<int32_t>(ceilDiv(s.batch, plan.images) * plan.rowParts);
  const int64_t affordable = kChunkElements / (int64_t{s.outChannels} * plan.taps);
  plan.chunks = affordable < 1               ? 1
                : affordable < kWantedChunks ? static_cast<int32_t>(affordable)
                                             : kWantedChunks;
  if (plan.chunks > plan.items) plan.chunks = plan.items;

  const int32_t windowRows = (rows - 1) * s.strideHeight + (s.kernelHeight - 1) * s.dilationHeight + 1;
  const int32_t windowCols = (s.outWidth - 1) * s.strideWidth + (s.kernelWidth - 1) * s.dilationWidth + 1;
  const int32_t allRows = windowRows + (s.outHeight - rows) * s.strideHeight;
  const int64_t plane = int64_t{s.inHeight} * s.inWidth;
  plan.copies = pixelLanes || s.padTop > 0 || s.padLeft > 0 || allRows > s.inHeight ||
                windowCols > s.inWidth || (plan.inChannels > 8 && plane % 512 == 0);
  plan.window = plan.copies ? makeWindow(windowRows, windowCols, pixelLanes ? s.strideHeight : 1,
                                         pixelLanes ? s.strideWidth : 1)
                            : Window{s.inHeight, s.inWidth, 1, 1, plane, plane};
  plan.imageStep = plan.copies ? plan.inChannels * plan.window.plane : s.inChannels * plane;

  const int64_t pixels = pixelLanes ? 0 : int64_t{plan.images} * rows * s.outWidth;
  Arena arena(scratch(kTablesSlot, Arena::bytes<int32_t>(plan.taps) + Arena::bytes<int32_t>(pixels)));
  plan.tapAt = arena.take<int32_t>(plan.taps);
  plan.pixelAt = arena.take<int32_t>(pixels);
  int32_t* tapAt = plan.tapAt;
  for (int32_t c = 0; c < plan.inChannels; ++c) {
    for (int32_t a = 0; a < s.kernelHeight; ++a) {
      for (int32_t b = 0; b < s.kernelWidth; ++b) {
        *tapAt++ = static_cast<int32_t>(c * plan.window.plane +
                                        plan.window.offset(a * s.dilationHeight, b * s.dilationWidth));
      }
    }
  }
  for (int64_t p = 0; p < pixels; ++p) {
    const int64_t image = p / (rows * s.outWidth), row = p / s.outWidth % rows, col = p % s.outWidth;
    plan.pixelAt[p] = static_cast<int32_t>(image * plan.imageStep + row * s.strideHeight * plan.window.cols +
                                           col * s.strideWidth);
  }
  return plan;
}

// The windows of an item's images, in place or copied, zero in all gaps and for `readAhead` elements beyond
const float* itemWindow(const Conv2dShape& s, const WeightPlan& plan, const float* x, int32_t group,
                        const WeightItem& item, int64_t readAhead) {
  const int64_t plane = int64_t{s.inHeight} * s.inWidth;
  const float* planes = x + (int64_t{item.image} * s.groups + group) * plan.inChannels * plane;
  const int32_t row = item.row * s.strideHeight - s.padTop;
  if (!plan.copies) return planes + int64_t{row} * s.inWidth;
  float* window = scratchOf<float>(kWindowSlot, item.images * plan.imageStep + readAhead);
  for (int32_t i = 0; i < item.images; ++i) {
    fillWindow(planes + i * s.inChannels * plane, plan.inChannels, s.inHeight, s.inWidth, row, -s.padLeft,
               plan.window, window + i * plan.imageStep);
  }
  if (readAhead == 0) return window;
  const int64_t used = plan.window.subplane * plan.window.splitRows * plan.window.splitCols;
  for (int32_t c = 0; c < plan.inChannels; ++c) {
    std::memset(window + c * plan.window.plane + used, 0, sizeof(float) * (plan.window.plane - used));
  }
  std::memset(window + plan.imageStep, 0, sizeof(float) * readAhead);
  return window;
}

constexpr float kNoSums[kTileCols] = {};

// sums[kTileCols] (zeros at first) += the sum of the rows of x [rows][kTileCols]: every fourth row, those
// that are left with the first of them, then the four
void addRows(const float* x, int32_t rows, bool first, float* sums) {
  for (int32_t lane = 0; lane < kTileCols; lane += kLanes) {
    vec part[4] = {};
    int32_t r = 0;
    for (; r + 4 <= rows; r += 4) {
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) part[i] += load(x + int64_t{r + i} * kTileCols + lane);
    }
    for (; r < rows; ++r) part[0] += load(x + int64_t{r} * kTileCols + lane);
    store(sums + lane, load((first ? kNoSums : sums) + lane) + ((part[0] + part[1]) + (part[2] + part[3])));
  }
}

// How the taps fill tiles: the taps of a kernel's row are side by side in the window.
struct TapTiles {
  int32_t run;
  Parts runs;  // in tiles
  ChannelTile smaller, larger;
};
template <int kRun>
TapTiles tapTilesOfRuns(int32_t taps) {
  const Parts runs(taps / kRun, static_cast<int32_t>(ceilDiv(taps / kRun, kTileRows / kRun)));
  return {kRun, runs, channelTileOfRuns<kRun>(runs.smaller), channelTileOfRuns<kRun>(runs.largest())};
}
TapTiles tapTiles(const Conv2dShape& s, int32_t taps) {
  const int32_t run = s.dilationWidth == 1 ? s.kernelWidth : 1;
  if (run == 3) return tapTilesOfRuns<3>(taps);
  if (run == 5) return tapTilesOfRuns<5>(taps);
#if LR_TILE_ROWS >= 7
  if (run == 7) return tapTilesOfRuns<7>(taps);
#endif
  return tapTilesOfRuns<1>(taps);
}

// Adds an item's sums to [tiles][taps + 1][kTileCols] for the tiles [begin, end) of output channels; the last
// row of a tile is dbias.
void addItemChannels(const Conv2dShape& s, const WeightPlan& plan, const WeightItem& item, const float* x,
                     const float* dy, int32_t group, int32_t begin, int32_t end, bool first, float* sums) {
  static constexpr int32_t kZeros[kTileRows] = {};
  int32_t rowAt[kTileRows];
  for (int32_t i = 0; i < kTileRows; ++i) rowAt[i] = i * kTileCols;
  const int64_t plane = int64_t{s.outHeight} * s.outWidth;
  const int32_t pixels = item.rows * s.outWidth, allPixels = item.images * pixels;
  const TapTiles taps = tapTiles(s, plan.taps);
  const float* window = itemWindow(s, plan, x, group, item, 0);
  float* gradient = scratchOf<float>(kGradientSlot, int64_t{allPixels} * kTileCols);
  for (int32_t tile = begin; tile < end; ++tile) {
    const int32_t channel = tile * kTileCols;
    const int32_t filled = plan.outChannels - channel < kTileCols ? plan.outChannels - channel : kTileCols;
    for (int32_t i = 0; i < item.images; ++i) {
      const int64_t source = (int64_t{item.image} + i) * s.outChannels + group * plan.outChannels + channel;
      transposePlanes(dy + source * plane + int64_t{item.row} * s.outWidth, plane, filled, pixels,
                      gradient + int64_t{i} * pixels * kTileCols, kTileCols, kTileCols);
    }
    float* tileSums = sums + int64_t{tile} * (plan.taps + 1) * kTileCols;
    for (int32_t t = 0; t < taps.runs.count; ++t) {
      const int32_t tap = taps.runs.begin(t) * taps.run;
      float* out = tileSums + int64_t{tap} * kTileCols;
      (t < taps.runs.larger ? taps.larger : taps.smaller)(window, plan.tapAt + tap, plan.pixelAt, allPixels,
                                                          gradient, first ? kNoSums : out,
                                                          first ? kZeros : rowAt, out, rowAt);
    }
    addRows(gradient, allPixels, first, tileSums + int64_t{plan.taps} * kTileCols);
  }
}

void backwardWeightChannels(const Conv2dShape& s, const float* x, const float* dy, float* dw, float* dbias) {
  const WeightPlan plan = makeWeightPlan(s, false);
  const int32_t tiles = static_cast<int32_t>(ceilDiv(plan.outChannels, kTileCols));
  const int64_t tileElements = (int64_t{plan.taps} + 1) * kTileCols;
  const int64_t chunkElements = int64_t{plan.groups} * tiles * tileElements;
  float* sums = scratchOf<float>(kWeightsSlot, plan.chunks * chunkElements);
  int32_t slices = static_cast<int32_t>(ceilDiv(kWantedWeightUnits, int64_t{plan.chunks} * plan.groups));
  if (slices > tiles) slices = tiles;

  parallel(int64_t{plan.chunks} * plan.groups * slices, [&](int64_t unit) {
    const int32_t slice = static_cast<int32_t>(unit % slices),
                  group = static_cast<int32_t>(unit / slices % plan.groups);
    const int32_t chunk = static_cast<int32_t>(unit / slices / plan.groups);
    const Parts parts(tiles, slices), items(plan.items, plan.chunks);
    float* groupSums = sums + chunk * chunkElements + group * tiles * tileElements;
    for (int32_t i = 0; i < items.size(chunk); ++i) {
      addItemChannels(s, plan, weightItem(s, plan, items.begin(chunk) + i), x, dy, group, parts.begin(slice),
                      parts.begin(slice + 1), i == 0, groupSums);
    }
  });

  parallel(int64_t{plan.groups} * tiles, [&](int64_t unit) {
    const int32_t group = static_cast<int32_t>(unit / tiles),
                  channel = static_cast<int32_t>(unit % tiles) * kTileCols;
    const int32_t filled = plan.outChannels - channel < kTileCols ? plan.outChannels - channel : kTileCols;
    const int64_t first = int64_t{group} * plan.outChannels + channel;
    float* total = sums + unit * tileElements;
    for (int32_t chunk = 1; chunk < plan.chunks; ++chunk) {
      const float* part = total + chunk * chunkElements;
      for (int64_t i = 0; i < tileElements; i += kLanes) store(total + i, load(total + i) + load(part + i));
    }
    transposePlanes(total, kTileCols, plan.taps, filled, dw + first * plan.taps, plan.taps, plan.taps);
    if (dbias != nullptr)
      std::memcpy(dbias + first, total + int64_t{plan.taps} * kTileCols, sizeof(float) * filled);
  });
}

// Adds an item's sums to [outChannels][taps + 1][kSumLanes]; the last of a channel is dbias.
void addItemPixels(const Conv2dShape& s, const WeightPlan& plan, const WeightItem& item, const float* x,
                   const float* dy, int32_t group, float* sums) {
  const int32_t length = plan.window.cols;
  const int32_t blocks = static_cast<int32_t>(ceilDiv(int64_t{item.rows} * length, kSumLanes));
  const int64_t step = int64_t{blocks} * kSumLanes;
  const float* window =
      itemWindow(s, plan, x, group, item, kSumLanes + (s.kernelWidth - 1) * s.dilationWidth);
  float* gradient = scratchOf<float>(kGradientSlot, plan.outChannels * step);
  for (int32_t o = 0; o < plan.outChannels; ++o) {
    const int64_t channel = int64_t{item.image} * s.outChannels + group * plan.outChannels + o;
    const float* source = dy + (channel * s.outHeight + item.row) * s.outWidth;
    float* row = gradient + o * step;
    for (int32_t r = 0; r < item.rows; ++r, row += length, source += s.outWidth) {
      fillRow(source, 1, 0, s.outWidth, length, row);
    }
    for (; row < gradient + (o + 1) * step; ++row) *row = 0.0f;
    Lanes total(sums + ((int64_t{o} + 1) * (plan.taps + 1) - 1) * kSumLanes);
    Lanes part(0.0f);
    for (int64_t i = 0; i < step; i += kSumLanes) {
      const Lanes values(gradient + o * step + i);
      for (int v = 0; v < Lanes::kVectors; ++v) part.v[v] += values.v[v];
    }
    for (int v = 0; v < Lanes::kVectors; ++v) total.v[v] += part.v[v];
    total.storeTo(sums + ((int64_t{o} + 1) * (plan.taps + 1) - 1) * kSumLanes);
  }
  const int32_t outTiles = static_cast<int32_t>(ceilDiv(plan.outChannels, kDotOuts));
  const int32_t tapTiles =
      static_cast<int32_t>(ceilDiv(plan.taps, plan.outChannels == 1 ? kDotTapsOfOne : kDotTaps));
  const Parts outParts(plan.outChannels, outTiles), tapParts(plan.taps, tapTiles);
  for (int32_t a = 0; a < outTiles; ++a) {
    const int32_t out = outParts.begin(a);
    for (int32_t b = 0; b < tapTiles; ++b) {
      const int32_t tap = tapParts.begin(b);
      dotTileOf(outParts.size(a), tapParts.size(b))(
          gradient + out * step, step, window, plan.tapAt + tap, blocks,
          sums + (int64_t{out} * (plan.taps + 1) + tap) * kSumLanes, plan.taps + 1);
    }
  }
}

void backwardWeightPixels(const Conv2dShape& s, const float* x, const float* dy, float* dw, float* dbias) {
  const WeightPlan plan = makeWeightPlan(s, true);
  const int64_t groupElements = int64_t{plan.outChannels} * (plan.taps + 1) * kSumLanes;
  float* sums = scratchOf<float>(kWeightsSlot, int64_t{plan.chunks} * plan.groups * groupElements);
  parallel(int64_t{plan.chunks} * plan.groups, [&](int64_t unit) {
    const int32_t group = static_cast<int32_t>(unit % plan.groups),
                  chunk = static_cast<int32_t>(unit / plan.groups);
    float* groupSums = sums + unit * groupElements;
    std::memset(groupSums, 0, sizeof(float) * groupElements);
    const Parts items(plan.items, plan.chunks);
    for (int32_t i = items.begin(chunk); i < items.begin(chunk + 1); ++i) {
      addItemPixels(s, plan, weightItem(s, plan, i), x, dy, group, groupSums);
    }
  });
  parallel(s.outChannels, [&](int64_t channel) {
    for (int32_t tap = 0; tap <= plan.taps; ++tap) {
      const float* lanes = sums + (channel * (plan.taps + 1) + tap) * kSumLanes;
      Lanes total(lanes);
      for (int32_t chunk = 1; chunk < plan.chunks; ++chunk) {
        const Lanes part(lanes + chunk * plan.groups * groupElements);
        for (int v = 0; v < Lanes::kVectors; ++v) total.v[v] += part.v[v];
      }
      if (tap < plan.taps) {
        dw[channel * plan.taps + tap] = total.sum();
      } else if (dbias != nullptr) {
        dbias[channel] = total.sum();
      }
    }
  });
}

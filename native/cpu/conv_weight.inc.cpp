// The weight's gradient: for every tap (channel, row and column of the kernel) of an output channel the sum
// over images and pixels of x · dy. Lanes are output channels (dy transposed, x broadcast), input channels
// (both transposed, dy broadcast), which gives the same bits, or, for few of both, pixels.

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
  int64_t imageStep;     // elements from one image's window in an item to the next
  int64_t windowPixels;  // of the rows of an item in one plane
  int32_t* tapAt;        // [taps] offset in the window
  int32_t* pixelAt;      // [pixels of an item] offset in the window
  int32_t* inputAt;      // [pixels of an item] offset in the transposed window
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

enum class WeightLanes { kOutputs, kInputs, kPixels };

// The lanes that cost least, in products of 16 lanes for an item. Those of pixels need no transposed dy but
// compute the gaps between rows and end in sums over lanes. Depends on the shape alone.
WeightLanes weightLanes(const Conv2dShape& s) {
  const int32_t outs = s.outChannels / s.groups, ins = s.inChannels / s.groups,
                taps = s.kernelHeight * s.kernelWidth;
  const int64_t gap = ceilDiv((int64_t{s.kernelWidth} - 1) * s.dilationWidth, s.strideWidth);
  const double flat = static_cast<double>(ceilDiv(itemRows(s) * (s.outWidth + gap), kSumLanes));
  const double pixels = static_cast<double>(itemRows(s)) * s.outWidth / kSumLanes;
  const double window = pixels * s.strideHeight * s.strideWidth;
  const double paddedOuts = static_cast<double>(ceilDiv(outs, kSumLanes) * kSumLanes),
               paddedIns = static_cast<double>(ceilDiv(ins, kSumLanes) * kSumLanes);
  const double byOutputs = paddedOuts * (double{1} * ins * taps * (pixels + 2) + 8 * pixels);
  const double byInputs =
      paddedIns * (double{1} * outs * taps * (pixels + 2) + 8 * window) + paddedOuts * 8 * pixels;
  const double byPixels = outs * (double{1} * ins * taps * (1.2 * flat + 5) + 4 * flat);
  if (byPixels < byOutputs && byPixels < byInputs) return WeightLanes::kPixels;
  return byInputs < 0.9 * byOutputs ? WeightLanes::kInputs : WeightLanes::kOutputs;
}

WeightPlan makeWeightPlan(const Conv2dShape& s, WeightLanes lanes) {
  const bool pixelLanes = lanes == WeightLanes::kPixels;
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
  plan.windowPixels = int64_t{windowRows} * plan.window.cols;
  plan.imageStep = plan.copies ? plan.inChannels * plan.window.plane : s.inChannels * plane;

  const int64_t pixels = pixelLanes ? 0 : int64_t{plan.images} * rows * s.outWidth;
  Arena arena(scratch(kTablesSlot, Arena::bytes<int32_t>(plan.taps) + 2 * Arena::bytes<int32_t>(pixels)));
  plan.tapAt = arena.take<int32_t>(plan.taps);
  plan.pixelAt = arena.take<int32_t>(pixels);
  plan.inputAt = arena.take<int32_t>(pixels);
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
    const int64_t pixel = row * s.strideHeight * plan.window.cols + col * s.strideWidth;
    plan.pixelAt[p] = static_cast<int32_t>(image * plan.imageStep + pixel);
    plan.inputAt[p] = static_cast<int32_t>((image * plan.windowPixels + pixel) * kTileCols);
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

// dy of an item for one tile of output channels: [pixel][kTileCols]
void transposeGradient(const Conv2dShape& s, const WeightPlan& plan, const WeightItem& item, const float* dy,
                       int32_t group, int32_t tile, float* gradient) {
  const int32_t channel = tile * kTileCols, pixels = item.rows * s.outWidth;
  const int32_t filled = plan.outChannels - channel < kTileCols ? plan.outChannels - channel : kTileCols;
  const int64_t plane = int64_t{s.outHeight} * s.outWidth;
  for (int32_t i = 0; i < item.images; ++i) {
    const int64_t source = (int64_t{item.image} + i) * s.outChannels + group * plan.outChannels + channel;
    transposePlanes(dy + source * plane + int64_t{item.row} * s.outWidth, plane, filled, pixels,
                    gradient + int64_t{i} * pixels * kTileCols, kTileCols, kTileCols);
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
void addItemOutputs(const Conv2dShape& s, const WeightPlan& plan, const WeightItem& item, const float* x,
                    const float* dy, int32_t group, int32_t begin, int32_t end, bool first, float* sums) {
  static constexpr int32_t kZeros[kTileRows] = {};
  int32_t rowAt[kTileRows];
  for (int32_t i = 0; i < kTileRows; ++i) rowAt[i] = i * kTileCols;
  const int32_t allPixels = item.images * item.rows * s.outWidth;
  const TapTiles taps = tapTiles(s, plan.taps);
  const float* window = itemWindow(s, plan, x, group, item, 0);
  float* gradient = scratchOf<float>(kGradientSlot, int64_t{allPixels} * kTileCols);
  for (int32_t tile = begin; tile < end; ++tile) {
    transposeGradient(s, plan, item, dy, group, tile, gradient);
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

void backwardWeightOutputs(const Conv2dShape& s, const float* x, const float* dy, float* dw, float* dbias) {
  const WeightPlan plan = makeWeightPlan(s, WeightLanes::kOutputs);
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
      addItemOutputs(s, plan, weightItem(s, plan, items.begin(chunk) + i), x, dy, group, parts.begin(slice),
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

// How lanes of input channels lay out their sums: [input tile][tap of a plane][outChannels][kTileCols], then
// dbias
struct InputSums {
  int32_t taps, inTiles, outTiles;
  int64_t tap, tile, elements;

  InputSums(const Conv2dShape& s, const WeightPlan& plan)
      : taps(s.kernelHeight * s.kernelWidth),
        inTiles(static_cast<int32_t>(ceilDiv(plan.inChannels, kTileCols))),
        outTiles(static_cast<int32_t>(ceilDiv(plan.outChannels, kTileCols))),
        tap(int64_t{plan.outChannels} * kTileCols),
        tile(taps * tap),
        elements(inTiles * tile + int64_t{outTiles} * kTileCols) {}
  float* dbias(float* sums) const { return sums + inTiles * tile; }
};

// Adds an item's sums for the tiles [begin, end) of input channels, and dbias with the first of them.
void addItemInputs(const Conv2dShape& s, const WeightPlan& plan, const InputSums& layout,
                   const WeightItem& item, const float* x, const float* dy, int32_t group, int32_t begin,
                   int32_t end, bool first, float* sums) {
  const int32_t allPixels = item.images * item.rows * s.outWidth;
  const int64_t tileInputs = item.images * plan.windowPixels * kTileCols;
  const float* window = itemWindow(s, plan, x, group, item, 0);
  const int32_t windowRows = (item.rows - 1) * s.strideHeight + (s.kernelHeight - 1) * s.dilationHeight + 1;
  float* inputs = scratchOf<float>(kSumsSlot, (end - begin) * tileInputs);
  for (int32_t tile = begin; tile < end; ++tile) {
    const int32_t channel = tile * kTileCols;
    const int32_t filled = plan.inChannels - channel < kTileCols ? plan.inChannels - channel : kTileCols;
    for (int32_t i = 0; i < item.images; ++i) {
      transposePlanes(window + i * plan.imageStep + channel * plan.window.plane, plan.window.plane, filled,
                      int64_t{windowRows} * plan.window.cols,
                      inputs + (tile - begin) * tileInputs + i * plan.windowPixels * kTileCols, kTileCols,
                      kTileCols);
    }
  }
  float* gradient = scratchOf<float>(kGradientSlot, int64_t{allPixels} * kTileCols);
  for (int32_t outTile = 0; outTile < layout.outTiles; ++outTile) {
    transposeGradient(s, plan, item, dy, group, outTile, gradient);
    if (begin == 0) addRows(gradient, allPixels, first, layout.dbias(sums) + int64_t{outTile} * kTileCols);
    const int32_t channel = outTile * kTileCols;
    const int32_t filled = plan.outChannels - channel < kTileCols ? plan.outChannels - channel : kTileCols;
    const Parts rows(filled, static_cast<int32_t>(ceilDiv(filled, kTileRows)));
    const InputTile smaller = inputTileOf(rows.smaller), larger = inputTileOf(rows.largest());
    for (int32_t tile = begin; tile < end; ++tile) {
      for (int32_t tap = 0; tap < layout.taps; ++tap) {
        const int64_t shift =
            plan.window.offset(tap / s.kernelWidth * s.dilationHeight, tap % s.kernelWidth * s.dilationWidth);
        const float* shifted = inputs + (tile - begin) * tileInputs + shift * kTileCols;
        for (int32_t r = 0; r < rows.count; ++r) {
          (r < rows.larger ? larger : smaller)(
              gradient + rows.begin(r), shifted, plan.inputAt, allPixels, first,
              sums + tile * layout.tile + tap * layout.tap + (channel + rows.begin(r)) * int64_t{kTileCols});
        }
      }
    }
  }
}

void backwardWeightInputs(const Conv2dShape& s, const float* x, const float* dy, float* dw, float* dbias) {
  const WeightPlan plan = makeWeightPlan(s, WeightLanes::kInputs);
  const InputSums layout(s, plan);
  const int64_t chunkElements = plan.groups * layout.elements;
  float* sums = scratchOf<float>(kWeightsSlot, plan.chunks * chunkElements);
  int32_t slices = static_cast<int32_t>(ceilDiv(kWantedWeightUnits, int64_t{plan.chunks} * plan.groups));
  if (slices > layout.inTiles) slices = layout.inTiles;
  parallel(int64_t{plan.chunks} * plan.groups * slices, [&](int64_t unit) {
    const int32_t slice = static_cast<int32_t>(unit % slices),
                  group = static_cast<int32_t>(unit / slices % plan.groups),
                  chunk = static_cast<int32_t>(unit / slices / plan.groups);
    const Parts parts(layout.inTiles, slices), items(plan.items, plan.chunks);
    for (int32_t i = 0; i < items.size(chunk); ++i) {
      addItemInputs(s, plan, layout, weightItem(s, plan, items.begin(chunk) + i), x, dy, group,
                    parts.begin(slice), parts.begin(slice + 1), i == 0,
                    sums + chunk * chunkElements + group * layout.elements);
    }
  });
  for (int32_t chunk = 1; chunk < plan.chunks; ++chunk) {
    for (int64_t i = 0; i < chunkElements; i += kLanes) {
      store(sums + i, load(sums + i) + load(sums + chunk * chunkElements + i));
    }
  }
  for (int32_t channel = 0; channel < s.outChannels; ++channel) {
    const int32_t group = channel / plan.outChannels, out = channel % plan.outChannels;
    float* total = sums + group * layout.elements;
    for (int32_t tile = 0; tile < layout.inTiles; ++tile) {
      const int32_t in = tile * kTileCols,
                    filled = plan.inChannels - in < kTileCols ? plan.inChannels - in : kTileCols;
      transposePlanes(total + tile * layout.tile + out * int64_t{kTileCols}, layout.tap, layout.taps, filled,
                      dw + (int64_t{channel} * plan.inChannels + in) * layout.taps, layout.taps, layout.taps);
    }
    if (dbias != nullptr) dbias[channel] = layout.dbias(total)[out];
  }
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
  const WeightPlan plan = makeWeightPlan(s, WeightLanes::kPixels);
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

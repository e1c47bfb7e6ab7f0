// The forward pass and the input's gradient: one correlation of zero-padded planes with packed weights, with
// lanes of channels or lanes of pixels. Both give the same bits (the order of the sums is in conv.inc.cpp),
// so the choice is a matter of speed.

constexpr int32_t kRunSteps = 192;  // longest run of products in one sum: its weights fit the first cache
constexpr int64_t kBlockBytes = 384 * 1024;    // what a unit keeps in the second cache
constexpr int64_t kUnitProducts = 256 * 1024;  // units for the threads' sake are no smaller
constexpr int64_t kWantedUnits = 32;
constexpr int64_t kBlockPixels = 64;  // a block of output rows has no fewer if the image has them

constexpr int32_t runsOf(int32_t steps) {
  return steps <= kRunSteps ? 1 : (steps + kRunSteps - 1) / kRunSteps;
}

// in (batch, groups · inChannels, inHeight, inWidth) -> out (batch, groups · outChannels, outHeight,
// outWidth)
struct Correlation {
  int32_t batch, groups;
  int32_t inChannels, inHeight, inWidth;  // channels of one group
  int32_t outChannels, outHeight, outWidth;
  int32_t kernelHeight, kernelWidth;
  int32_t rowPhases, colPhases;
  int64_t weightOut, weightIn;  // elements from one output (input) channel's weights to the next
};

Correlation forwardCorrelation(const Conv2dShape& s) {
  const int32_t inChannels = s.inChannels / s.groups, taps = s.kernelHeight * s.kernelWidth;
  return {.batch = s.batch,
          .groups = s.groups,
          .inChannels = inChannels,
          .inHeight = s.inHeight,
          .inWidth = s.inWidth,
          .outChannels = s.outChannels / s.groups,
          .outHeight = s.outHeight,
          .outWidth = s.outWidth,
          .kernelHeight = s.kernelHeight,
          .kernelWidth = s.kernelWidth,
          .rowPhases = 1,
          .colPhases = 1,
          .weightOut = int64_t{inChannels} * taps,
          .weightIn = taps};
}
Correlation backwardCorrelation(const Conv2dShape& s) {
  const int32_t outChannels = s.inChannels / s.groups, taps = s.kernelHeight * s.kernelWidth;
  return {.batch = s.batch,
          .groups = s.groups,
          .inChannels = s.outChannels / s.groups,
          .inHeight = s.outHeight,
          .inWidth = s.outWidth,
          .outChannels = outChannels,
          .outHeight = s.inHeight,
          .outWidth = s.inWidth,
          .kernelHeight = s.kernelHeight,
          .kernelWidth = s.kernelWidth,
          .rowPhases = s.strideHeight,
          .colPhases = s.strideWidth,
          .weightOut = taps,
          .weightIn = int64_t{outChannels} * taps};
}

// The outputs that share their taps: one phase of the rows with one of the columns
struct Phase {
  const Axis* rows;
  const Axis* cols;
  int32_t steps;         // inChannels · taps
  int64_t stepsBefore;   // of the phases before
  int64_t pixelsBefore;  // in a block
  int64_t source;        // offset in the window of the first pixel's first tap
};

// What the units share, in scratch memory of the calling thread
struct CorrelationPlan {
  Correlation c;
  bool channelLanes;
  bool copies;                   // whether a unit copies its window or reads the input where it is
  int32_t blocks, blockRows;     // of output rows; blockRows is a multiple of rowPhases
  int32_t lanes;                 // outChannels, for channel lanes in whole tiles of kTileCols
  int32_t slices;                // units of a block: each has a part of the tiles
  int32_t tiles;                 // of output channels
  Window window;                 // what a block reads
  int32_t windowRow, windowCol;  // where the first block's begins in the input
  int32_t windowRowStep;         // from there to the next block's
  int32_t windowRows;            // input rows of a block
  int32_t phases;
  Phase* phase;
  int32_t* stepAt;   // [steps of all phases] offset in the window
  int32_t* pixelAt;  // [pixels of a block, phase after phase] offset in the window; channel lanes alone
  int32_t* outAt;    // the same in the block's output of kTileCols channels a pixel
  float* bias;       // [groups][lanes], zeros without bias
  float* weights;    // [groups][phase][tile][steps][channels of the tile]
};

// The input positions that the first `count` positions of every phase of an axis read
void windowRange(const Axis* axes, int32_t phases, int32_t count, int32_t* begin, int32_t* end) {
  *begin = INT32_MAX;
  *end = INT32_MIN;
  for (int32_t p = 0; p < phases; ++p) {
    const Axis& axis = axes[p];
    const int32_t positions = axis.count < count ? axis.count : count;
    if (axis.taps == 0 || positions == 0) continue;
    const int32_t last = axis.origin + (positions - 1) * axis.stride + (axis.taps - 1) * axis.dilation + 1;
    if (axis.origin < *begin) *begin = axis.origin;
    if (last > *end) *end = last;
  }
  if (*begin > *end) *begin = *end = 0;
}

// Rows of output that a unit computes: as many as the second cache holds with what they read
int32_t rowsPerBlock(const Correlation& c, bool channelLanes) {
  const int64_t inRow = int64_t{c.inChannels} * c.inWidth * c.inHeight / c.outHeight + 1;
  const int64_t outRow = int64_t{c.outWidth} * (channelLanes ? kTileCols : c.outChannels);
  const int64_t fitting = kBlockBytes / 4 / (inRow + outRow);
  const int64_t products = int64_t{c.kernelHeight} * c.kernelWidth * c.inChannels * c.outChannels *
                               c.outWidth / (int64_t{c.rowPhases} * c.colPhases) +
                           1;
  const int64_t worthwhile = ceilDiv(kUnitProducts, products);
  const int64_t spread = ceilDiv(int64_t{c.batch} * c.groups * c.outHeight, kWantedUnits);
  const int64_t enough = ceilDiv(kBlockPixels, c.outWidth);
  int64_t rows = worthwhile > spread ? worthwhile : spread;
  if (rows < enough) rows = enough;
  if (rows > fitting) rows = fitting;
  if (rows > c.outHeight) rows = c.outHeight;
  if (rows < 1) rows = 1;
  rows = ceilDiv(c.outHeight, ceilDiv(c.outHeight, rows));
  return static_cast<int32_t>(ceilDiv(rows, c.rowPhases) * c.rowPhases);
}

// Parts of the output channels, where there are too few blocks for the threads
int32_t channelSlices(const Correlation& c, int32_t tiles, int32_t blocks) {
  const int64_t units = int64_t{c.batch} * c.groups * blocks;
  const int64_t products = int64_t{c.outHeight} * c.outWidth * c.outChannels * c.inChannels * c.kernelHeight *
                           c.kernelWidth / (int64_t{c.rowPhases} * c.colPhases) / blocks;
  const int64_t worthwhile = products / kUnitProducts;
  int64_t slices = ceilDiv(kWantedUnits, units);
  if (slices > worthwhile) slices = worthwhile;
  if (slices > tiles) slices = tiles;
  return slices < 1 ? 1 : static_cast<int32_t>(slices);
}

// Pixels of a panel of the pixel tiles
int32_t panelPixels(const Correlation& c) {
  return pixelTileVectors(
             Parts(c.outChannels, static_cast<int32_t>(ceilDiv(c.outChannels, kTileRows))).largest()) *
         kLanes;
}

// Whether lanes of channels cost less. They compute whole tiles of channels and transpose what they computed;
// lanes of pixels compute the columns between the rows too, or where there are none the rest of a panel, and
// one or two channels do not feed the multipliers. The constants are measured, in steps of one tile.
bool channelLanesPay(const Correlation& c, int32_t windowCols) {
  const double steps = double(c.inChannels) * c.kernelHeight * c.kernelWidth / c.rowPhases / c.colPhases;
  const double channels = static_cast<double>(ceilDiv(c.outChannels, kTileCols) * kTileCols);
  const int64_t cols = ceilDiv(c.outWidth, c.colPhases), panel = panelPixels(c);
  const int64_t pixels = int64_t{c.outHeight} * c.outWidth;
  const bool dense = windowCols == cols;
  const double computed = dense ? double(ceilDiv(pixels, panel) * panel) / pixels : double(windowCols) / cols;
  const double slowness = c.outChannels < 3 ? 1.5 : dense ? 1.0 : 1.05;
  return channels * (steps + 12) < c.outChannels * computed * slowness * (steps + 6);
}

// Weights of the output channels [begin, begin + lanes) of a group: for every phase [steps][lanes], zero
// beyond the last channel
void packWeights(const CorrelationPlan& plan, const float* w, int64_t group, int32_t begin, int32_t lanes) {
  const Correlation& c = plan.c;
  const int64_t steps = int64_t{c.inChannels} * c.kernelHeight * c.kernelWidth;
  const float* source = w + group * steps * c.outChannels + begin * c.weightOut;
  const int32_t filled = c.outChannels - begin < lanes ? c.outChannels - begin : lanes;
  for (int32_t p = 0; p < plan.phases; ++p) {
    const Phase& phase = plan.phase[p];
    const Axis &rows = *phase.rows, &cols = *phase.cols;
    float* packed = plan.weights + group * steps * plan.lanes + phase.stepsBefore * plan.lanes +
                    int64_t{begin} * phase.steps;
    if (c.weightOut == steps && rows.tapStep == 1 && cols.tapStep == 1) {
      transposePlanes(source, steps, filled, steps, packed, lanes, lanes);
      continue;
    }
    if (c.weightOut * c.inChannels == steps && plan.phases == 1) {
      for (int32_t i = 0; i < c.inChannels; ++i) {
        transposePlanes(source + i * c.weightIn, c.weightOut, filled, c.weightOut,
                        packed + ((i + 1) * c.weightOut - 1) * lanes, -lanes, lanes);
      }
      continue;
    }
    for (int32_t i = 0; i < c.inChannels; ++i) {
      for (int32_t a = 0; a < rows.taps; ++a) {
        const int32_t row = (rows.firstTap + a * rows.tapStep) * c.kernelWidth + cols.firstTap;
        const float* from = source + i * c.weightIn + row;
        for (int32_t b = 0; b < cols.taps; ++b, packed += lanes) {
          for (int32_t o = 0; o < filled; ++o) packed[o] = from[o * c.weightOut + b * cols.tapStep];
          for (int32_t o = filled; o < lanes; ++o) packed[o] = 0.0f;
        }
      }
    }
  }
}

CorrelationPlan makePlan(const Conv2dShape& s, bool backward, const float* w, const float* bias) {
  CorrelationPlan plan = {};
  Correlation& c = plan.c;
  c = backward ? backwardCorrelation(s) : forwardCorrelation(s);
  plan.phases = c.rowPhases * c.colPhases;
  const int64_t steps = int64_t{c.inChannels} * c.kernelHeight * c.kernelWidth;

  const int32_t widest = (c.outWidth - 1) * (backward ? 1 : s.strideWidth) / c.colPhases + 1;
  plan.channelLanes = channelLanesPay(c, widest + (c.kernelWidth - 1) * s.dilationWidth / c.colPhases);
  plan.tiles = static_cast<int32_t>(ceilDiv(c.outChannels, plan.channelLanes ? kTileCols : kTileRows));
  plan.lanes = plan.channelLanes ? plan.tiles * kTileCols : c.outChannels;
  plan.blockRows = rowsPerBlock(c, plan.channelLanes);
  plan.blocks = static_cast<int32_t>(ceilDiv(c.outHeight, plan.blockRows));
  plan.slices = channelSlices(c, plan.tiles, plan.blocks);

  const int64_t pixels = plan.channelLanes ? int64_t{plan.blockRows} * c.outWidth : 0;
  Arena arena(scratch(kTablesSlot, Arena::bytes<Axis>(c.rowPhases) + Arena::bytes<Axis>(c.colPhases) +
                                       Arena::bytes<Phase>(plan.phases) + Arena::bytes<int32_t>(steps) +
                                       2 * Arena::bytes<int32_t>(pixels) +
                                       Arena::bytes<float>(int64_t{c.groups} * plan.lanes)));
  Axis* rowAxes = arena.take<Axis>(c.rowPhases);
  Axis* colAxes = arena.take<Axis>(c.colPhases);
  plan.phase = arena.take<Phase>(plan.phases);
  plan.stepAt = arena.take<int32_t>(steps);
  plan.pixelAt = arena.take<int32_t>(pixels);
  plan.outAt = arena.take<int32_t>(pixels);
  plan.bias = arena.take<float>(int64_t{c.groups} * plan.lanes);

  for (int32_t p = 0; p < c.rowPhases; ++p) {
    rowAxes[p] = backward
                     ? backwardAxis(s.inHeight, s.kernelHeight, s.strideHeight, s.padTop, s.dilationHeight, p)
                     : forwardAxis(s.outHeight, s.kernelHeight, s.strideHeight, s.padTop, s.dilationHeight);
  }
  for (int32_t p = 0; p < c.colPhases; ++p) {
    colAxes[p] = backward
                     ? backwardAxis(s.inWidth, s.kernelWidth, s.strideWidth, s.padLeft, s.dilationWidth, p)
                     : forwardAxis(s.outWidth, s.kernelWidth, s.strideWidth, s.padLeft, s.dilationWidth);
  }

  int32_t rowEnd, colEnd, lastRow;
  windowRange(rowAxes, c.rowPhases, c.outHeight, &plan.windowRow, &lastRow);
  windowRange(rowAxes, c.rowPhases, plan.blockRows / c.rowPhases, &plan.windowRow, &rowEnd);
  windowRange(colAxes, c.colPhases, c.outWidth, &plan.windowCol, &colEnd);
  plan.windowRows = rowEnd - plan.windowRow;
  plan.windowRowStep = plan.blockRows / c.rowPhases * rowAxes[0].stride;
  const int32_t rowSplit = plan.channelLanes ? 1 : rowAxes[0].stride,
                colSplit = plan.channelLanes ? 1 : colAxes[0].stride;
  plan.window = makeWindow(rowEnd - plan.windowRow, colEnd - plan.windowCol, rowSplit, colSplit);
  const int64_t plane = int64_t{c.inHeight} * c.inWidth;
  plan.copies = plan.windowRow < 0 || lastRow > c.inHeight || plan.windowCol < 0 || colEnd > c.inWidth ||
                rowSplit > 1 || colSplit > 1 || (c.inChannels > 8 && plane % 512 == 0);
  if (!plan.copies) plan.window = {c.inHeight, c.inWidth, 1, 1, plane, plane};

  int64_t stepsBefore = 0, pixelsBefore = 0;
  for (int32_t p = 0; p < plan.phases; ++p) {
    const Axis &rows = rowAxes[p / c.colPhases], &cols = colAxes[p % c.colPhases];
    Phase& phase = plan.phase[p];
    phase = {&rows, &cols, c.inChannels * rows.taps * cols.taps, stepsBefore, pixelsBefore, 0};
    if (phase.steps > 0) {
      phase.source = plan.window.offset(rows.origin - plan.windowRow, cols.origin - plan.windowCol);
    }
    int32_t* stepAt = plan.stepAt + stepsBefore;
    for (int32_t i = 0; i < c.inChannels; ++i) {
      for (int32_t a = 0; a < rows.taps; ++a) {
        for (int32_t b = 0; b < cols.taps; ++b) {
          *stepAt++ = static_cast<int32_t>(i * plan.window.plane +
                                           plan.window.offset(a * rows.dilation, b * cols.dilation));
        }
      }
    }
    if (plan.channelLanes) {
      int32_t *pixelAt = plan.pixelAt + pixelsBefore, *outAt = plan.outAt + pixelsBefore;
      for (int32_t i = 0; rows.first + i * rows.step < plan.blockRows; ++i) {
        for (int32_t j = 0; j < cols.count; ++j, ++pixelsBefore) {
          *pixelAt++ =
              static_cast<int32_t>(phase.source) + i * rows.stride * plan.window.cols + j * cols.stride;
          *outAt++ = ((rows.first + i * rows.step) * c.outWidth + cols.first + j * cols.step) * kTileCols;
        }
      }
    }
    stepsBefore += phase.steps;
  }

  for (int64_t i = 0; i < int64_t{c.groups} * plan.lanes; ++i) {
    const int64_t group = i / plan.lanes, channel = i % plan.lanes;
    plan.bias[i] = bias != nullptr && channel < c.outChannels ? bias[group * c.outChannels + channel] : 0.0f;
  }
  plan.weights = scratchOf<float>(kWeightsSlot, steps * c.groups * plan.lanes);
  parallel(int64_t{c.groups} * plan.tiles, [&](int64_t unit) {
    const int32_t tile = static_cast<int32_t>(unit % plan.tiles);
    const Parts tiles(plan.lanes, plan.tiles);
    packWeights(plan, w, unit / plan.tiles, tiles.begin(tile), tiles.size(tile));
  });
  return plan;
}

// Output rows [row, row + rows) of one group's channels of one image: out + row · outWidth of every channel's
// plane
struct Block {
  int32_t group, row, rows;
  int32_t tileBegin, tileEnd;  // of output channels
  const float* x;              // the window
  float* out;                  // (outChannels, outHeight, outWidth)
};

// The window of a block, in place or copied to scratch memory; `readAhead` elements beyond what is needed may
// be read.
const float* blockWindow(const CorrelationPlan& plan, const float* in, int64_t image, int32_t group,
                         int32_t block, int64_t readAhead) {
  const Correlation& c = plan.c;
  const int64_t plane = int64_t{c.inHeight} * c.inWidth;
  const float* planes = in + (image * c.groups + group) * c.inChannels * plane;
  const int32_t row = plan.windowRow + block * plan.windowRowStep;
  const int64_t size = c.inChannels * plan.window.plane;
  if (plan.copies) {
    float* window = scratchOf<float>(kWindowSlot, size + readAhead);
    fillWindow(planes, c.inChannels, c.inHeight, c.inWidth, row, plan.windowCol, plan.window, window);
    return window;
  }
  const int64_t first = static_cast<int64_t>(row) * c.inWidth + plan.windowCol;
  const int64_t channelsLeft =
      int64_t{c.batch} * c.groups * c.inChannels - (image * c.groups + group) * c.inChannels;
  const int64_t end = first + (c.inChannels - 1) * plane + int64_t{plan.windowRows} * c.inWidth + readAhead;
  if (readAhead == 0 || end <= channelsLeft * plane) return planes + first;
  float* copy = scratchOf<float>(kWindowSlot, size + readAhead);
  const int64_t left = plane - first, needed = int64_t{plan.windowRows} * c.inWidth;
  for (int32_t i = 0; i < c.inChannels; ++i) {
    std::memcpy(copy + i * plane + first, planes + i * plane + first,
                sizeof(float) * (left < needed ? left : needed));
  }
  return copy + first;
}

// Lanes are channels: tiles of pixels into [pixels of the block][kTileCols], then transposed to planes.
void correlateChannels(const CorrelationPlan& plan, const Block& block) {
  static constexpr int32_t kZeros[kTileRows] = {};
  const Correlation& c = plan.c;
  const int64_t steps = int64_t{c.inChannels} * c.kernelHeight * c.kernelWidth;
  const float* groupWeights = plan.weights + block.group * steps * plan.lanes;
  float* sums = scratchOf<float>(kSumsSlot, int64_t{block.rows} * c.outWidth * kTileCols);
  for (int32_t channelTile = block.tileBegin; channelTile < block.tileEnd; ++channelTile) {
    const int32_t channel = channelTile * kTileCols;
    const float* bias = plan.bias + block.group * plan.lanes + channel;
    for (int32_t p = 0; p < plan.phases; ++p) {
      const Phase& phase = plan.phase[p];
      const int32_t rows = (block.rows - phase.rows->first + phase.rows->step - 1) / phase.rows->step;
      const int32_t pixels = rows < 1 ? 0 : rows * phase.cols->count;
      if (pixels == 0) continue;
      // Tiles of pixels side by side, or, in narrow images, of pixels of several rows
      const bool byRows = phase.cols->stride <= 2 && 2 * phase.cols->count >= kTileRows;
      const int32_t spans = byRows ? rows : 1, span = pixels / spans;
      const Parts heights(span, static_cast<int32_t>(ceilDiv(span, kTileRows)));
      const Parts runs(phase.steps, runsOf(phase.steps));
      const int32_t stride = byRows ? phase.cols->stride : 0;
      const ChannelTile smaller = channelTileOf(heights.smaller, stride),
                        larger = channelTileOf(heights.largest(), stride);
      const float* weights = groupWeights + phase.stepsBefore * plan.lanes + int64_t{channel} * phase.steps;
      const int32_t *pixelAt = plan.pixelAt + phase.pixelsBefore, *outAt = plan.outAt + phase.pixelsBefore;
      for (int32_t run = 0; run < runsOf(phase.steps); ++run) {
        const int32_t* stepAt = plan.stepAt + phase.stepsBefore + runs.begin(run);
        const float* runWeights = weights + int64_t{runs.begin(run)} * kTileCols;
        for (int32_t first = 0; first < pixels;) {
          for (int32_t t = 0; t < heights.count; ++t) {
            (t < heights.larger ? larger : smaller)(block.x, pixelAt + first, stepAt, runs.size(run),
                                                    runWeights, run == 0 ? bias : sums,
                                                    run == 0 ? kZeros : outAt + first, sums, outAt + first);
            first += heights.size(t);
          }
        }
      }
    }
    const int32_t filled = c.outChannels - channel < kTileCols ? c.outChannels - channel : kTileCols;
    const int64_t plane = int64_t{c.outHeight} * c.outWidth;
    transposePlanes(sums, kTileCols, block.rows * c.outWidth, filled,
                    block.out + channel * plane + int64_t{block.row} * c.outWidth, plane,
                    block.rows * c.outWidth);
  }
}

// Lanes are pixels: panels of the rows laid end to end, with the columns between them, which are dropped.
void correlatePixels(const CorrelationPlan& plan, const Block& block) {
  const Correlation& c = plan.c;
  const Parts heights(c.outChannels, plan.tiles);
  const int32_t panel = panelPixels(c), vectors = panel / kLanes;
  const PixelTile smaller = pixelTileOf(heights.smaller, vectors),
                  larger = pixelTileOf(heights.largest(), vectors);
  const int64_t steps = int64_t{c.inChannels} * c.kernelHeight * c.kernelWidth;
  const int64_t plane = int64_t{c.outHeight} * c.outWidth;
  const float* bias = plan.bias + block.group * plan.lanes;
  for (int32_t p = 0; p < plan.phases; ++p) {
    const Phase& phase = plan.phase[p];
    const int32_t rows = (block.rows - phase.rows->first + phase.rows->step - 1) / phase.rows->step;
    const int32_t cols = phase.cols->count, rowLength = plan.window.cols;
    if (rows < 1 || cols < 1) continue;
    const bool dense = plan.phases == 1 && cols == rowLength;
    const int32_t flat = (rows - 1) * rowLength + cols, panels = static_cast<int32_t>(ceilDiv(flat, panel));
    // Dense and long sums go through all tiles panel by panel, short ones tile by tile, close to the first
    // cache
    const int32_t tilesAtOnce = dense || runsOf(phase.steps) > 1 ? block.tileEnd - block.tileBegin : 1;
    float* sums = scratchOf<float>(kSumsSlot, int64_t{tilesAtOnce} * heights.largest() * panels * panel);
    float* out = block.out + int64_t{block.row + phase.rows->first} * c.outWidth + phase.cols->first;
    const float* weights = plan.weights + (block.group * steps + phase.stepsBefore) * c.outChannels;
    const Parts runs(phase.steps, runsOf(phase.steps));
    for (int32_t begin = block.tileBegin; begin < block.tileEnd; begin += tilesAtOnce) {
      const int32_t channelBegin = heights.begin(begin), channelEnd = heights.begin(begin + tilesAtOnce);
      const auto multiply = [&](int32_t run, int32_t at) {
        const int32_t* stepAt = plan.stepAt + phase.stepsBefore + runs.begin(run);
        const bool inPlace = dense && at + panel <= flat;
        for (int32_t t = begin; t < begin + tilesAtOnce; ++t) {
          const int32_t channel = heights.begin(t);
          (t < heights.larger ? larger : smaller)(
              block.x + phase.source + at, stepAt, runs.size(run),
              weights + int64_t{channel} * phase.steps + int64_t{runs.begin(run)} * heights.size(t),
              run == 0 ? bias + channel : nullptr,
              inPlace ? out + channel * plane + at
                      : sums + int64_t{channel - channelBegin} * panels * panel + at,
              inPlace ? plane : panels * panel);
        }
      };
      // Dense sums stay in the first cache until they are whole; else weights do, run after run.
      const int32_t atOnce = dense ? panel : flat;
      for (int32_t from = 0; from < flat; from += atOnce) {
        for (int32_t run = 0; run < runsOf(phase.steps); ++run) {
          for (int32_t at = from; at < flat && at < from + atOnce; at += panel) multiply(run, at);
        }
      }
      const int32_t inPlace = dense ? flat / panel * panel : 0;
      for (int32_t channel = channelBegin; channel < channelEnd; ++channel) {
        const float* from = sums + int64_t{channel - channelBegin} * panels * panel;
        float* to = out + channel * plane;
        if (dense) {
          copyRow(from + inPlace, flat - inPlace, to + inPlace);
          continue;
        }
        for (int32_t row = 0; row < rows;
             ++row, from += rowLength, to += int64_t{phase.rows->step} * c.outWidth) {
          if (phase.cols->step == 1) {
            copyRow(from, cols, to);
          } else {
            for (int32_t col = 0; col < cols; ++col) to[int64_t{col} * phase.cols->step] = from[col];
          }
        }
      }
    }
  }
}

// The relu of what a block has written, while it is in the cache
void reluOfBlock(const CorrelationPlan& plan, const Block& block) {
  const Correlation& c = plan.c;
  const Parts heights(c.outChannels, plan.tiles);
  const int32_t begin = plan.channelLanes ? block.tileBegin * kTileCols : heights.begin(block.tileBegin);
  const int32_t end = plan.channelLanes ? block.tileEnd * kTileCols : heights.begin(block.tileEnd);
  for (int32_t channel = begin; channel < end && channel < c.outChannels; ++channel) {
    relu(block.out + (int64_t{channel} * c.outHeight + block.row) * c.outWidth,
         int64_t{block.rows} * c.outWidth);
  }
}

void correlate(const Conv2dShape& s, bool backward, const float* in, const float* w, const float* bias,
               float* out) {
  const CorrelationPlan plan = makePlan(s, backward, w, bias);
  const Correlation& c = plan.c;
  const int64_t readAhead = plan.channelLanes ? 0 : 8 * kLanes;
  parallel(int64_t{c.batch} * c.groups * plan.blocks * plan.slices, [&](int64_t unit) {
    const int32_t slice = static_cast<int32_t>(unit % plan.slices);
    const int32_t index = static_cast<int32_t>(unit / plan.slices % plan.blocks);
    const int64_t planes = unit / plan.slices / plan.blocks;  // image and group
    const int32_t row = index * plan.blockRows;
    const Parts slices(plan.tiles, plan.slices);
    const Block block = {
        static_cast<int32_t>(planes % c.groups),
        row,
        c.outHeight - row < plan.blockRows ? c.outHeight - row : plan.blockRows,
        slices.begin(slice),
        slices.begin(slice + 1),
        blockWindow(plan, in, planes / c.groups, static_cast<int32_t>(planes % c.groups), index, readAhead),
        out + planes * c.outChannels * c.outHeight * c.outWidth,
    };
    (plan.channelLanes ? correlateChannels : correlatePixels)(plan, block);
    if (s.relu && !backward) reluOfBlock(plan, block);
  });
}

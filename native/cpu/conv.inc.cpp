// conv2d, forward and backward: the choice of an algorithm by shape, at the end of this file, and what the
// direct ones promise. No copy of the image per tap (im2col), but zero-padded planes of what a unit of work
// reads, packed weights and register tiles. Each of the last two files is an algorithm; to add one: its file
// and its line in the choice.
//   conv_tile.inc.cpp       the register tiles
//   conv_window.inc.cpp     padded planes, the phases of strided gradients, transposes
//   conv_correlate.inc.cpp  forward and backward-input
//   conv_weight.inc.cpp     backward-weight
//   conv_depthwise.inc.cpp  3 by 3, stride 1, a channel a group, all passes
//   conv_winograd.inc.cpp   3 by 3, stride 1, all passes, with an order of sums of its own
//
// The order of every sum is part of the definition: the same for any number of threads, and, where
// multiply-adds are fused, for any instruction set. A chain is a sequence of multiply-adds from zero.
// - y: products in the order (input channel, kernel row, kernel column), the zeros of the padding included,
//   cut into ceil(products / kRunSteps) even runs, a chain each; y = bias + run + run + ...
// - dx: the same in the order (output channel, kernel row, kernel column), rows and columns descending, over
//   the taps that reach the pixel.
// - dw, dbias: an item is some whole images or some rows of one, kItemPixels pixels at the most or one row.
//   Its products in the order (image, row, column) are a chain, or kSumLanes chains of every kSumLanes-th
//   pixel. Items are added in order within a chunk, then chunks in order.
// Zeros take part: beside the padding, and for dw of few channels between rows, an infinity becomes a NaN.
// Offsets within one group of one image are int32_t.

void relu(float* y, int64_t n) {
  forEachElement(0, n, [=](int64_t i, auto type) { write(y + i, Relu{}(read<decltype(type)>(y + i))); });
}

// clang-format off: helpers first
#include "cpu/conv_tile.inc.cpp"
#include "cpu/conv_window.inc.cpp"
#include "cpu/conv_correlate.inc.cpp"
#include "cpu/conv_weight.inc.cpp"
#include "cpu/conv_depthwise.inc.cpp"
#include "cpu/conv_winograd.inc.cpp"
// clang-format on

// Kernels of 3 by 3, stride 1, no dilation, of which the input's gradient is a convolution with padding >= 0
bool isThreeByThree(const Conv2dShape& s) {
  return s.kernelHeight == 3 && s.kernelWidth == 3 && s.strideHeight == 1 && s.strideWidth == 1 &&
         s.dilationHeight == 1 && s.dilationWidth == 1 && s.padTop >= 0 && s.padTop <= 2 && s.padLeft >= 0 &&
         s.padLeft <= 2;
}
bool isDepthwise(const Conv2dShape& s) {
  return isThreeByThree(s) && s.groups == s.inChannels && s.groups == s.outChannels;
}

// The algorithm of a shape, the same for all instruction sets. Winograd's transforms cost what its products
// save up to about 32 channels.
ConvAlgorithm convAlgorithm(const Conv2dShape& s) {
  if (!isThreeByThree(s) || s.groups != 1) return kConvDirect;
  if (s.algorithm != kConvAuto) return static_cast<ConvAlgorithm>(s.algorithm);
  return s.inChannels >= 32 && s.outChannels >= 32 ? kConvWinograd4 : kConvDirect;
}

// x (N, C, H, W), w (K, C / groups, kh, kw), bias (K) or null, y (N, K, oh, ow)
void conv2dForward(const Conv2dShape& s, const float* x, const float* w, const float* bias, float* y) {
  const ConvAlgorithm algorithm = convAlgorithm(s);
  if (algorithm == kConvWinograd2) return winogradCorrelate<2>(s, false, x, w, bias, {y});
  if (algorithm == kConvWinograd4) return winogradCorrelate<4>(s, false, x, w, bias, {y});
  (isDepthwise(s) ? depthwiseCorrelate : correlate)(s, false, x, w, bias, y);
}

// Winograd's output tiles are whole windows, channel by channel side by side.
bool fusesMaxPool(const Conv2dShape& s) { return convAlgorithm(s) != kConvDirect; }

// y and index (N, K, oh / 2, ow / 2)
void conv2dMaxPoolForward(const Conv2dShape& s, const float* x, const float* w, const float* bias, float* y,
                          int32_t* index) {
  (convAlgorithm(s) == kConvWinograd2 ? winogradCorrelate<2> : winogradCorrelate<4>)(s, false, x, w, bias,
                                                                                     {y, index});
}

// dy (N, K, oh, ow), w (K, C / groups, kh, kw), dx (N, C, H, W)
void conv2dBackwardInput(const Conv2dShape& s, const float* dy, const float* w, float* dx) {
  const ConvAlgorithm algorithm = convAlgorithm(s);
  if (algorithm == kConvWinograd2) return winogradCorrelate<2>(s, true, dy, w, nullptr, {dx});
  if (algorithm == kConvWinograd4) return winogradCorrelate<4>(s, true, dy, w, nullptr, {dx});
  (isDepthwise(s) ? depthwiseCorrelate : correlate)(s, true, dy, w, nullptr, dx);
}

// x (N, C, H, W), dy (N, K, oh, ow), dw (K, C / groups, kh, kw), dbias (K) or null
void conv2dBackwardWeight(const Conv2dShape& s, const float* x, const float* dy, float* dw, float* dbias) {
  const ConvAlgorithm algorithm = convAlgorithm(s);
  if (algorithm == kConvWinograd2) return winogradBackwardWeight<2>(s, x, dy, dw, dbias);
  if (algorithm == kConvWinograd4) return winogradBackwardWeight<4>(s, x, dy, dw, dbias);
  if (isDepthwise(s)) return depthwiseBackwardWeight(s, x, dy, dw, dbias);
  switch (weightLanes(s)) {
    case WeightLanes::kOutputs:
      return backwardWeightOutputs(s, x, dy, dw, dbias);
    case WeightLanes::kInputs:
      return backwardWeightInputs(s, x, dy, dw, dbias);
    case WeightLanes::kPixels:
      return backwardWeightPixels(s, x, dy, dw, dbias);
  }
}

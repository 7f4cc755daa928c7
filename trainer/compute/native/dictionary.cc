// The sparse dictionary operations: decode, the hierarchical loss with its gradients, the encoder's gradient. Every output
// is the same whatever the number of threads.
#include "dictionary.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <vector>

#include "gemm.h"
#include "isa.h"
#include "napi.h"
#include "pages.h"
#include "pool.h"

namespace residua {
namespace {

// Rows whose acts, indices and shares of gradients stay in a second-level cache while all slices of columns pass.
constexpr int64_t kSliceRows = 256;
// Rows taken at once where columns are copied together first: enough to pay for the copies.
constexpr int64_t kPassRows = 4096;
// Copying columns pays from this many acts per feature on.
constexpr int64_t kActsPerCopiedRow = 2;

void clear(float* x, int64_t n) {
  constexpr int64_t kGrain = 1 << 16;
  parallel_for(n, kGrain, [&](int64_t i, int64_t end) { std::memset(x + i, 0, (size_t)(end - i) * sizeof(float)); });
}

void expect_indices(Call& call, const int32_t* indices, int64_t n, int64_t features) {
  int32_t least = 0, most = 0;
  for (int64_t i = 0; i < n; i++) {
    least = std::min(least, indices[i]);
    most = std::max(most, indices[i]);
  }
  if (least < 0 || most >= features) {
    call.refuse("indices_BK: expected 0.." + std::to_string(features - 1) + ", got " +
                std::to_string(least < 0 ? least : most) + ". Are acts and decoder from one dictionary?");
  }
}

// decode(acts, indices, decoder, bias, out, B, D, F, K)
void decode(Call& call) {
  const int64_t B = call.size(5, "B"), D = call.size(6, "D"), F = call.size(7, "F"), K = call.size(8, "K");
  const float* acts = call.floats(0, "acts_BK", B * K);
  const int32_t* indices = call.ints(1, "indices_BK", B * K);
  const float* decoder = call.floats(2, "decoder_FD", F * D);
  const float* bias = call.floats(3, "decoderBias_D", D);
  float* out = call.floats(4, "reconstruction_BD", B * D);
  expect_indices(call, indices, B * K, F);
  constexpr int64_t kGrain = 64;
  parallel_for(B, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; b++) {
      std::memcpy(out + b * D, bias, D * sizeof(float));
      for (int64_t i = 0; i < K; i++) {
        const float act = acts[b * K + i];
        if (act != 0) isa().axpy(act, decoder + indices[b * K + i] * D, out + b * D, D);
      }
    }
  });
}

// One thread's copy of a slice of the decoder and of its gradient: at the matrices' own stride, often a multiple of 1 KiB,
// their rows would share a few sets of the cache and need a page each.
struct SliceCopy {
  Pages pages;
  float* decoder;
  float* gradient;

  static SliceCopy& take(int64_t features, int64_t columns) {
    static thread_local SliceCopy copy;
    copy.decoder = static_cast<float*>(copy.pages.take((size_t)(2 * features * columns) * sizeof(float)));
    copy.gradient = copy.decoder + features * columns;
    return copy;
  }
};

void copy_columns(const float* source, int64_t source_stride, float* out, int64_t out_stride, int64_t rows, int width) {
  for (int64_t r = 0; r < rows; r++) std::memcpy(out + r * out_stride, source + r * source_stride, width * sizeof(float));
}

// A slice on copies of its columns.
double hierarchical_copied(HierarchicalSlice slice, int64_t features, bool adds) {
  const SliceCopy& copy = SliceCopy::take(features, slice.width);
  float* gradient = slice.grad_decoder;
  copy_columns(slice.decoder, slice.stride, copy.decoder, slice.width, features, slice.width);
  if (adds) {
    copy_columns(gradient, slice.stride, copy.gradient, slice.width, features, slice.width);
  } else {
    std::memset(copy.gradient, 0, (size_t)(features * slice.width) * sizeof(float));
  }
  slice.decoder = copy.decoder;
  slice.grad_decoder = copy.gradient;
  slice.decoder_stride = slice.width;
  const double squares = isa().hierarchical_slice(slice);
  copy_columns(copy.gradient, slice.width, gradient, slice.stride, features, slice.width);
  return squares;
}

// Sums the slices' shares of the gradients of acts, in the slices' order.
void add_shares(const float* shares, int64_t slices, int64_t n, float* out) {
  constexpr int64_t kGrain = 16384;
  parallel_for(n, kGrain, [&](int64_t i, int64_t end) {
    std::memcpy(out + i, shares + i, (size_t)(end - i) * sizeof(float));
    for (int64_t s = 1; s < slices; s++) isa().axpy(1.0f, shares + s * n + i, out + i, end - i);
  });
}

// hierarchical(target, acts, indices, decoder, bias, budgets, recon, gradActs, gradDecoder, gradBias, B, D, F, K) -> loss
void hierarchical(Call& call) {
  const int64_t B = call.size(10, "B"), D = call.size(11, "D"), F = call.size(12, "F"), K = call.size(13, "K");
  HierarchicalSlice all{};
  all.target = call.floats(0, "target_BD", B * D);
  all.acts = call.floats(1, "acts_BK", B * K);
  all.indices = call.ints(2, "indices_BK", B * K);
  all.decoder = call.floats(3, "decoder_FD", F * D);
  all.bias = call.floats(4, "decoderBias_D", D);
  int64_t budget_count = 0;
  const int32_t* budgets = call.ints(5, "budgets", &budget_count);
  all.reconstruction = call.floats(6, "reconstruction_BD", B * D);
  float* grad_acts = call.floats(7, "gradActs_BK", B * K);
  all.grad_decoder = call.floats(8, "gradDecoder_FD", F * D);
  all.grad_bias = call.floats(9, "gradDecoderBias_D", D);
  expect_indices(call, all.indices, B * K, F);
  std::vector<uint8_t> in_budgets((size_t)K, 0);
  for (int64_t j = 0; j < budget_count; j++) {
    if (budgets[j] < 1 || budgets[j] > K) call.refuse("expected budgets in 1..K, got another");
    in_budgets[budgets[j] - 1] = 1;
  }
  const double norm = (double)budget_count * (double)B * (double)D;
  all.in_budgets = in_budgets.data();
  all.k = K;
  all.stride = all.decoder_stride = D;
  all.scale = (float)(2 / norm);

  const bool copies = std::min(B, kPassRows) * K >= kActsPerCopiedRow * F;
  const int64_t width = isa().slice_width, slices = (D + width - 1) / width;
  const int64_t step = copies ? kPassRows : kSliceRows;
  std::memset(all.grad_bias, 0, (size_t)D * sizeof(float));
  if (!copies) clear(all.grad_decoder, F * D);
  static thread_local Pages pages;
  float* shares = static_cast<float*>(pages.take((size_t)(slices * std::min(B, step) * K) * sizeof(float)));
  std::vector<double> squares((size_t)slices, 0.0);
  for (int64_t b = 0; b < B; b += step) {
    HierarchicalSlice some = all;
    some.rows = std::min(step, B - b);
    some.target += b * D;
    some.reconstruction += b * D;
    some.acts += b * K;
    some.indices += b * K;
    parallel_chunks(slices, [&](int64_t s) {
      HierarchicalSlice slice = some;
      const int64_t d = s * width;
      slice.width = (int)std::min(width, D - d);
      slice.target += d;
      slice.reconstruction += d;
      slice.bias += d;
      slice.grad_bias += d;
      slice.decoder += d;
      slice.grad_decoder += d;
      slice.grad_acts = shares + s * some.rows * K;
      squares[s] += copies ? hierarchical_copied(slice, F, b > 0) : isa().hierarchical_slice(slice);
    });
    add_shares(shares, slices, some.rows * K, grad_acts + b * K);
  }
  double sum = 0;
  for (double square : squares) sum += square;
  call.give(sum / norm);
}

// Acts with their gradients, feature by feature and in each by row.
struct ByFeature {
  ByFeature(const int32_t* indices, const float* acts, const float* grad_acts, int64_t rows, int64_t k, int64_t features)
      : starts((size_t)features + 1, 0), bias((size_t)features, 0.0f) {
    for (int64_t i = 0; i < rows * k; i++) starts[indices[i] + 1] += acts[i] > 0;
    for (int64_t f = 0; f < features; f++) starts[f + 1] += starts[f];
    row.resize((size_t)starts[features]);
    gradient.resize(row.size());
    std::vector<int32_t> next(starts.begin(), starts.end() - 1);
    for (int64_t i = 0; i < rows * k; i++) {
      if (!(acts[i] > 0)) continue;
      const int32_t at = next[indices[i]]++;
      row[at] = (int32_t)(i / k);
      gradient[at] = grad_acts[i];
      bias[indices[i]] += grad_acts[i];
    }
  }
  std::vector<int32_t> starts, row;
  std::vector<float> gradient, bias;
};

// encoderGradient(hidden, acts, indices, gradActs, encoder, gradEncoder, gradBias, gradHidden, B, D, F, K)
void encoder_gradient(Call& call) {
  const int64_t B = call.size(8, "B"), D = call.size(9, "D"), F = call.size(10, "F"), K = call.size(11, "K");
  const float* hidden = call.floats(0, "hidden_BD", B * D);
  const float* acts = call.floats(1, "acts_BK", B * K);
  const int32_t* indices = call.ints(2, "indices_BK", B * K);
  const float* grad_acts = call.floats(3, "gradActs_BK", B * K);
  EncoderGradientSlice all{};
  all.encoder = call.floats(4, "encoder_FD", F * D);
  all.grad_encoder = call.floats(5, "gradEncoder_FD", F * D);
  float* grad_bias = call.floats(6, "gradEncoderBias_F", F);
  all.grad_hidden = call.floats(7, "gradHidden_D", D);
  expect_indices(call, indices, B * K, F);
  all.features = F;
  all.stride = D;
  std::memset(all.grad_hidden, 0, (size_t)D * sizeof(float));
  std::memset(grad_bias, 0, (size_t)F * sizeof(float));
  const int64_t width = isa().slice_width;
  for (int64_t b = 0; b < B; b += kPassRows) {
    const int64_t rows = std::min(kPassRows, B - b);
    const ByFeature sorted(indices + b * K, acts + b * K, grad_acts + b * K, rows, K, F);
    isa().axpy(1.0f, sorted.bias.data(), grad_bias, F);
    parallel_chunks((D + width - 1) / width, [&](int64_t s) {
      EncoderGradientSlice slice = all;
      const int64_t d = s * width;
      slice.width = (int)std::min(width, D - d);
      static thread_local Pages pages;
      float* copy = static_cast<float*>(pages.take((size_t)(rows * width) * sizeof(float)));
      if (slice.width < width) std::memset(copy, 0, (size_t)(rows * width) * sizeof(float));
      for (int64_t r = 0; r < rows; r++) {
        std::memcpy(copy + r * width, hidden + (b + r) * D + d, slice.width * sizeof(float));
      }
      slice.hidden = copy;
      slice.starts = sorted.starts.data();
      slice.rows = sorted.row.data();
      slice.gradients = sorted.gradient.data();
      slice.grad_bias = sorted.bias.data();
      slice.encoder += d;
      slice.grad_encoder += d;
      slice.grad_hidden += d;
      slice.adds = b > 0;
      isa().encoder_gradient_slice(slice);
    });
  }
}

const Binding bindings[] = {
    {"decode", decode},
    {"hierarchical", hierarchical},
    {"encoderGradient", encoder_gradient},
};

}  // namespace
}  // namespace residua

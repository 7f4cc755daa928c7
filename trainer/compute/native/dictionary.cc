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
#include "pool.h"

namespace residua {
namespace {

// Rows whose acts, indices and shares of gradients stay in a second-level cache while all slices of columns pass.
constexpr int64_t kSliceRows = 256;

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

// hierarchical(target, acts, indices, decoder, bias, budgets, recon, gradActs, gradDecoder, gradBias, B, D, F, K) -> loss.
// gradDecoder and gradBias come in as zeros.
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
  all.stride = D;
  all.scale = (float)(2 / norm);

  const int64_t width = isa().slice_width, slices = (D + width - 1) / width;
  float* shares = scratch(kCaller, (size_t)(slices * std::min(B, kSliceRows) * K));
  std::vector<double> squares((size_t)slices, 0.0);
  for (int64_t b = 0; b < B; b += kSliceRows) {
    const int64_t rows = std::min(kSliceRows, B - b);
    parallel_chunks(slices, [&](int64_t s) {
      HierarchicalSlice slice = all;
      const int64_t d = s * width;
      slice.target += b * D + d;
      slice.acts += b * K;
      slice.indices += b * K;
      slice.decoder += d;
      slice.bias += d;
      slice.rows = rows;
      slice.width = (int)std::min(width, D - d);
      slice.reconstruction += b * D + d;
      slice.grad_acts = shares + s * rows * K;
      slice.grad_decoder += d;
      slice.grad_bias += d;
      squares[s] += isa().hierarchical_slice(slice);
    });
    std::memcpy(grad_acts + b * K, shares, (size_t)(rows * K) * sizeof(float));
    for (int64_t s = 1; s < slices; s++) isa().axpy(1.0f, shares + s * rows * K, grad_acts + b * K, rows * K);
  }
  double sum = 0;
  for (double square : squares) sum += square;
  call.give(sum / norm);
}

// encoderGradient(hidden, acts, indices, gradActs, encoder, gradEncoder, gradBias, gradHidden, B, D, F, K); outputs come
// in as zeros.
void encoder_gradient(Call& call) {
  const int64_t B = call.size(8, "B"), D = call.size(9, "D"), F = call.size(10, "F"), K = call.size(11, "K");
  EncoderGradientSlice all{};
  all.hidden = call.floats(0, "hidden_BD", B * D);
  const float* acts = call.floats(1, "acts_BK", B * K);
  all.indices = call.ints(2, "indices_BK", B * K);
  const float* grad_acts = call.floats(3, "gradActs_BK", B * K);
  const float* encoder = call.floats(4, "encoder_FD", F * D);
  all.grad_encoder = call.floats(5, "gradEncoder_FD", F * D);
  float* grad_bias = call.floats(6, "gradEncoderBias_F", F);
  float* grad_hidden = call.floats(7, "gradHidden_D", D);
  expect_indices(call, all.indices, B * K, F);
  std::vector<float> gradients((size_t)(B * K));
  for (int64_t i = 0; i < B * K; i++) {
    gradients[i] = acts[i] > 0 ? grad_acts[i] : 0.0f;
    grad_bias[all.indices[i]] += gradients[i];
  }
  all.rows = B;
  all.k = K;
  all.stride = D;
  const int64_t width = isa().slice_width;
  parallel_chunks((D + width - 1) / width, [&](int64_t s) {
    EncoderGradientSlice slice = all;
    const int64_t d = s * width;
    slice.hidden += d;
    slice.grad_acts = gradients.data();
    slice.width = (int)std::min(width, D - d);
    slice.grad_encoder += d;
    isa().encoder_gradient_slice(slice);
    // A row's gradient is the sum of g_k w_k; over all rows each feature's own is met with its bias's gradient.
    for (int64_t f = 0; f < F; f++) {
      if (grad_bias[f] != 0) isa().axpy(grad_bias[f], encoder + f * D + d, grad_hidden + d, slice.width);
    }
  });
}

const Binding bindings[] = {
    {"decode", decode},
    {"hierarchical", hierarchical},
    {"encoderGradient", encoder_gradient},
};

}  // namespace
}  // namespace residua

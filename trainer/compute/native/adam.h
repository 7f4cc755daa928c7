// Adam's update of a parameter in place; for a dictionary's decoder also with every row kept at norm 1.
#pragma once
#include <cstdint>

namespace residua {

struct AdamSettings {
  double learningRate, beta1, beta2, epsilon;
  int64_t step;  // 1-based
  double gradientScale;
  double weightDecay;  // AdamW's, apart from the gradient (1711.05101)
  bool unitRows;
};

// Bias-corrected Adam (1412.6980) on [rows, cols]. With unitRows the gradient first loses its part along each row, and
// each row is then divided by its norm (Bricken et al. 2023, appendix). Moments see the projected gradient.
void adam_update(float* parameter, const float* gradient, float* first, float* second, int64_t rows, int64_t cols,
                 const AdamSettings& settings);

// Sum of the gradient's squares; with unit_rows [rows, cols] (else null) of what is left without its part along them.
double sum_of_squares(const float* gradient, const float* unit_rows, int64_t rows, int64_t cols);

}  // namespace residua

// Adam, row by row, shared out among threads.
#include "adam.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "isa.h"
#include "napi.h"
#include "pool.h"

namespace residua {
namespace {

constexpr int64_t kGrain = 16384;

// What a row's squared norm counts as at least: a zero row stays zero instead of becoming NaN.
constexpr float kSmallestSquare = 1e-30f;

void update_unit_row(float* row, const float* gradient, float* first, float* second, int64_t cols, const float* table) {
  float* projected = scratch(kTileA, cols);
  std::memcpy(projected, gradient, cols * sizeof(float));
  const float square = std::max(isa().dot(row, row, cols), kSmallestSquare);
  isa().axpy(-isa().dot(row, gradient, cols) / square, row, projected, cols);
  isa().adam(row, projected, first, second, cols, table);
  isa().scale(1.0f / std::sqrt(std::max(isa().dot(row, row, cols), kSmallestSquare)), row, cols);
}

// adam(parameter, gradient, firstMoment, secondMoment, rows, cols, learningRate, beta1, beta2, epsilon, step,
//      gradientScale, weightDecay, unitRows): all in place.
void adam(Call& call) {
  const int64_t rows = call.size(4, "rows"), cols = call.size(5, "cols"), n = rows * cols;
  float* parameter = call.floats(0, "parameter", n);
  const float* gradient = call.floats(1, "gradient", n);
  float *first = call.floats(2, "firstMoment", n), *second = call.floats(3, "secondMoment", n);
  const AdamSettings settings{call.number(6, "learningRate"), call.number(7, "beta1"), call.number(8, "beta2"),
                              call.number(9, "epsilon"), call.size(10, "step"), call.number(11, "gradientScale"),
                              call.number(12, "weightDecay"), call.flag(13, "unitRows")};
  if (settings.step < 1) call.refuse("expected step from 1, got 0");
  adam_update(parameter, gradient, first, second, rows, cols, settings);
}

// sumOfSquares(gradient, unitRows or null, rows, cols): of the gradient, without its part along each of those rows.
void squares(Call& call) {
  const int64_t rows = call.size(2, "rows"), cols = call.size(3, "cols");
  const float* gradient = call.floats(0, "gradient", rows * cols);
  const float* unit_rows = call.optional_floats(1, "unitRows", rows * cols);
  call.give(sum_of_squares(gradient, unit_rows, rows, cols));
}

const Binding bindings[] = {{"adam", adam}, {"sumOfSquares", squares}};

}  // namespace

void adam_update(float* parameter, const float* gradient, float* first, float* second, int64_t rows, int64_t cols,
                 const AdamSettings& s) {
  const double correction1 = 1 - std::pow(s.beta1, (double)s.step), correction2 = 1 - std::pow(s.beta2, (double)s.step);
  const float table[] = {(float)s.gradientScale,
                         (float)s.beta1,
                         (float)(1 - s.beta1),
                         (float)s.beta2,
                         (float)(1 - s.beta2),
                         (float)(s.learningRate / correction1),
                         (float)(1 / std::sqrt(correction2)),
                         (float)s.epsilon,
                         (float)(1 - s.learningRate * s.weightDecay)};
  if (!s.unitRows) {
    parallel_for(rows * cols, kGrain, [&](int64_t i, int64_t end) {
      isa().adam(parameter + i, gradient + i, first + i, second + i, end - i, table);
    });
    return;
  }
  parallel_for(rows, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, cols)), [&](int64_t r, int64_t end) {
    for (; r < end; r++) {
      const int64_t at = r * cols;
      update_unit_row(parameter + at, gradient + at, first + at, second + at, cols, table);
    }
  });
}

double sum_of_squares(const float* gradient, const float* unit_rows, int64_t rows, int64_t cols) {
  const int64_t grain = std::max<int64_t>(1, kGrain / std::max<int64_t>(1, cols));
  std::vector<double> partial((rows + grain - 1) / grain);
  parallel_for(rows, grain, [&](int64_t r, int64_t end) {
    double& total = partial[r / grain];
    for (; r < end; r++) {
      const float* row = gradient + r * cols;
      const double square = isa().dot(row, row, cols);
      if (!unit_rows) {
        total += square;
        continue;
      }
      const float* unit = unit_rows + r * cols;
      const double along = isa().dot(row, unit, cols), length = isa().dot(unit, unit, cols);
      total += std::max(0.0, square - along * along / std::max(length, (double)kSmallestSquare));
    }
  });
  double total = 0;
  for (double part : partial) total += part;
  return total;
}

}  // namespace residua

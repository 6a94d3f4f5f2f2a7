// Blurs an image with 5 x 5 weights, row by row.
#include <cstdio>
#include <cstring>
#include <vector>

#include "seeded.hpp"

int main(int count, char** arguments) {
  constexpr int kWidth = 1536, kHeight = 1024, kReach = 2;
  constexpr float kWeights[5] = {1.f / 16, 4.f / 16, 6.f / 16, 4.f / 16, 1.f / 16};
  std::vector<float> image(kWidth * kHeight), blurred(kWidth * kHeight);
  Seeded seeded;
  for (float& pixel : image) pixel = static_cast<float>(seeded.next() >> 56);
  if (count > 1 && std::strcmp(arguments[1], "setup") == 0) return 0;
  for (int y = kReach; y < kHeight - kReach; ++y)
    for (int x = kReach; x < kWidth - kReach; ++x) {
      float sum = 0;
      for (int dy = -kReach; dy <= kReach; ++dy)
        for (int dx = -kReach; dx <= kReach; ++dx)
          sum += kWeights[dy + kReach] * kWeights[dx + kReach] * image[(y + dy) * kWidth + x + dx];
      blurred[y * kWidth + x] = sum;
    }
  std::printf("%g\n", blurred[kWidth * (kHeight / 2) + kWidth / 2]);
}

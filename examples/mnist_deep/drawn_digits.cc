#include "weir/examples/mnist_deep/drawn_digits.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "weir/core/philox.h"

namespace weir::mnist_deep {
namespace {

struct Point {
  float x, y;
};
using Stroke = std::vector<Point>;

// A polyline along an ellipse; angles in turns, clockwise from the right, y pointing down.
Stroke Arc(float cx, float cy, float rx, float ry, float from, float to) {
  Stroke stroke;
  for (int i = 0; i <= 12; ++i) {
    const float angle = 6.2831853f * (from + (to - from) * static_cast<float>(i) / 12);
    stroke.push_back({cx + rx * std::cos(angle), cy + ry * std::sin(angle)});
  }
  return stroke;
}

// The digits in the unit square.
std::vector<Stroke> StrokesOf(int digit) {
  switch (digit) {
    case 0: return {Arc(.5f, .5f, .28f, .42f, 0, 1)};
    case 1: return {{{.35f, .25f}, {.55f, .08f}, {.55f, .92f}}};
    case 2: return {Arc(.5f, .3f, .26f, .22f, -.5f, .1f), {{.71f, .43f}, {.24f, .9f}, {.78f, .9f}}};
    case 3:
      return {Arc(.47f, .3f, .25f, .21f, -.45f, .25f), Arc(.47f, .7f, .28f, .21f, -.25f, .45f)};
    case 4: return {{{.62f, .92f}, {.62f, .08f}, {.2f, .62f}, {.82f, .62f}}};
    case 5:
      return {{{.74f, .1f}, {.32f, .1f}, {.29f, .45f}}, Arc(.48f, .66f, .27f, .25f, -.35f, .4f)};
    case 6: return {{{.66f, .08f}, {.36f, .4f}, {.25f, .66f}}, Arc(.5f, .68f, .25f, .23f, 0, 1)};
    case 7: return {{{.22f, .1f}, {.78f, .1f}, {.42f, .92f}}};
    case 8: return {Arc(.5f, .29f, .22f, .2f, 0, 1), Arc(.5f, .7f, .27f, .22f, 0, 1)};
    default: return {Arc(.5f, .32f, .24f, .23f, 0, 1), {{.74f, .34f}, {.68f, .62f}, {.5f, .92f}}};
  }
}

float DistanceToSegment(Point p, Point a, Point b) {
  const float dx = b.x - a.x, dy = b.y - a.y;
  const float length2 = dx * dx + dy * dy;
  const float along = length2 == 0 ? 0 : ((p.x - a.x) * dx + (p.y - a.y) * dy) / length2;
  const float t = std::clamp(along, 0.0f, 1.0f);
  return std::hypot(p.x - (a.x + t * dx), p.y - (a.y + t * dy));
}

class Artist {
 public:
  explicit Artist(uint64_t seed) : random_(Philox(seed, 0)) {}

  void Draw(int digit, float* image) {
    // Rotation, shear, scale and shift, all small enough that a 6 never becomes a 9.
    const float angle = Between(-.3f, .3f), shear = Between(-.25f, .25f);
    const float sx = Between(15, 21), sy = Between(17, 22);
    const float cx = 14 + Between(-2, 2), cy = 14 + Between(-2, 2);
    std::vector<Stroke> strokes = StrokesOf(digit);
    for (Stroke& stroke : strokes) {
      for (Point& p : stroke) {
        const float x = (p.x - .5f + shear * (p.y - .5f)) * sx, y = (p.y - .5f) * sy;
        p = {cx + x * std::cos(angle) - y * std::sin(angle) + Between(-.3f, .3f),
             cy + x * std::sin(angle) + y * std::cos(angle) + Between(-.3f, .3f)};
      }
    }
    const float radius = Between(.8f, 1.6f);
    for (int i = 0; i < 784; ++i) {
      const Point p = {static_cast<float>(i % 28) + .5f, static_cast<float>(i / 28) + .5f};
      float nearest = std::numeric_limits<float>::max();
      for (const Stroke& stroke : strokes) {
        for (size_t k = 0; k + 1 < stroke.size(); ++k) {
          nearest = std::min(nearest, DistanceToSegment(p, stroke[k], stroke[k + 1]));
        }
      }
      image[i] = std::clamp(radius + .5f - nearest, 0.0f, 1.0f);
    }
  }

 private:
  float Between(float low, float high) {
    return low + (high - low) * static_cast<float>(random_.Next() >> 8) * 0x1p-24f;
  }

  PhiloxWords random_;
};

absl::StatusOr<Digits> DrawSet(Artist& artist, int64_t n) {
  Digits digits;
  ASSIGN_OR_RETURN(digits.images, Tensor::Make(DT_FLOAT, Shape({n, 784})));
  ASSIGN_OR_RETURN(digits.labels, Tensor::Zeros(DT_FLOAT, Shape({n, 10})));
  for (int64_t i = 0; i < n; ++i) {
    const int digit = static_cast<int>(i % 10);
    artist.Draw(digit, digits.images.mutable_data<float>() + 784 * i);
    digits.labels.mutable_data<float>()[10 * i + digit] = 1;
  }
  return digits;
}

}  // namespace

absl::StatusOr<Data> DrawDigits(int64_t train, int64_t test, uint64_t seed) {
  Artist artist(seed);
  Data data;
  data.source = "digits drawn by the program";
  ASSIGN_OR_RETURN(data.train, DrawSet(artist, train));
  ASSIGN_OR_RETURN(data.test, DrawSet(artist, test));
  return data;
}

}  // namespace weir::mnist_deep

// Lesson 2: a classifier, from the data to a picture of what it learnt.
//
// Three arms of a spiral, one class each. No straight line parts them; a net with two hidden layers bends one
// that does.
#include <gradus/gradus.h>

#include <unistd.h>

#include <cmath>
#include <cstdio>

using namespace gradus;

namespace {

constexpr std::int64_t arms = 3, points_per_arm = 120;

// A model is a plain struct of layers.
struct Classifier {
  nn::Linear first{2, 32};
  nn::Linear second{32, 32};
  nn::Linear out{32, arms};
  Tensor operator()(const Tensor& x) const {
    return out(relu(second(relu(first(x)))));
  }  // (n, 2) -> (n, arms)
};

struct Points {
  Tensor x;  // (n, 2), in [-1, 1]
  Tensor y;  // (n,) int64: the arm
};

/// Points on arms that wind half way round the middle, with a little noise on the angle.
Points spiral() {
  std::vector<Tensor> x, y;
  for (std::int64_t arm = 0; arm < arms; ++arm) {
    const Tensor radius = linspace(0.05, 1, points_per_arm);
    const Tensor angle =
        4 * radius + 2 * M_PI * static_cast<double>(arm) / arms + 0.25 * randn({points_per_arm});
    x.push_back(stack({radius * cos(angle), radius * sin(angle)}, 1));
    y.push_back(full({points_per_arm}, arm, DType::int64));
  }
  return {cat(x, 0), cat(y, 0)};
}

double accuracy(const Classifier& model, const Points& points) {
  evaluating scope;
  return mean(eq(argmax(model(points.x), 1), points.y).to(DType::float32)).item();
}

/// The model's choice at every place of a grid over [-1.1, 1.1]^2 as background, the points in front.
void draw(const Classifier& model, const Points& points) {
  constexpr std::int64_t rows = 28, columns = 60;
  const bool colours = isatty(STDOUT_FILENO);
  const char* const region_colours[arms] = {"\033[48;5;24m", "\033[48;5;52m", "\033[48;5;22m"};
  const char regions[arms] = {'.', ':', ' '}, marks[arms] = {'o', 'x', '+'};

  evaluating scope;
  const Tensor across = linspace(-1.1, 1.1, columns).unsqueeze(0).expand({rows, columns});
  const Tensor down = linspace(1.1, -1.1, rows).unsqueeze(1).expand({rows, columns});
  const Tensor grid = stack({across, down}, 2).reshape({rows * columns, 2});
  const std::vector<std::int64_t> choice = argmax(model(grid), 1).to_vector<std::int64_t>();

  std::string picture(rows * columns, '\0');  // the mark of a point, 0 where there is none
  const auto x = points.x.accessor<float, 2>();
  const auto arm = points.y.accessor<std::int64_t, 1>();
  for (std::int64_t i = 0; i < points.y.size(0); ++i) {
    const auto column = std::lround((x(i, 0) + 1.1) / 2.2 * (columns - 1));
    const auto row = std::lround((1.1 - x(i, 1)) / 2.2 * (rows - 1));
    if (column < 0 || column >= columns || row < 0 || row >= rows) continue;
    picture[static_cast<std::size_t>(row * columns + column)] = marks[arm(i)];
  }

  for (std::size_t place = 0; place < picture.size(); ++place) {
    const auto region = static_cast<std::size_t>(choice[place]);
    if (colours) std::fputs(region_colours[region], stdout);
    std::putchar(picture[place] ? picture[place] : colours ? ' ' : regions[region]);
    if ((place + 1) % columns == 0) std::fputs(colours ? "\033[0m\n" : "\n", stdout);
  }
}

}  // namespace

int main() {
  manual_seed(7);
  const Points training = spiral(), test = spiral();

  Classifier model;
  optim::Adam adam{parameters(model), {.lr = 0.01}};
  DataLoader batches{{training.x, training.y}, {.batch_size = 60}};
  for (int epoch = 1; epoch <= 50; ++epoch) {
    double total = 0;
    for (auto [x, y] : batches) {
      const Tensor loss = cross_entropy(model(x), y);
      adam.zero_grad();
      loss.backward();
      adam.step();
      total += loss.item() * static_cast<double>(y.size(0));
    }
    if (epoch % 10 == 0) {
      std::printf("epoch %3d  loss %.3f  accuracy %5.1f %% on the training points\n", epoch,
                  total / static_cast<double>(batches.size()), 100 * accuracy(model, training));
    }
  }

  std::printf("\n");
  draw(model, training);
  std::printf("\naccuracy %.1f %% on new points of the same spiral\n", 100 * accuracy(model, test));
}

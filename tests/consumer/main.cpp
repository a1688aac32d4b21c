#include <gradus/gradus.h>
#include <gradus/nn/attention.h>

#include <cstdio>

using namespace gradus;

struct Classifier {
  nn::Linear hidden{4, 16};
  nn::Linear out{16, 2};
  Tensor operator()(const Tensor& x) const { return out(relu(hidden(x))); }
};

int main() {
  manual_seed(1);
  Classifier model;
  optim::Adam adam{parameters(model), {.lr = 0.05}};
  const Tensor x = randn({64, 4});
  const Tensor y = gt(sum(x, {1}), 0).to(DType::int64);
  double first = 0, last = 0;
  for (int step = 0; step < 50; ++step) {
    const Tensor loss = cross_entropy(model(x), y);
    adam.zero_grad();
    loss.backward();
    adam.step();
    last = loss.item();
    if (step == 0) first = last;
  }
  save(model, "consumer.safetensors");
  Classifier again;
  load(again, "consumer.safetensors");
  const bool same = norm(again(x) - model(x)).item() == 0;
  std::printf("loss %.3f -> %.3f, %s\n", first, last, same ? "saved and loaded" : "loaded model differs");
  return last < 0.5 * first && same ? 0 : 1;
}

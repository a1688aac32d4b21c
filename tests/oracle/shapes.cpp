// Views, elements in other places, tensors put together and taken apart, tensors made.
#include "operations.h"

#include <gradus/autograd/joining.h>
#include <gradus/autograd/rearrange.h>

namespace oracle {
namespace {

using namespace gradus;

Tensors run_squeeze(const Arguments& a) {
  const Tensor& x = a.tensor("input");
  return {a.has("dim") ? x.squeeze(a.integer("dim")) : x.squeeze()};
}

Tensors run_slice(const Arguments& a) {
  Tensor x = a.tensor("input");
  for (Json step : a.plain("steps")) {
    if (!step.contains("op")) step["op"] = "slice";
    x = apply_view(x, step);
  }
  return {x};
}

Tensors run_split(const Arguments& a) {
  const char* name = a.has("split_size_or_sections") ? "split_size_or_sections" : "split_size";
  const Json& sizes = a.plain(name);
  const std::int64_t axis = a.integer("dim", 0);
  if (sizes.is_array()) return split(a.tensor("input"), sizes.get<std::vector<std::int64_t>>(), axis);
  return split(a.tensor("input"), sizes.get<std::int64_t>(), axis);
}

/// torch.cat(tensors, dim), or of one tensor with itself.
Tensors list_of(const Arguments& a) {
  if (a.has("x")) return {a.tensor("x"), a.tensor("x")};
  return a.tensors("tensors");
}

DType dtype_of_argument(const Arguments& a) {
  const std::string name = a.text("dtype", "float32");
  if (name.ends_with("float64") || name == "F64") return DType::float64;
  if (name.ends_with("int64") || name == "I64") return DType::int64;
  if (name.ends_with("bool") || name == "BOOL") return DType::boolean;
  return DType::float32;
}

Tensors run_arange(const Arguments& a) {
  if (!a.has("end")) return {arange(0, a.scalar("start"))};
  return {arange(a.scalar("start", 0), a.scalar("end"), a.scalar("step", 1))};
}

}  // namespace

Tensor apply_view(const Tensor& x, const Json& step) {
  const std::string name = step.at("op");
  Arguments arguments;
  arguments.set("input", x);
  for (const auto& [key, value] : step.items()) {
    if (key != "op") arguments.set(key, value);
  }
  if (name == "slice") {
    return x.slice(arguments.integer("dim"), arguments.integer("start", 0),
                   arguments.integer("end", end_of_axis), arguments.integer("step", 1));
  }
  const Operation* operation = find_operation(name);
  if (!operation) throw Unsupported("view '" + name + "'");
  return operation->run(arguments).at(0);
}

const OperationTable& shape_operations() {
  static const OperationTable table = {
      {"reshape",
       {"input *shape",
        [](const Arguments& a) { return Tensors{a.tensor("input").reshape(a.shape("shape"))}; }}},
      {"view",
       {"input *shape",
        [](const Arguments& a) { return Tensors{a.tensor("input").view(a.shape("shape"))}; }}},
      {"permute",
       {"input *dims",
        [](const Arguments& a) { return Tensors{a.tensor("input").permute(a.shape("dims"))}; }}},
      {"transpose",
       {"input dim0 dim1",
        [](const Arguments& a) {
          return Tensors{a.tensor("input").transpose(a.integer("dim0"), a.integer("dim1"))};
        }}},
      {"t", {"input", [](const Arguments& a) { return Tensors{a.tensor("input").t()}; }}},
      {"squeeze", {"input dim", run_squeeze}},
      {"unsqueeze",
       {"input dim",
        [](const Arguments& a) { return Tensors{a.tensor("input").unsqueeze(a.integer("dim"))}; }}},
      {"expand",
       {"input *size",
        [](const Arguments& a) { return Tensors{a.tensor("input").expand(a.shape("size"))}; }}},
      {"flatten",
       {"input start_dim end_dim",
        [](const Arguments& a) {
          return Tensors{a.tensor("input").flatten(a.integer("start_dim", 0), a.integer("end_dim", -1))};
        }}},
      {"narrow",
       {"input dim start length",
        [](const Arguments& a) {
          return Tensors{a.tensor("input").narrow(a.integer("dim"), a.integer("start"), a.integer("length"))};
        }}},
      {"slice", {"input steps", run_slice}},
      {"select",
       {"input dim index",
        [](const Arguments& a) {
          return Tensors{a.tensor("input").select(a.integer("dim"), a.integer("index"))};
        }}},
      {"contiguous", {"input", [](const Arguments& a) { return Tensors{a.tensor("input").contiguous()}; }}},
      {"clone", {"input", [](const Arguments& a) { return Tensors{a.tensor("input").clone()}; }}},
      {"repeat",
       {"input *repeats",
        [](const Arguments& a) { return Tensors{repeat(a.tensor("input"), a.shape("repeats"))}; }}},
      {"flip",
       {"input *dims", [](const Arguments& a) { return Tensors{flip(a.tensor("input"), a.shape("dims"))}; }}},
      {"roll",
       {"input shifts dims",
        [](const Arguments& a) {
          return Tensors{roll(a.tensor("input"), a.shape("shifts"), a.shape("dims"))};
        }}},
      {"tril",
       {"input diagonal",
        [](const Arguments& a) { return Tensors{tril(a.tensor("input"), a.integer("diagonal", 0))}; }}},
      {"triu",
       {"input diagonal",
        [](const Arguments& a) { return Tensors{triu(a.tensor("input"), a.integer("diagonal", 0))}; }}},
      {"pad",
       {"input pad value",
        [](const Arguments& a) {
          return Tensors{pad(a.tensor("input"), a.shape("pad"), a.scalar("value", 0))};
        }}},
      {"split", {"input split_size_or_sections dim", run_split}},
      {"chunk",
       {"input chunks dim",
        [](const Arguments& a) {
          return chunk(a.tensor("input"), a.integer("chunks"), a.integer("dim", 0));
        }}},
      {"unbind",
       {"input dim", [](const Arguments& a) { return unbind(a.tensor("input"), a.integer("dim", 0)); }}},
      {"cat",
       {"tensors dim", [](const Arguments& a) { return Tensors{cat(list_of(a), a.integer("dim", 0))}; }}},
      {"stack",
       {"tensors dim", [](const Arguments& a) { return Tensors{stack(list_of(a), a.integer("dim", 0))}; }}},
      {"zeros",
       {"*size", [](const Arguments& a) { return Tensors{zeros(a.shape("size"), dtype_of_argument(a))}; }}},
      {"ones",
       {"*size", [](const Arguments& a) { return Tensors{ones(a.shape("size"), dtype_of_argument(a))}; }}},
      {"full",
       {"size fill_value",
        [](const Arguments& a) {
          return Tensors{full(a.shape("size"), a.scalar("fill_value"), dtype_of_argument(a))};
        }}},
      {"arange", {"start end step", run_arange}},
      {"linspace",
       {"start end steps",
        [](const Arguments& a) {
          return Tensors{
              linspace(a.number("start"), a.number("end"), a.integer("steps"), dtype_of_argument(a))};
        }}},
      {"eye",
       {"n m",
        [](const Arguments& a) {
          return Tensors{eye(a.integer("n"), a.integer("m", -1), dtype_of_argument(a))};
        }}},
  };
  return table;
}

}  // namespace oracle

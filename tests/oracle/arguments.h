// What an operation of the manifest is called with: tensors and plain values by PyTorch's argument names.
#pragma once
#include <gradus/nn/losses.h>
#include <gradus/tensor/create.h>

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace oracle {

using gradus::DType;
using gradus::Scalar;
using gradus::Shape;
using gradus::Tensor;
using Json = nlohmann::json;
using Tensors = std::vector<Tensor>;

/// Something that the adapter has no words for: the case is skipped, it has not failed.
struct Unsupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A tensor, a list of tensors, or something plain.
struct Value {
  enum class Kind { plain, tensor, tensor_list } kind = Kind::plain;
  Json plain;
  Tensors tensors;

  Value() = default;
  Value(Json value) : plain(std::move(value)) {}
  Value(const Tensor& tensor) : kind(Kind::tensor), tensors{tensor} {}
  Value(const Tensors& list) : kind(Kind::tensor_list), tensors(list) {}
};

/// A number of the manifest: written as one, or as "inf", "-inf", "nan", "2.0".
double number_of(const Json& value);
/// One number or a list of them as axes or sizes.
Shape shape_of(const Json& value);

class Arguments {
 public:
  void set(const std::string& name, Value value);
  /// True where the argument is given and not null.
  bool has(const std::string& name) const;
  bool is_tensor(const std::string& name) const;

  const Tensor& tensor(const std::string& name) const;
  Tensor tensor_or_none(const std::string& name) const;
  /// A list under that name, or NAME0, NAME1, ...
  Tensors tensors(const std::string& name) const;
  /// Every tensor, in the order of the manifest.
  Tensors all_tensors() const;

  double number(const std::string& name) const;
  double number(const std::string& name, double otherwise) const;
  std::int64_t integer(const std::string& name) const;
  std::int64_t integer(const std::string& name, std::int64_t otherwise) const;
  bool flag(const std::string& name, bool otherwise) const;
  std::string text(const std::string& name, const std::string& otherwise) const;
  Scalar scalar(const std::string& name) const;
  Scalar scalar(const std::string& name, Scalar otherwise) const;
  /// {} where it is absent or null.
  Shape shape(const std::string& name) const;
  const Json& plain(const std::string& name) const;

 private:
  const Value* find(const std::string& name) const;
  const Value& get(const std::string& name) const;
  std::vector<std::pair<std::string, Value>> values_;
};

/// "none", "mean", "sum".
gradus::Reduction reduction_of(const Arguments& arguments);

}  // namespace oracle

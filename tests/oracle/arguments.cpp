#include "arguments.h"

namespace oracle {

double number_of(const Json& value) {
  if (value.is_string()) return std::stod(value.get<std::string>());
  if (value.is_boolean()) return value.get<bool>() ? 1 : 0;
  if (!value.is_number()) throw Unsupported("a number is expected, not " + value.dump());
  return value.get<double>();
}

Shape shape_of(const Json& value) {
  if (value.is_null()) return {};
  if (value.is_array()) return Shape(value.get<std::vector<std::int64_t>>());
  return {value.get<std::int64_t>()};
}

void Arguments::set(const std::string& name, Value value) { values_.emplace_back(name, std::move(value)); }

const Value* Arguments::find(const std::string& name) const {
  for (const auto& [key, value] : values_) {
    if (key == name) return &value;
  }
  return nullptr;
}

const Value& Arguments::get(const std::string& name) const {
  if (!has(name)) throw Unsupported("argument '" + name + "' is not given");
  return *find(name);
}

bool Arguments::has(const std::string& name) const {
  const Value* value = find(name);
  return value && (value->kind != Value::Kind::plain || !value->plain.is_null());
}

bool Arguments::is_tensor(const std::string& name) const {
  const Value* value = find(name);
  return value && value->kind == Value::Kind::tensor;
}

const Tensor& Arguments::tensor(const std::string& name) const {
  if (get(name).kind != Value::Kind::tensor) throw Unsupported("argument '" + name + "' is not a tensor");
  return get(name).tensors[0];
}

Tensor Arguments::tensor_or_none(const std::string& name) const {
  return has(name) ? tensor(name) : Tensor();
}

Tensors Arguments::tensors(const std::string& name) const {
  if (has(name)) return get(name).tensors;
  Tensors list;
  while (is_tensor(name + std::to_string(list.size())))
    list.push_back(tensor(name + std::to_string(list.size())));
  return list;
}

Tensors Arguments::all_tensors() const {
  Tensors list;
  for (const auto& [name, value] : values_)
    list.insert(list.end(), value.tensors.begin(), value.tensors.end());
  return list;
}

const Json& Arguments::plain(const std::string& name) const { return get(name).plain; }

double Arguments::number(const std::string& name) const { return number_of(plain(name)); }
double Arguments::number(const std::string& name, double otherwise) const {
  return has(name) ? number(name) : otherwise;
}

std::int64_t Arguments::integer(const std::string& name) const {
  const Json& value = plain(name);
  if (!value.is_number_integer())
    throw Unsupported("argument '" + name + "' is not an integer: " + value.dump());
  return value.get<std::int64_t>();
}
std::int64_t Arguments::integer(const std::string& name, std::int64_t otherwise) const {
  return has(name) ? integer(name) : otherwise;
}

bool Arguments::flag(const std::string& name, bool otherwise) const {
  return has(name) ? number(name) != 0 : otherwise;
}

std::string Arguments::text(const std::string& name, const std::string& otherwise) const {
  return has(name) ? plain(name).get<std::string>() : otherwise;
}

Scalar Arguments::scalar(const std::string& name) const {
  const Json& value = plain(name);
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return value.get<std::int64_t>();
  return number_of(value);
}
Scalar Arguments::scalar(const std::string& name, Scalar otherwise) const {
  return has(name) ? scalar(name) : otherwise;
}

Shape Arguments::shape(const std::string& name) const { return has(name) ? shape_of(plain(name)) : Shape(); }

gradus::Reduction reduction_of(const Arguments& arguments) {
  const std::string name = arguments.text("reduction", "mean");
  if (name == "none") return gradus::Reduction::none;
  if (name == "sum") return gradus::Reduction::sum;
  if (name == "mean") return gradus::Reduction::mean;
  throw Unsupported("reduction '" + name + "'");
}

}  // namespace oracle

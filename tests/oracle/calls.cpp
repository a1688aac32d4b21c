#include "calls.h"

#include "optimizers.h"

#include <gradus/autograd/arithmetic.h>
#include <gradus/nn/nn.h>

#include <iterator>
#include <sstream>

namespace oracle {
namespace {

using namespace gradus;

/// Puts positional and named arguments under the names of a signature.
Arguments named(const std::string& signature, const NamedTerms& given) {
  std::istringstream words(signature);
  std::vector<std::string> names{std::istream_iterator<std::string>(words), {}};
  Arguments bound;
  std::size_t next = 0;
  Json gathered = Json::array();
  Tensors gathered_tensors;
  for (const auto& [name, term] : given) {
    if (!name.empty()) {
      bound.set(name, term.value);
    } else if (next < names.size() && names[next][0] == '*') {
      const Value& value = term.value;
      if (value.kind == Value::Kind::tensor) gathered_tensors.push_back(value.tensors[0]);
      else if (value.plain.is_array()) gathered = value.plain;
      else gathered.push_back(value.plain);
    } else if (next < names.size()) {
      bound.set(names[next++], term.value);
    } else {
      throw Unsupported("too many arguments for '" + signature + "'");
    }
  }
  if (next < names.size() && names[next][0] == '*') {
    bound.set(names[next].substr(1), gathered_tensors.empty() ? Value(gathered) : Value(gathered_tensors));
  }
  return bound;
}

Term of(const Tensors& results) {
  return Term{results.size() == 1 ? Value(results[0]) : Value(results), {}, {}, {}, {}};
}
Term nothing() { return Term{Value(Json()), {}, {}, {}, {}}; }

/// A layer made of float64 parameters, as the inputs of error cases are.
template <class Layer, class Forward>
Term make_layer(const Layer& made, Forward forward) {
  const auto layer = std::make_shared<Layer>(clone(made, DType::float64));
  Term term = nothing();
  term.layer = [layer, forward](const std::vector<Term>& arguments) { return forward(*layer, arguments); };
  return term;
}

Value first_tensor(const std::vector<Term>& arguments) {
  if (arguments.empty() || arguments[0].value.kind != Value::Kind::tensor)
    throw Unsupported("a layer takes a tensor");
  return arguments[0].value;
}

Term make_linear(const NamedTerms& given) {
  const Arguments a = named("in_features out_features bias", given);
  return make_layer(
      nn::Linear(a.integer("in_features"), a.integer("out_features"), {.bias = a.flag("bias", true)}),
      [](const nn::Linear& layer, const auto& x) { return Value(layer(first_tensor(x).tensors[0])); });
}

Term make_embedding(const NamedTerms& given) {
  const Arguments a = named("num_embeddings embedding_dim padding_idx", given);
  nn::EmbeddingOptions options;
  if (a.has("padding_idx")) options.padding_idx = a.integer("padding_idx");
  return make_layer(
      nn::Embedding(a.integer("num_embeddings"), a.integer("embedding_dim"), options),
      [](const nn::Embedding& layer, const auto& x) { return Value(layer(first_tensor(x).tensors[0])); });
}

Term make_layer_norm(const NamedTerms& given) {
  const Arguments a = named("normalized_shape eps", given);
  return make_layer(
      nn::LayerNorm(a.shape("normalized_shape"), {.eps = a.number("eps", 1e-5)}),
      [](const nn::LayerNorm& layer, const auto& x) { return Value(layer(first_tensor(x).tensors[0])); });
}

Term make_gru(const NamedTerms& given) {
  const Arguments a = named("input_size hidden_size num_layers", given);
  const nn::GRUOptions options{.layers = static_cast<int>(a.integer("num_layers", 1)),
                               .bidirectional = a.flag("bidirectional", false)};
  return make_layer(
      nn::GRU(a.integer("input_size"), a.integer("hidden_size"), options),
      [](const nn::GRU& layer, const auto& x) {
        return Value(
            layer(first_tensor(x).tensors[0], x.size() > 1 ? x[1].value.tensors.at(0) : Tensor()).output);
      });
}

Term make_dropout(const NamedTerms& given) {
  return make_layer(
      nn::Dropout(named("p", given).number("p", 0.5)),
      [](const nn::Dropout& layer, const auto& x) { return Value(layer(first_tensor(x).tensors[0])); });
}

/// Padded rows are what packed sequences are in Gradus: a GRU with the lengths of its rows.
Term run_packed(const NamedTerms& given) {
  const Arguments a = named("input lengths batch_first", given);
  const Tensor& x = a.tensor("input");
  const Tensor lengths = a.is_tensor("lengths") ? a.tensor("lengths")
                                                : tensor(a.plain("lengths").get<std::vector<std::int64_t>>());
  return of({clone(nn::GRU(x.size(2), 3), x.dtype())(x, {}, lengths).output});
}

/// optim.SGD(params, lr=0.1, nesterov=True)
Term run_optimizer_call(const std::string& name, const NamedTerms& given) {
  Json attributes = Json::object();
  for (const auto& [key, term] : given) {
    if (!key.empty()) attributes[key] = term.value.plain;
  }
  if (!attributes.contains("lr") && given.size() > 1 && given[1].first.empty())
    attributes["lr"] = given[1].second.value.plain;
  const bool none =
      !given.empty() && given[0].second.value.plain.is_array() && given[0].second.value.plain.empty();
  const Tensors parameters = none ? Tensors{} : Tensors{zeros({2, 3}, DType::float64).requires_grad_()};
  make_optimizer(name, {{parameters, attributes}});
  return nothing();
}

Term run_clip_call(const NamedTerms& given) {
  const Arguments a = named("params max_norm norm_type", given);
  const Tensor parameter = zeros({2, 3}, DType::float64).requires_grad_();
  optim::clip_grad_norm_(std::span(&parameter, 1), a.number("max_norm"), a.number("norm_type", 2));
  return nothing();
}

/// What writes in place, or runs backward: methods that are no operation of the tables.
Term run_method(const std::string& name, const NamedTerms& given) {
  Tensor x = given.at(0).second.value.tensors.at(0);
  const Arguments a = named("self other", given);
  if (name == "backward") {
    x.backward(a.is_tensor("other") ? a.tensor("other") : a.tensor_or_none("gradient"),
               {.retain_graph = a.flag("retain_graph", false)});
    return nothing();
  }
  if (name == "item") return Term{Value(Json(x.item())), {}, {}, {}, {}};
  if (name == "size") return Term{Value(Json(x.size(a.integer("other")))), {}, {}, {}, {}};
  if (name == "detach") return of({x.detach()});
  if (name == "requires_grad_") return of({x.requires_grad_(a.flag("other", true))});
  if (name == "select_first") return of({x[a.integer("other")]});
  if (name == "copy_") return of({x.copy_(a.tensor("other"))});
  if (name == "zero_") return of({x.zero_()});
  if (name == "fill_") return of({x.fill_(a.scalar("other"))});
  const bool with_tensor = a.is_tensor("other");
  if (name == "add_") return of({with_tensor ? x.add_(a.tensor("other")) : x.add_(a.scalar("other"))});
  if (name == "sub_") return of({with_tensor ? x.sub_(a.tensor("other")) : x.sub_(a.scalar("other"))});
  if (name == "mul_") return of({with_tensor ? x.mul_(a.tensor("other")) : x.mul_(a.scalar("other"))});
  if (name == "div_") return of({with_tensor ? x.div_(a.tensor("other")) : x.div_(a.scalar("other"))});
  throw Unsupported("function '" + name + "'");
}

}  // namespace

Term call_term(const Term& callee, const NamedTerms& arguments) {
  if (callee.layer) {
    std::vector<Term> positional;
    for (const auto& [name, term] : arguments) positional.push_back(term);
    return Term{callee.layer(positional), {}, {}, {}, {}};
  }
  const std::string& name = callee.function;
  NamedTerms given;
  if (callee.self) given.emplace_back("", *callee.self);
  given.insert(given.end(), arguments.begin(), arguments.end());

  static const std::map<std::string, Term (*)(const NamedTerms&)> makers = {
      {"Linear", make_linear},
      {"Embedding", make_embedding},
      {"LayerNorm", make_layer_norm},
      {"GRU", make_gru},
      {"Dropout", make_dropout},
      {"pack_padded_sequence", run_packed},
      {"clip_grad_norm_", run_clip_call},
  };
  if (const auto maker = makers.find(name); maker != makers.end()) return maker->second(given);
  for (const char* optimizer : {"SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta"}) {
    if (name == optimizer) return run_optimizer_call(name, given);
  }
  if (name == "randn" || name == "rand") {
    return of({find_operation("ones")->run(named("*size", given)).at(0).to(DType::float64)});
  }
  if (name == "tensor") return of({tensor(given.at(0).second.value.plain.get<std::vector<std::int64_t>>())});
  if (const Operation* operation = find_operation(name))
    return of(operation->run(named(operation->signature, given)));
  if (given.empty() || given[0].second.value.kind != Value::Kind::tensor)
    throw Unsupported("function '" + name + "'");
  return run_method(name, given);
}

}  // namespace oracle

#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/einsum.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/reduce.h>
#include <gradus/tensor/error.h>

#include <algorithm>
#include <iterator>

namespace gradus {
namespace {

// An axis of the equation: its letter, or -1 for the last axis of the ellipsis, -2 for the one before it, and
// so on: axes of the ellipsis are aligned at their ends.
using Label = int;
using Labels = std::vector<Label>;

// A tensor with a label for each of its axes, all different once diagonals are taken.
struct Term {
  Tensor tensor;
  Labels labels;
};

struct Equation {
  std::vector<std::string> inputs;  // letters, with '.' for an ellipsis
  std::string output;
  bool has_output = false;
};

bool contains(const Labels& labels, Label label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

int position_of(const Labels& labels, Label label) {
  return static_cast<int>(std::find(labels.begin(), labels.end(), label) - labels.begin());
}

std::string spoken(Label label) {
  return label < 0 ? "an axis of the ellipsis" : std::string("subscript '") + static_cast<char>(label) + "'";
}

// --- reading the equation ----------------------------------------------------------------------------------

[[noreturn]] void bad_equation(std::string_view equation, const std::string& why) {
  throw Error("einsum", "cannot read \"" + std::string(equation) + "\": " + why);
}

Equation parse(std::string_view equation) {
  Equation parsed;
  parsed.inputs.emplace_back();
  for (std::size_t i = 0; i < equation.size(); ++i) {
    const char c = equation[i];
    std::string& side = parsed.has_output ? parsed.output : parsed.inputs.back();
    if (c == ' ') continue;
    if (equation.substr(i, 2) == "->") {
      if (parsed.has_output) bad_equation(equation, "there is more than one '->'");
      parsed.has_output = true;
      i += 1;
    } else if (c == ',') {
      if (parsed.has_output) bad_equation(equation, "a ',' in the output");
      parsed.inputs.emplace_back();
    } else if (equation.substr(i, 3) == "...") {
      if (side.find('.') != std::string::npos)
        bad_equation(equation, "'...' stands twice for one tensor");
      side += '.';
      i += 2;
    } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      side += c;
    } else {
      bad_equation(equation, std::string("'") + c + "' at position " + std::to_string(i) +
                                 " is neither a letter nor one of ',', '...', '->'");
    }
  }
  return parsed;
}

// The labels of an operand's axes; the ellipsis takes those axes that the letters leave.
Labels label_axes(const std::string& subscripts, const Tensor& operand, std::size_t number) {
  const bool ellipsis = subscripts.find('.') != std::string::npos;
  const int letters = static_cast<int>(subscripts.size()) - (ellipsis ? 1 : 0);
  if (ellipsis ? letters > operand.rank() : letters != operand.rank()) {
    throw Error("einsum", "operand " + std::to_string(number) + " is " + describe(operand) + " with " +
                              std::to_string(operand.rank()) + " axes, but its subscripts name " +
                              (ellipsis ? "at least " : "") + std::to_string(letters));
  }
  Labels labels;
  for (const char c : subscripts) {
    if (c != '.') {
      labels.push_back(c);
    } else {
      for (int covered = operand.rank() - letters; covered > 0; --covered) labels.push_back(-covered);
    }
  }
  return labels;
}

// --- one operand -------------------------------------------------------------------------------------------

// Replaces two axes with the same label by their diagonal, until no label stands twice.
Term take_diagonals(Term term, std::size_t number) {
  for (int first = 0; first < static_cast<int>(term.labels.size()); ++first) {
    for (;;) {
      const auto begin = term.labels.begin() + first;
      const auto again = std::find(begin + 1, term.labels.end(), *begin);
      if (again == term.labels.end()) break;
      const int second = static_cast<int>(again - term.labels.begin());
      const std::int64_t n = term.tensor.size(first);
      if (n != term.tensor.size(second)) {
        throw Error("einsum", spoken(*begin) + " stands for sizes " + std::to_string(n) + " and " +
                                  std::to_string(term.tensor.size(second)) + " in operand " +
                                  std::to_string(number) + ", " + describe(term.tensor) +
                                  "; a diagonal needs equal sizes");
      }
      // Both axes go to the end and become one of n * n, in which the diagonal is every (n + 1)th element.
      Shape order, shape;
      for (int axis = 0; axis < term.tensor.rank(); ++axis) {
        if (axis == first || axis == second) continue;
        order.push_back(axis);
        shape.push_back(term.tensor.size(axis));
      }
      order.push_back(first);
      order.push_back(second);
      shape.push_back(n * n);
      const Label label = *begin;
      term.tensor = term.tensor.permute(order).reshape(shape).slice(-1, 0, n * n, n + 1);
      term.labels.erase(again);
      term.labels.erase(term.labels.begin() + first);
      term.labels.push_back(label);
    }
  }
  return term;
}

// The size of every label over all operands: equal, or 1. Each operand's axes of size 1 that are to broadcast
// are taken away.
void broadcast_sizes(std::vector<Term>& terms) {
  Labels labels;
  std::vector<std::int64_t> sizes;
  for (const Term& term : terms) {
    for (std::size_t axis = 0; axis < term.labels.size(); ++axis) {
      const std::int64_t size = term.tensor.shape()[static_cast<int>(axis)];
      const auto at = static_cast<std::size_t>(position_of(labels, term.labels[axis]));
      if (at == labels.size()) {
        labels.push_back(term.labels[axis]);
        sizes.push_back(size);
      } else if (sizes[at] == 1) {
        sizes[at] = size;
      } else if (size != 1 && size != sizes[at]) {
        throw Error("einsum", spoken(labels[at]) + " stands for sizes " + std::to_string(sizes[at]) +
                                  " and " + std::to_string(size) + " (in " + describe(term.tensor) +
                                  "); the sizes of a subscript must be equal, or 1");
      }
    }
  }
  for (Term& term : terms) {
    for (int axis = term.tensor.rank() - 1; axis >= 0; --axis) {
      const Label label = term.labels[static_cast<std::size_t>(axis)];
      if (term.tensor.size(axis) != 1 || sizes[static_cast<std::size_t>(position_of(labels, label))] == 1)
        continue;
      term.tensor = term.tensor.select(axis, 0);
      term.labels.erase(term.labels.begin() + axis);
    }
  }
}

Term sum_out(const Term& term, const Labels& keep) {
  Shape axes;
  Labels left;
  for (int axis = 0; axis < term.tensor.rank(); ++axis) {
    const Label label = term.labels[static_cast<std::size_t>(axis)];
    if (contains(keep, label)) {
      left.push_back(label);
    } else {
      axes.push_back(axis);
    }
  }
  return axes.empty() ? term : Term{sum(term.tensor, axes), left};
}

Tensor ordered(const Term& term, const Labels& order) {
  Shape axes;
  for (const Label label : order) axes.push_back(position_of(term.labels, label));
  return term.tensor.permute(axes);
}

// --- two operands ------------------------------------------------------------------------------------------

Labels join(const Labels& a, const Labels& b) {
  Labels all = a;
  all.insert(all.end(), b.begin(), b.end());
  return all;
}

// The sizes of some labels, multiplied, and one after the other.
std::int64_t extent(const Term& term, const Labels& labels) {
  std::int64_t product = 1;
  for (const Label label : labels) product *= term.tensor.size(position_of(term.labels, label));
  return product;
}

void append_sizes(Shape& shape, const Term& term, const Labels& labels) {
  for (const Label label : labels) shape.push_back(term.tensor.size(position_of(term.labels, label)));
}

// The product of two terms, summed over the labels that `keep` does not name.
Term contract(Term a, Term b, const Labels& keep) {
  a = sum_out(a, join(b.labels, keep));
  b = sum_out(b, join(a.labels, keep));
  Labels batch, inner, left, right;
  for (const Label label : a.labels) {
    (!contains(b.labels, label) ? left : contains(keep, label) ? batch : inner).push_back(label);
  }
  for (const Label label : b.labels) {
    if (!contains(a.labels, label)) right.push_back(label);
  }
  const Labels result = join(join(batch, left), right);
  Shape shape;
  append_sizes(shape, a, join(batch, left));
  append_sizes(shape, b, right);
  if (inner.empty()) {  // nothing to sum: a product with broadcasting
    Tensor x = ordered(a, join(batch, left)), y = ordered(b, join(batch, right));
    for (std::size_t i = 0; i < right.size(); ++i) x = x.unsqueeze(-1);
    for (std::size_t i = 0; i < left.size(); ++i) y = y.unsqueeze(static_cast<std::int64_t>(batch.size()));
    return {x * y, result};
  }
  // (batch, left, inner) times (batch, inner, right)
  const std::int64_t count = extent(a, batch), rows = extent(a, left), depth = extent(a, inner),
                     columns = extent(b, right);
  const Tensor x = ordered(a, join(join(batch, left), inner)),
               y = ordered(b, join(join(batch, inner), right));
  const Tensor product = batch.empty()
                             ? mm(x.reshape({rows, depth}), y.reshape({depth, columns}))
                             : bmm(x.reshape({count, rows, depth}), y.reshape({count, depth, columns}));
  return {product.reshape(shape), result};
}

// --- the output --------------------------------------------------------------------------------------------

Labels output_labels(std::string_view text, const Equation& equation, const std::vector<Term>& terms) {
  Labels ellipsis, letters;  // of all operands; the letters with repetition
  for (const Term& term : terms) {
    for (const Label label : term.labels) {
      if (label < 0 && !contains(ellipsis, label)) ellipsis.push_back(label);
    }
  }
  std::sort(ellipsis.begin(), ellipsis.end());  // the first axis has the lowest label
  for (const std::string& input : equation.inputs) {
    std::copy_if(input.begin(), input.end(), std::back_inserter(letters), [](char c) { return c != '.'; });
  }
  Labels output;
  if (!equation.has_output) {
    output = ellipsis;
    std::sort(letters.begin(), letters.end());
    std::copy_if(letters.begin(), letters.end(), std::back_inserter(output),
                 [&](Label label) { return std::count(letters.begin(), letters.end(), label) == 1; });
    return output;
  }
  for (const char c : equation.output) {
    if (c == '.') {
      output = join(output, ellipsis);
      continue;
    }
    if (!contains(letters, c)) bad_equation(text, "the output's " + spoken(c) + " is in no operand");
    if (contains(output, c)) bad_equation(text, "the output names " + spoken(c) + " twice");
    output.push_back(c);
  }
  return output;
}

void check_operands(const Equation& equation, std::string_view text, std::span<const Tensor> operands) {
  if (operands.empty()) throw Error("einsum", "needs at least one operand");
  if (operands.size() != equation.inputs.size()) {
    throw Error("einsum", "\"" + std::string(text) + "\" has subscripts for " +
                              std::to_string(equation.inputs.size()) + " operands, but " +
                              std::to_string(operands.size()) + " were given");
  }
  for (const Tensor& operand : operands) {
    if (operand.defined() && operands[0].defined() && operand.dtype() == operands[0].dtype()) continue;
    throw Error("einsum", "the operands must have one dtype, got " + describe(operands[0]) + " and " +
                              describe(operand));
  }
}

}  // namespace

Tensor einsum(std::string_view equation, std::span<const Tensor> operands) {
  const Equation parsed = parse(equation);
  check_operands(parsed, equation, operands);
  std::vector<Term> terms;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    terms.push_back({operands[i], label_axes(parsed.inputs[i], operands[i], i)});
  }
  const Labels output = output_labels(equation, parsed, terms);
  for (std::size_t i = 0; i < terms.size(); ++i) terms[i] = take_diagonals(std::move(terms[i]), i);
  broadcast_sizes(terms);

  Term result = terms[0];
  for (std::size_t i = 1; i < terms.size(); ++i) {
    Labels keep = output;
    for (std::size_t later = i + 1; later < terms.size(); ++later) keep = join(keep, terms[later].labels);
    result = contract(result, terms[i], keep);
  }
  return ordered(sum_out(result, output), output);
}

}  // namespace gradus

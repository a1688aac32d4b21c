#include "expression.h"

#include "calls.h"

#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/linalg.h>

#include <cctype>

namespace oracle {
namespace {

using namespace gradus;

class Parser {
 public:
  Parser(const std::string& text, Names& names) : text_(text), names_(names) {}

  void statements() {
    while (true) {
      skip_space();
      while (accept(';')) skip_space();
      if (at_ == text_.size()) return;
      statement();
      skip_space();
      if (at_ < text_.size() && text_[at_] != ';') fail();
    }
  }

 private:
  void statement() {
    const std::size_t start = at_;
    const std::string name = identifier();
    skip_space();
    if (!name.empty() && peek() == '=' && text_.compare(at_, 2, "==") != 0) {
      ++at_;
      names_[name] = expression();
      return;
    }
    at_ = start;
    expression();
  }

  Term expression() {
    Term left = product();
    while (true) {
      if (accept('+')) left = arithmetic('+', left, product());
      else if (accept('-')) left = arithmetic('-', left, product());
      else return left;
    }
  }

  Term product() {
    Term left = factor();
    while (true) {
      if (accept('*')) left = arithmetic('*', left, factor());
      else if (accept('/')) left = arithmetic('/', left, factor());
      else if (accept('@')) left = arithmetic('@', left, factor());
      else return left;
    }
  }

  Term factor() {
    if (accept('-')) return arithmetic('-', Term{Value(Json(0)), {}, {}, {}, {}}, factor());
    Term term = primary();
    while (true) {
      if (accept('.')) {
        term = member(term, identifier());
      } else if (accept('(')) {
        term = call_term(term, call_arguments());
      } else if (accept('[')) {
        const Term index = expression();
        expect(']');
        term = call_term(member(term, index.value.kind == Value::Kind::tensor ? "index" : "select_first"),
                         {{"", index}});
      } else {
        return term;
      }
    }
  }

  Term primary() {
    skip_space();
    const char c = peek();
    if (std::isdigit(static_cast<unsigned char>(c))) return number();
    if (c == '\'' || c == '"') return quoted(c);
    if (accept('[')) return list(']');
    if (accept('(')) return list(')');
    const std::string name = identifier();
    if (name.empty()) fail();
    if (name == "True" || name == "False") return plain(name == "True");
    if (name == "None") return plain(nullptr);
    if (const auto found = names_.find(name); found != names_.end()) return found->second;
    return Term{{}, name, {}, {}, {}};
  }

  Term number() {
    std::size_t end = at_;
    while (end < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[end])) || text_[end] == '.' ||
                                  ((text_[end] == '-' || text_[end] == '+') && text_[end - 1] == 'e'))) {
      ++end;
    }
    const std::string digits = text_.substr(at_, end - at_);
    at_ = end;
    if (digits.find_first_of(".e") == std::string::npos) return plain(std::stoll(digits));
    return plain(std::stod(digits));
  }

  Term quoted(char mark) {
    const std::size_t end = text_.find(mark, at_ + 1);
    if (end == std::string::npos) fail();
    const std::string content = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return plain(content);
  }

  /// "[1, 2]", "[a, b]", "(4, 3)", and "(a + b)", which is no list.
  Term list(char end) {
    std::vector<Term> entries;
    bool comma = false;
    while (!accept(end)) {
      entries.push_back(expression());
      if (accept(',')) comma = true;
      else if (!accept(end)) fail();
      else break;
    }
    if (end == ')' && !comma && entries.size() == 1) return entries[0];
    Tensors tensors;
    Json numbers = Json::array();
    for (const Term& entry : entries) {
      if (entry.value.kind == Value::Kind::tensor) tensors.push_back(entry.value.tensors[0]);
      else numbers.push_back(entry.value.plain);
    }
    return Term{tensors.empty() ? Value(numbers) : Value(tensors), {}, {}, {}, {}};
  }

  NamedTerms call_arguments() {
    NamedTerms arguments;
    while (!accept(')')) {
      const std::size_t start = at_;
      skip_space();
      std::string name = identifier();
      if (name.empty() || !accept('=')) {
        at_ = start;
        name.clear();
      }
      arguments.emplace_back(name, expression());
      if (!accept(',') && peek() != ')') fail();
    }
    return arguments;
  }

  /// A method of a tensor; of anything else the path is dropped: torch.nn.functional.pad is pad.
  static Term member(const Term& term, const std::string& name) {
    if (term.function.empty()) return Term{{}, name, std::make_shared<Term>(term), {}, {}};
    return Term{{}, name, {}, {}, {}};
  }

  Term arithmetic(char op, const Term& a, const Term& b) const {
    const bool left = a.value.kind == Value::Kind::tensor, right = b.value.kind == Value::Kind::tensor;
    if (!left && !right) {
      const double x = number_of(a.value.plain), y = number_of(b.value.plain);
      const double result = op == '+' ? x + y : op == '-' ? x - y : op == '*' ? x * y : x / y;
      const bool whole = a.value.plain.is_number_integer() && b.value.plain.is_number_integer() && op != '/';
      return whole ? plain(static_cast<std::int64_t>(result)) : plain(result);
    }
    if (op == '@') return tensor_term(matmul(a.value.tensors.at(0), b.value.tensors.at(0)));
    // A number is an operand as a tensor of shape (), which widens no dtype.
    const auto operand = [](const Term& term, bool is_tensor) {
      if (is_tensor) return term.value.tensors[0];
      const Json& number = term.value.plain;
      return full({}, number_of(number), number.is_number_integer() ? DType::int64 : DType::float64);
    };
    const Tensor x = operand(a, left), y = operand(b, right);
    return tensor_term(op == '+' ? x + y : op == '-' ? x - y : op == '*' ? x * y : x / y);
  }

  static Term tensor_term(const Tensor& tensor) { return Term{Value(tensor), {}, {}, {}, {}}; }
  static Term plain(Json value) { return Term{Value(std::move(value)), {}, {}, {}, {}}; }

  std::string identifier() {
    const std::size_t start = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_'))
      ++at_;
    return text_.substr(start, at_ - start);
  }
  void skip_space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool accept(char c) {
    skip_space();
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail();
  }
  [[noreturn]] void fail() const {
    throw Unsupported("cannot read '" + text_ + "' at position " + std::to_string(at_));
  }

  const std::string& text_;
  Names& names_;
  std::size_t at_ = 0;
};

}  // namespace

void run_statements(const std::string& text, Names& names) { Parser(text, names).statements(); }

}  // namespace oracle

// Reading JSON that nobody vouches for, strictly, and with one kind of Error for all that is wrong with it.
#pragma once
#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>
#include <vector>

namespace translation {

/// An object of a JSON text. A value is of just the type that is asked for: nothing is cut to fit it, as 3.7
/// and 5000000000 would be for an int.
class JsonObject {
 public:
  /// The Error is "[load] BLAME: why": `blame` names what the text stands in, "'config.json' is damaged".
  JsonObject(const std::string& text, std::string blame);

  bool contains(const std::string& key) const;
  /// In the order of the text.
  std::vector<std::string> keys() const;
  JsonObject object(const std::string& key) const;
  /// T is std::string, int, std::int64_t, std::uint64_t, double or bool.
  template <class T>
  T get(const std::string& key) const;
  /// The number of this key, or `otherwise` where it is null: JSON has no word for what is not finite.
  double number_or(double otherwise, const std::string& key) const;
  /// Throws where the number under "format" is not this one.
  void check_format(int expected) const;
  [[noreturn]] void refuse(const std::string& why) const;

 private:
  JsonObject(std::shared_ptr<const nlohmann::ordered_json> document, const nlohmann::ordered_json* value,
             std::string blame);
  const nlohmann::ordered_json& at(const std::string& key) const;

  std::shared_ptr<const nlohmann::ordered_json> document_;  // all of it, for as long as a part of it is read
  const nlohmann::ordered_json* value_;
  std::string blame_;
};

}  // namespace translation

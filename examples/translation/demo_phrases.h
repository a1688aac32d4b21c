// What the patterns of the grammar are made of: choices, noun phrases, verb phrases.
#pragma once
#include "demo_lexicon.h"

#include <cstddef>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace translation {

/// The choices that make a sentence, and its English as far as it goes. They come from a generator, or, to
/// recognise a sentence, from a path of which all are tried in turn; `say` then rejects it where the English
/// parts from the sentence, and so all paths that begin alike.
class Choices {
 public:
  using Draw = std::size_t (*)(void* state, std::size_t count);
  Choices(Draw draw, void* state) : draw_(draw), state_(state) {}
  Choices(std::string wanted, std::vector<std::size_t> path)
      : wanted_(std::move(wanted)), path_(std::move(path)) {}

  /// A number below `count`.
  std::size_t choose(std::size_t count);
  /// One of the entries, which must outlive the reference.
  template <class T>
  const T& one_of(const std::vector<T>& table) {
    return table[choose(table.size())];
  }
  bool yes() { return choose(2) == 1; }

  /// Goes on with these English words; an empty string adds none.
  void say(const std::string& words);
  /// The sentence makes no sense.
  void reject() { rejected_ = true; }

  bool rejected() const { return rejected_; }
  const std::string& english() const { return english_; }
  /// Makes the next path of choices to try, where there is one.
  bool next_path(std::vector<std::size_t>& path) const;

 private:
  Draw draw_ = nullptr;
  void* state_ = nullptr;
  std::string wanted_, english_;
  std::vector<std::size_t> path_, counts_;
  bool rejected_ = false;
};

/// The French words in order, with the elision of je, me, te, le, la, ne and que. Empty strings are left out.
std::string french_words(std::initializer_list<std::string> words);

/// Somebody or something, in three languages and with what the words around it must agree with.
struct NounPhrase {
  std::string english, french, chinese;
  int conjugated;  // index into Conjugation
  bool feminine, plural;
  unsigned kinds;
};

/// What may stand before the noun, as bits.
enum Determiner : unsigned {
  indefinite = 1,
  definite = 2,
  possessive = 4,
  demonstrative = 8,
  counted = 16,
  genitive = 32,
};

/// A noun of one of the kinds, with one of the determiners. Says nothing: the pattern does, in its place.
NounPhrase noun_phrase(Choices& choices, unsigned kinds, unsigned determiners, bool with_adjective);
NounPhrase pronoun_phrase(Choices& choices);
/// Who does something: a pronoun as often as a noun.
NounPhrase subject(Choices& choices);

/// The French adjective in the gender and number of the noun.
std::string agreeing(const Adjective& adjective, const NounPhrase& noun);
/// An adjective that goes with one of the kinds.
const Adjective& adjective_for(Choices& choices, unsigned kinds);
/// "am", "is", "are" and "suis", "es", "est", "sommes", "sont".
std::string english_be(const NounPhrase& noun);
std::string french_be(const NounPhrase& noun);
/// "eat" or "eats".
std::string english_form(const Verb& verb, const NounPhrase& noun);

}  // namespace translation

// The words of the built-in corpus in English, French and Chinese, with what grammar needs to know of them.
#pragma once
#include <array>
#include <string>
#include <vector>

namespace translation {

/// What a noun stands for, as bits: verbs and adjectives say which of them they go with.
enum Kind : unsigned {
  person = 1,
  acquaintance = 2,  // a person one can call one's own
  kin = 4,           // always with a possessive
  animal = 8,
  food = 16,
  drink = 32,
  text = 64,
  opening = 128,
  thing = 256,
  clothes = 512,
  vehicle = 1024,
  plant = 2048,
  building = 4096,
};

struct Noun {
  std::string english, english_plural;
  std::string french, french_plural;
  bool feminine;
  std::string chinese, measure;  // measure: the word between a number and the noun
  unsigned kinds;
};

struct Adjective {
  std::string english, comparative;            // comparative: empty where it is not used
  std::string masculine, feminine;             // French
  std::string masculine_plural, before_vowel;  // before_vowel: empty where it is the masculine
  bool precedes;                               // the noun, in French
  std::string chinese, predicate;              // before the noun; after 很 or 比, for a colour after 是
  bool colour;
  unsigned kinds;
};

/// The French of the present tense: je, tu, il or elle, nous, ils.
using Conjugation = std::array<std::string, 5>;

struct Verb {
  std::string english, third_person, gerund;  // gerund: of verbs without object only
  std::string infinitive;
  Conjugation french;
  std::string chinese, negated;  // negated: empty where it is 不 and the verb
  unsigned objects;              // kinds of noun; 0: none
  bool action;                   // has a time and a place
};

/// What stands before another verb: "want to swim", "love swimming".
struct Modal {
  std::string english, third_person, negated, negated_third_person;
  Conjugation french;
  std::string chinese, chinese_negated;
  bool gerund;
};

struct Pronoun {
  std::string subject, object, possessive;  // English
  std::string french_subject, french_object;
  std::string masculine, feminine, plural_possessive;  // French possessives: mon, ma, mes
  std::string chinese;
  int conjugated;  // index into Conjugation
  bool is_feminine, is_plural;
};

/// An adverb, a number, a place (whose Chinese is without 在).
struct Entry {
  std::string english, french, chinese;
};

const std::vector<Noun>& nouns();
const std::vector<Adjective>& adjectives();
const std::vector<Verb>& transitive_verbs();
const std::vector<Verb>& intransitive_verbs();
const std::vector<Modal>& modals();
const std::vector<Pronoun>& pronouns();
const std::vector<Entry>& numbers();
const std::vector<Entry>& places();
const std::vector<Entry>& times();

/// Every Chinese word that the grammar writes.
std::vector<std::string> chinese_words();

}  // namespace translation

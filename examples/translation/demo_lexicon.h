// The words of the demo's grammar, in English, French and Chinese. A blank inside an entry separates words.
#pragma once
#include <span>
#include <string_view>

namespace translation::grammar {

using Text = std::string_view;

/// What a noun names. A verb, an adjective or a preposition says with a union of these which nouns it goes with.
enum Kind : unsigned {
  person = 1, animal = 2, goods = 4, readable = 8, openable = 16, machine = 32, edible = 64, place = 128,
  surface = 256,    // one can lie on it or under it
  container = 512,  // one can be inside it, beside the places
  food = 1024, drink = 2048, field = 4096  // without number: bread, water, music
};

/// `chinese_measure` stands between a number or a demonstrative and the noun.
struct Noun {
  Text english, english_plural, french, french_plural;
  bool feminine;
  Text chinese, chinese_measure;
  unsigned kinds;
};

/// French: masculine, masculine before a vowel, feminine, masculine plural, feminine plural.
struct Adjective {
  Text english, english_comparative;  // no comparative: never compared
  Text french[5];
  bool precedes;           // in French it stands before its noun
  Text chinese;            // the predicate
  Text chinese_attribute;  // before a noun; empty: only used as a predicate
  bool colour;             // the Chinese predicate is between 是 and 的
  unsigned kinds;
};

/// French present tense: je, tu, il or elle, nous, ils.
struct Verb {
  Text english, english_third, english_past;  // no past: not used in that tense
  Text french, french_present[5], french_participle;
  Text chinese;
  unsigned kinds;  // of its object
  bool pronoun;    // its object may be a pronoun
};

/// A verb that takes an infinitive. `french_link` follows it ("besoin de").
struct Modal {
  Text english, english_third;
  bool auxiliary;  // English: without "do" and without "to"
  Text french_present[5], french_link;
  Text chinese;
  bool negatable;
};

/// A verb with an object and a recipient. Chinese: 把 object `chinese` recipient `chinese_end`.
struct Transfer {
  Text english, english_third;
  Text french, french_present[5];
  Text chinese, chinese_end;
};

/// A verb with a clause: "thinks that".
struct Report {
  Text english, english_third;
  Text french_present[5];
  Text chinese;
};

struct Preposition {
  Text english, french, chinese;  // Chinese: 在 noun `chinese`
  unsigned kinds;
};

struct Adverb {
  Text english, french, chinese;
};

/// Personal pronouns, and "who" as the subject of a question.
struct Pronoun {
  Text english, english_object, french, french_object, french_dative, french_strong, chinese;
  int form;  // 0 je, 1 tu, 2 il or elle, 3 nous, 4 ils
  bool feminine;
};

/// French: masculine, feminine, plural. Chinese stands before the noun, without the measure word.
struct Determiner {
  Text english, english_plural;  // either may be empty: not used with that number
  Text french[3];
  Text chinese, chinese_plural;
  bool measured;  // Chinese singular, or a number: a measure word follows
};

enum DeterminerIndex { definite, indefinite, demonstrative_near, demonstrative_far, first_possessive };

std::span<const Noun> nouns();
std::span<const Adjective> adjectives();
std::span<const Verb> transitive_verbs();    // with a noun or a pronoun as object
std::span<const Verb> intransitive_verbs();  // activities
std::span<const Verb> generic_verbs();       // feelings and studies: "loves music", the whole kind
const Verb& have();
std::span<const Modal> modals();
std::span<const Transfer> transfers();
std::span<const Report> reports();
std::span<const Preposition> prepositions();
std::span<const Adverb> frequencies();  // the last one is "never"
std::span<const Adverb> usual_times();  // with the present tense
std::span<const Adverb> past_times();
std::span<const Adverb> future_times();
std::span<const Pronoun> pronouns();
const Pronoun& who();
std::span<const Determiner> singular_determiners();  // in the order of DeterminerIndex, then the possessives
std::span<const Determiner> quantities();            // plural: numbers, some, many

}  // namespace translation::grammar

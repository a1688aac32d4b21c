#include "demo_phrases.h"

#include <string_view>

namespace translation {

std::size_t Choices::choose(std::size_t count) {
  if (draw_) return draw_(state_, count);
  if (rejected_) return 0;  // nothing after this matters
  counts_.push_back(count);
  if (path_.size() < counts_.size()) path_.push_back(0);
  return path_[counts_.size() - 1];
}

void Choices::say(const std::string& words) {
  if (words.empty()) return;
  if (!english_.empty()) english_ += ' ';
  english_ += words;
  if (draw_) return;
  const bool begins = wanted_.compare(0, english_.size(), english_) == 0;
  if (!begins || (wanted_.size() > english_.size() && wanted_[english_.size()] != ' ')) rejected_ = true;
}

bool Choices::next_path(std::vector<std::size_t>& path) const {
  path.assign(path_.begin(), path_.begin() + static_cast<std::ptrdiff_t>(counts_.size()));
  while (!path.empty() && path.back() + 1 == counts_[path.size() - 1]) path.pop_back();
  if (path.empty()) return false;
  ++path.back();
  return true;
}

namespace {

bool begins_with_vowel(const std::string& word) {
  // Every h of the lexicon is mute.
  for (const std::string_view vowel : {"a", "e", "i", "o", "u", "h", "é", "ê", "à", "œ"}) {
    if (std::string_view(word).substr(0, vowel.size()) == vowel) return true;
  }
  return false;
}

bool is_elided(std::string_view word) {
  for (const std::string_view short_word : {"je", "me", "te", "le", "la", "ne", "que"}) {
    if (word == short_word) return true;
  }
  return false;
}

template <class T>
std::vector<const T*> going_with(const std::vector<T>& table, unsigned kinds) {
  std::vector<const T*> found;
  for (const T& entry : table) {
    if (entry.kinds & kinds) found.push_back(&entry);
  }
  return found;
}

std::string english_article(const std::string& next) {
  return std::string_view("aeiou").find(next[0]) == std::string_view::npos ? "a" : "an";
}

// A noun and its adjective, before a determiner is put to them.
struct Core {
  std::string english, french, chinese;
};

Core noun_core(const Noun& noun, const Adjective* adjective, bool plural) {
  const std::string& french = plural ? noun.french_plural : noun.french;
  Core core{plural ? noun.english_plural : noun.english, french, noun.chinese};
  if (!adjective) return core;
  core.english = adjective->english + ' ' + core.english;
  core.chinese = adjective->chinese + core.chinese;
  std::string form = plural ? adjective->masculine_plural : adjective->masculine;
  if (noun.feminine) form = adjective->feminine + (plural ? "s" : "");
  const bool liaison = adjective->precedes && !noun.feminine && !plural && begins_with_vowel(french);
  if (liaison && !adjective->before_vowel.empty()) form = adjective->before_vowel;
  core.french = adjective->precedes ? form + ' ' + french : french + ' ' + form;
  return core;
}

std::string french_possessive(const Pronoun& owner, bool feminine, bool plural, const std::string& next) {
  if (plural) return owner.plural_possessive;
  return feminine && !begins_with_vowel(next) ? owner.feminine : owner.masculine;
}

unsigned one_bit_of(Choices& choices, unsigned bits) {
  std::vector<unsigned> each;
  for (unsigned bit = 1; bit <= bits; bit *= 2) {
    if (bits & bit) each.push_back(bit);
  }
  return choices.one_of(each);
}

}  // namespace

std::string french_words(std::initializer_list<std::string> words) {
  std::string line;
  for (const std::string& word : words) {
    if (word.empty()) continue;
    const std::string_view last = std::string_view(line).substr(line.find_last_of(' ') + 1);
    if (is_elided(last) && begins_with_vowel(word)) {
      line.back() = '\'';
    } else if (!line.empty()) {
      line += ' ';
    }
    line += word;
  }
  return line;
}

NounPhrase noun_phrase(Choices& choices, unsigned kinds, unsigned determiners, bool with_adjective) {
  const unsigned determiner = one_bit_of(choices, determiners);
  const bool owned = determiner == possessive || determiner == genitive;
  // Persons are owned as acquaintances and kin only, and kin always are.
  if (owned && (kinds & person)) kinds &= ~static_cast<unsigned>(person);
  if (!owned) kinds &= ~static_cast<unsigned>(kin | acquaintance);
  const auto candidates = going_with(nouns(), kinds);
  if (candidates.empty()) {
    choices.reject();
    return {};
  }
  const Noun& noun = *candidates[choices.choose(candidates.size())];
  const Adjective* adjective = nullptr;
  if (with_adjective && determiner != genitive && !(noun.kinds & kin) && choices.yes()) {
    adjective = &adjective_for(choices, noun.kinds);
  }
  const bool plural = determiner == counted || (determiner != indefinite && determiner != genitive &&
                                                !(noun.kinds & kin) && choices.yes());
  const Core core = noun_core(noun, adjective, plural);
  const bool is_person = (noun.kinds & (person | kin)) != 0;
  const std::string group = plural && is_person ? core.chinese + "们" : core.chinese;
  const std::string one = noun.feminine ? "une" : "un";

  NounPhrase phrase{"", "", "", plural ? 4 : 2, noun.feminine, plural, noun.kinds};
  if (determiner == indefinite) {
    phrase.english = english_article(core.english) + ' ' + core.english;
    phrase.french = french_words({one, core.french});
    phrase.chinese = "一" + noun.measure + core.chinese;
  } else if (determiner == definite) {
    phrase.english = "the " + core.english;
    phrase.french = french_words({plural ? "les" : noun.feminine ? "la" : "le", core.french});
    phrase.chinese = group;
  } else if (determiner == demonstrative) {
    const std::string masculine = begins_with_vowel(core.french) ? "cet" : "ce";
    phrase.english = (plural ? "these " : "this ") + core.english;
    phrase.french = french_words({plural ? "ces" : noun.feminine ? "cette" : masculine, core.french});
    phrase.chinese = plural ? "这些" + core.chinese : "这" + noun.measure + core.chinese;
  } else if (determiner == counted) {
    const Entry& number = choices.one_of(numbers());
    phrase.english = number.english + ' ' + core.english;
    phrase.french = french_words({number.french, core.french});
    phrase.chinese = number.chinese + noun.measure + core.chinese;
  } else if (determiner == possessive) {
    const Pronoun& owner = choices.one_of(pronouns());
    phrase.english = owner.possessive + ' ' + core.english;
    phrase.french = french_words({french_possessive(owner, noun.feminine, plural, core.french), core.french});
    phrase.chinese = owner.chinese + (noun.kinds & kin ? "" : "的") + group;
  } else {
    // "my sister's book"
    const Pronoun& speaker = choices.one_of(pronouns());
    const auto relatives = going_with(nouns(), kin | acquaintance);
    const Noun& owner = *relatives[choices.choose(relatives.size())];
    phrase.english = speaker.possessive + ' ' + owner.english + "'s " + core.english;
    phrase.french =
        french_words({noun.feminine ? "la" : "le", core.french, "de",
                      french_possessive(speaker, owner.feminine, false, owner.french), owner.french});
    phrase.chinese = speaker.chinese + (owner.kinds & kin ? "" : "的") + owner.chinese + "的" + core.chinese;
  }
  return phrase;
}

NounPhrase pronoun_phrase(Choices& choices) {
  const Pronoun& who = choices.one_of(pronouns());
  return {who.subject,     who.french_subject, who.chinese, who.conjugated,
          who.is_feminine, who.is_plural,      person};
}

NounPhrase subject(Choices& choices) {
  if (choices.yes()) return pronoun_phrase(choices);
  return noun_phrase(choices, person | acquaintance | kin, definite | possessive, false);
}

std::string agreeing(const Adjective& adjective, const NounPhrase& noun) {
  if (noun.feminine) return adjective.feminine + (noun.plural ? "s" : "");
  return noun.plural ? adjective.masculine_plural : adjective.masculine;
}

const Adjective& adjective_for(Choices& choices, unsigned kinds) {
  const auto candidates = going_with(adjectives(), kinds);
  return *candidates[choices.choose(candidates.size())];
}

std::string english_be(const NounPhrase& noun) {
  if (noun.english == "I") return "am";
  return noun.conjugated == 2 ? "is" : "are";
}

std::string french_be(const NounPhrase& noun) {
  static const Conjugation forms = {"suis", "es", "est", "sommes", "sont"};
  return forms[static_cast<std::size_t>(noun.conjugated)];
}

std::string english_form(const Verb& verb, const NounPhrase& noun) {
  return noun.conjugated == 2 ? verb.third_person : verb.english;
}

}  // namespace translation

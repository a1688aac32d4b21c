#include "demo_grammar.h"

#include "demo_phrases.h"

#include <array>
#include <stdexcept>

namespace translation {

namespace {

const unsigned any = indefinite | definite | possessive | demonstrative | counted | genitive;
const unsigned certain =
    definite | possessive | demonstrative | genitive;  // what French negates without "de"
const unsigned people = person | acquaintance | kin;
const unsigned all_kinds = ~0u;
const unsigned objects = thing | clothes | opening | vehicle | building;

const std::string& conjugate(const Conjugation& forms, const NounPhrase& who) {
  return forms[static_cast<std::size_t>(who.conjugated)];
}

std::string do_support(const NounPhrase& who) { return who.conjugated == 2 ? "does" : "do"; }

// A verb that takes objects of one of the kinds.
const Verb& verb_with(Choices& choices, unsigned object_kinds, bool only_actions) {
  std::vector<const Verb*> candidates;
  for (const Verb& verb : transitive_verbs()) {
    if ((verb.objects & object_kinds) && (verb.action || !only_actions)) candidates.push_back(&verb);
  }
  return *candidates[choices.choose(candidates.size())];
}

std::string chinese_negated(const Verb& verb) {
  return verb.negated.empty() ? "不" + verb.chinese : verb.negated;
}

// An object pronoun that is not the subject again.
const Pronoun& object_pronoun(Choices& choices, const NounPhrase& who) {
  const Pronoun& pronoun = choices.one_of(pronouns());
  const bool both_first = pronoun.conjugated % 3 == 0 && who.conjugated % 3 == 0;
  if (both_first || (pronoun.conjugated == 1 && who.conjugated == 1)) choices.reject();
  return pronoun;
}

// A time or none.
Entry optional_time(Choices& choices) { return choices.yes() ? choices.one_of(times()) : Entry{}; }

// "the girl eats a red apple": the beginning of several patterns, said.
DemoSentence clause(Choices& choices, unsigned determiners) {
  const NounPhrase who = subject(choices);
  choices.say(who.english);
  const Verb& verb = verb_with(choices, all_kinds, false);
  choices.say(english_form(verb, who));
  const NounPhrase what = noun_phrase(choices, verb.objects, determiners, true);
  choices.say(what.english);
  return {"", french_words({who.french, conjugate(verb.french, who), what.french}),
          who.chinese + verb.chinese + what.chinese};
}

DemoSentence somebody_does_something(Choices& choices) { return clause(choices, any); }

// "we read a book in the garden today"
DemoSentence at_a_place_and_time(Choices& choices) {
  const NounPhrase who = subject(choices);
  choices.say(who.english);
  const Verb& verb = verb_with(choices, all_kinds, true);
  choices.say(english_form(verb, who));
  const NounPhrase what = noun_phrase(choices, verb.objects, any & ~genitive, false);
  choices.say(what.english);
  const Entry& place = choices.one_of(places());
  choices.say(place.english);
  const Entry time = optional_time(choices);
  choices.say(time.english);
  return {"", french_words({who.french, conjugate(verb.french, who), what.french, place.french, time.french}),
          who.chinese + time.chinese + "在" + place.chinese + verb.chinese + what.chinese};
}

// "the boy does not open the door"
DemoSentence negation(Choices& choices) {
  const NounPhrase who = subject(choices);
  choices.say(who.english);
  choices.say(do_support(who) + " not");
  const Verb& verb = verb_with(choices, all_kinds, false);
  choices.say(verb.english);
  const NounPhrase what = noun_phrase(choices, verb.objects, certain, true);
  choices.say(what.english);
  return {"", french_words({who.french, "ne", conjugate(verb.french, who), "pas", what.french}),
          who.chinese + chinese_negated(verb) + what.chinese};
}

// "I love you", "she does not see him today"
DemoSentence object_pronouns(Choices& choices) {
  const NounPhrase who = subject(choices);
  choices.say(who.english);
  const bool negated = choices.yes();
  if (negated) choices.say(do_support(who) + " not");
  const Verb& verb = verb_with(choices, kin, false);
  choices.say(negated ? verb.english : english_form(verb, who));
  const Pronoun& whom = object_pronoun(choices, who);
  choices.say(whom.object);
  const Entry time = verb.action ? optional_time(choices) : Entry{};
  choices.say(time.english);
  return {"",
          french_words({who.french, negated ? "ne" : "", whom.french_object, conjugate(verb.french, who),
                        negated ? "pas" : "", time.french}),
          who.chinese + time.chinese + (negated ? chinese_negated(verb) : verb.chinese) + whom.chinese};
}

// "my brother does not work at home now"
DemoSentence without_object(Choices& choices) {
  const NounPhrase who = subject(choices);
  choices.say(who.english);
  const bool negated = choices.yes();
  if (negated) choices.say(do_support(who) + " not");
  const Verb& verb = choices.one_of(intransitive_verbs());
  choices.say(negated ? verb.english : english_form(verb, who));
  const Entry& place = choices.one_of(places());
  choices.say(place.english);
  const Entry time = optional_time(choices);
  choices.say(time.english);
  return {"",
          french_words({who.french, negated ? "ne" : "", conjugate(verb.french, who), negated ? "pas" : "",
                        place.french, time.french}),
          who.chinese + time.chinese + (negated ? "不" : "") + "在" + place.chinese + verb.chinese};
}

// "my brother has three small dogs"
DemoSentence possession(Choices& choices) {
  const NounPhrase who = subject(choices);
  choices.say(who.english);
  choices.say(who.conjugated == 2 ? "has" : "have");
  const NounPhrase what = noun_phrase(choices, animal | text | objects, counted, true);
  choices.say(what.english);
  static const Conjugation have = {"ai", "as", "a", "avons", "ont"};
  return {"", french_words({who.french, conjugate(have, who), what.french}),
          who.chinese + "有" + what.chinese};
}

// "do you drink a coffee ?"
DemoSentence question(Choices& choices) {
  const NounPhrase who = subject(choices);
  choices.say(do_support(who));
  choices.say(who.english);
  const Verb& verb = verb_with(choices, all_kinds, false);
  choices.say(verb.english);
  const NounPhrase what = noun_phrase(choices, verb.objects, any & ~genitive, false);
  choices.say(what.english);
  const Entry time = verb.action ? optional_time(choices) : Entry{};
  choices.say(time.english);
  choices.say("?");
  return {
      "",
      french_words({"est-ce que", who.french, conjugate(verb.french, who), what.french, time.french, "?"}),
      who.chinese + time.chinese + verb.chinese + what.chinese + "吗？"};
}

// "where is my sister's new hat ?"
DemoSentence where(Choices& choices) {
  const unsigned kinds = choices.yes() ? people : animal | text | objects;
  const NounPhrase what = noun_phrase(choices, kinds, certain, true);
  choices.say("where " + english_be(what));
  choices.say(what.english);
  choices.say("?");
  return {"", french_words({"où", french_be(what), what.french, "?"}), what.chinese + "在哪里？"};
}

// "he wants to swim", "I love programming", "we cannot sleep at home"
DemoSentence verb_after_verb(Choices& choices) {
  const NounPhrase who = subject(choices);
  choices.say(who.english);
  const Modal& modal = choices.one_of(modals());
  const bool negated = choices.yes();
  const bool third = who.conjugated == 2;
  choices.say(negated ? (third ? modal.negated_third_person : modal.negated)
                      : (third ? modal.third_person : modal.english));
  const Verb& verb = choices.one_of(intransitive_verbs());
  choices.say(modal.gerund ? verb.gerund : verb.english);
  const Entry place = choices.yes() ? choices.one_of(places()) : Entry{};
  choices.say(place.english);
  return {"",
          french_words({who.french, negated ? "ne" : "", conjugate(modal.french, who), negated ? "pas" : "",
                        verb.infinitive, place.french}),
          who.chinese + (negated ? modal.chinese_negated : modal.chinese) +
              (place.chinese.empty() ? "" : "在" + place.chinese) + verb.chinese};
}

// "she must help them", "I want to buy this book"
DemoSentence object_after_modal(Choices& choices) {
  const NounPhrase who = subject(choices);
  choices.say(who.english);
  const Modal& modal = choices.one_of(modals());
  if (modal.gerund) choices.reject();
  choices.say(who.conjugated == 2 ? modal.third_person : modal.english);
  const bool with_pronoun = choices.yes();
  const Verb& verb = verb_with(choices, with_pronoun ? static_cast<unsigned>(kin) : all_kinds, true);
  choices.say(verb.english);
  const std::string& french_modal = conjugate(modal.french, who);
  if (with_pronoun) {
    const Pronoun& whom = object_pronoun(choices, who);
    choices.say(whom.object);
    return {"", french_words({who.french, french_modal, whom.french_object, verb.infinitive}),
            who.chinese + modal.chinese + verb.chinese + whom.chinese};
  }
  const NounPhrase what = noun_phrase(choices, verb.objects, any & ~genitive, true);
  choices.say(what.english);
  return {"", french_words({who.french, french_modal, verb.infinitive, what.french}),
          who.chinese + modal.chinese + verb.chinese + what.chinese};
}

// "there are three small dogs in the garden", "is there a table in the kitchen ?"
DemoSentence there_is(Choices& choices) {
  const NounPhrase what = noun_phrase(choices, person | animal | thing | clothes, indefinite | counted, true);
  const bool asked = choices.yes();
  const std::string be = what.plural ? "are" : "is";
  choices.say(asked ? be + " there" : "there " + be);
  choices.say(what.english);
  const Entry& place = choices.one_of(places());
  choices.say(place.english);
  if (asked) choices.say("?");
  return {"",
          french_words({asked ? "est-ce que" : "", "il y a", what.french, place.french, asked ? "?" : ""}),
          place.chinese + "有" + what.chinese + (asked ? "吗？" : "")};
}

// "the houses are very big", "I am not tired"
DemoSentence quality(Choices& choices) {
  const bool pronoun = choices.choose(4) == 0;
  const unsigned kinds = choices.yes() ? people : animal | food | drink | plant | objects;
  const NounPhrase what = pronoun ? pronoun_phrase(choices) : noun_phrase(choices, kinds, certain, false);
  choices.say(what.english);
  choices.say(english_be(what));
  const std::size_t degree = choices.choose(3);
  const std::string english_degree[] = {"", "not", "very"};
  choices.say(english_degree[degree]);
  const Adjective& adjective = adjective_for(choices, what.kinds);
  if (adjective.colour && degree == 2) choices.reject();
  choices.say(adjective.english);
  const std::string chinese_degree[] = {"很", "不", "非常"};
  const std::string colour_degree[] = {"是", "不是", ""};
  return {"",
          french_words({what.french, degree == 1 ? "ne" : "", french_be(what), degree == 1 ? "pas" : "",
                        degree == 2 ? "très" : "", agreeing(adjective, what)}),
          what.chinese + (adjective.colour ? colour_degree[degree] : chinese_degree[degree]) +
              adjective.predicate + (adjective.colour ? "的" : "")};
}

// "this house is bigger than the car"
DemoSentence comparison(Choices& choices) {
  const std::vector<unsigned> groups = {people, animal, food, objects};
  const unsigned group = choices.one_of(groups);
  const NounPhrase one = noun_phrase(choices, group, certain & ~genitive, false);
  choices.say(one.english);
  choices.say(english_be(one));
  const Adjective& adjective = adjective_for(choices, one.kinds);
  if (adjective.comparative.empty()) choices.reject();
  choices.say(adjective.comparative + " than");
  const NounPhrase other = noun_phrase(choices, group, certain & ~genitive, false);
  if (other.english == one.english || !(other.kinds & adjective.kinds)) choices.reject();
  choices.say(other.english);
  return {"",
          french_words({one.french, french_be(one), "plus", agreeing(adjective, one), "que", other.french}),
          one.chinese + "比" + other.chinese + adjective.predicate};
}

// "her black cat is not in the kitchen today"
DemoSentence location(Choices& choices) {
  const unsigned kinds = choices.yes() ? people : animal | text | thing | clothes;
  const NounPhrase what = noun_phrase(choices, kinds, certain, true);
  choices.say(what.english);
  choices.say(english_be(what));
  const bool negated = choices.yes();
  if (negated) choices.say("not");
  const Entry& place = choices.one_of(places());
  choices.say(place.english);
  const Entry time = optional_time(choices);
  choices.say(time.english);
  return {"",
          french_words({what.french, negated ? "ne" : "", french_be(what), negated ? "pas" : "", place.french,
                        time.french}),
          what.chinese + time.chinese + (negated ? "不" : "") + "在" + place.chinese};
}

// "I drink a coffee because I am tired"
DemoSentence because(Choices& choices) {
  const DemoSentence first = clause(choices, indefinite | definite | possessive);
  choices.say("because");
  const NounPhrase who = subject(choices);
  choices.say(who.english);
  choices.say(english_be(who));
  const Adjective& adjective = adjective_for(choices, person);
  choices.say(adjective.english);
  return {"", french_words({first.french, "parce que", who.french, french_be(who), agreeing(adjective, who)}),
          first.chinese + "，因为" + who.chinese + "很" + adjective.predicate};
}

// "my brother reads a book but I do not sleep"
DemoSentence but(Choices& choices) {
  const DemoSentence first = clause(choices, indefinite | definite | possessive);
  choices.say("but");
  const NounPhrase who = subject(choices);
  choices.say(who.english);
  const bool negated = choices.yes();
  if (negated) choices.say(do_support(who) + " not");
  const Verb& verb = choices.one_of(intransitive_verbs());
  choices.say(negated ? verb.english : english_form(verb, who));
  return {"",
          french_words({first.french, "mais", who.french, negated ? "ne" : "", conjugate(verb.french, who),
                        negated ? "pas" : ""}),
          first.chinese + "，但是" + who.chinese + (negated ? "不" : "") + verb.chinese};
}

using Pattern = DemoSentence (*)(Choices&);
const std::array<Pattern, 16> patterns = {
    somebody_does_something,
    at_a_place_and_time,
    negation,
    object_pronouns,
    without_object,
    possession,
    question,
    where,
    verb_after_verb,
    object_after_modal,
    there_is,
    quality,
    comparison,
    location,
    because,
    but,
};

bool has_good_length(const std::string& sentence) {
  std::size_t words = 1;
  for (const char c : sentence) words += c == ' ' ? 1 : 0;
  return 3 <= words && words <= 12;
}

}  // namespace

DemoSentence draw_sentence(gradus::RandomBits& random) {
  const auto draw = [](void* state, std::size_t count) {
    return static_cast<std::size_t>((*static_cast<gradus::RandomBits*>(state))() % count);
  };
  const Pattern pattern = patterns[random() % patterns.size()];
  for (;;) {
    Choices choices(draw, &random);
    DemoSentence sentence = pattern(choices);
    if (choices.rejected() || !has_good_length(choices.english())) continue;
    sentence.english = choices.english();
    return sentence;
  }
}

DemoSentence parse_sentence(const std::string& english) {
  for (const Pattern pattern : patterns) {
    std::vector<std::size_t> path;
    for (bool more = true; more;) {
      Choices choices(english, path);
      DemoSentence sentence = pattern(choices);
      if (!choices.rejected() && choices.english() == english) {
        sentence.english = english;
        return sentence;
      }
      more = choices.next_path(path);
    }
  }
  throw std::invalid_argument("\"" + english + "\" is no sentence of the demonstration's grammar");
}

}  // namespace translation

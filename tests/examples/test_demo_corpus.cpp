#include "demo_corpus.h"

#include "demo_baselines.h"
#include "demo_grammar.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

using namespace translation;

namespace {

const DemoSizes small = {2000, 50, 100};

std::vector<DemoPair> all_pairs(const DemoCorpus& corpus) {
  std::vector<DemoPair> pairs = corpus.train;
  pairs.insert(pairs.end(), corpus.valid.begin(), corpus.valid.end());
  pairs.insert(pairs.end(), corpus.test.begin(), corpus.test.end());
  return pairs;
}

bool same(const std::vector<DemoPair>& a, const std::vector<DemoPair>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const DemoPair& one, const DemoPair& other) {
    return one.source == other.source && one.target == other.target;
  });
}

bool same(const DemoCorpus& a, const DemoCorpus& b) {
  return same(a.train, b.train) && same(a.valid, b.valid) && same(a.test, b.test);
}

struct Triple {
  const char *english, *french, *chinese;
};

// Written by hand.
const Triple triples[] = {
    {"I love you", "je t'aime", "我爱你"},
    {"I love programming", "j'aime programmer", "我爱编程"},
    {"the girl eats a red apple", "la fille mange une pomme rouge", "女孩吃一个红苹果"},
    {"she does not see him", "elle ne le voit pas", "她看不见他"},
    {"we do not help them today", "nous ne les aidons pas aujourd'hui", "我们今天不帮助他们"},
    {"they wait for me every day", "ils m'attendent tous les jours", "他们每天等我"},
    {"we read a book in the garden today", "nous lisons un livre dans le jardin aujourd'hui",
     "我们今天在花园里读一本书"},
    {"my brother has three small dogs", "mon frère a trois petits chiens", "我哥哥有三只小狗"},
    {"your mother has two horses", "ta mère a deux chevaux", "你妈妈有两匹马"},
    {"I have a new computer", "j'ai un nouvel ordinateur", "我有一台新电脑"},
    {"she buys an old computer", "elle achète un vieil ordinateur", "她买一台旧电脑"},
    {"he buys this beautiful tree", "il achète ce bel arbre", "他买这棵漂亮的树"},
    {"you open her white windows", "tu ouvres ses fenêtres blanches", "你打开她的白窗户"},
    {"the students do not drink my coffee", "les étudiants ne boivent pas mon café", "学生们不喝我的咖啡"},
    {"I do not write this letter", "je n'écris pas cette lettre", "我不写这封信"},
    {"she takes her sister's umbrella", "elle prend le parapluie de sa sœur", "她拿她姐姐的雨伞"},
    {"do you drink a coffee ?", "est-ce que tu bois un café ?", "你喝一杯咖啡吗？"},
    {"does he eat my orange ?", "est-ce qu'il mange mon orange ?", "他吃我的橙子吗？"},
    {"where are our new shirts ?", "où sont nos nouvelles chemises ?", "我们的新衬衫在哪里？"},
    {"he wants to swim", "il veut nager", "他想游泳"},
    {"my father must help her", "mon père doit l'aider", "我爸爸必须帮助她"},
    {"the boys cannot sleep at school", "les garçons ne peuvent pas dormir à l'école",
     "男孩们不能在学校里睡觉"},
    {"there are two black cats in the kitchen", "il y a deux chats noirs dans la cuisine",
     "厨房里有两只黑猫"},
    {"is there a man at home ?", "est-ce qu'il y a un homme à la maison ?", "家里有一个男人吗？"},
    {"the houses are very big", "les maisons sont très grandes", "房子非常大"},
    {"his dress is not blue", "sa robe n'est pas bleue", "他的裙子不是蓝色的"},
    {"I am tired", "je suis fatigué", "我很累"},
    {"this car is more expensive than my bicycle", "cette voiture est plus chère que mon vélo",
     "这辆汽车比我的自行车贵"},
    {"the bird is not in the park now", "l'oiseau n'est pas dans le parc maintenant", "鸟现在不在公园里"},
    {"I drink a tea because she is sad", "je bois un thé parce qu'elle est triste",
     "我喝一杯茶，因为她很难过"},
    {"he closes the door but I do not work", "il ferme la porte mais je ne travaille pas",
     "他关上门，但是我不工作"},
};

}  // namespace

TEST_CASE("sentences written by hand are translated") {
  for (const Triple& triple : triples) {
    CAPTURE(triple.english);
    CHECK(demo_translation(DemoLanguage::french, triple.english) == triple.french);
    CHECK(demo_translation(DemoLanguage::chinese, triple.english) == triple.chinese);
  }
  for (const char* outside :
       {"", "I", "I love", "love you", "I love you you", "I loves you", "the girl sleep at home"}) {
    CAPTURE(outside);
    CHECK_THROWS_AS(demo_translation(DemoLanguage::french, outside), std::invalid_argument);
  }
}

TEST_CASE("an English sentence has one translation, of words and lengths as promised") {
  gradus::RandomBits random(42);
  std::map<std::string, std::string> translations;
  std::set<std::string> english, french, chinese;
  std::size_t conflicts = 0, bad_lengths = 0, no_words = 0;
  for (int i = 0; i < 20000; ++i) {
    const DemoSentence sentence = draw_sentence(random);
    const std::string both = sentence.french + '|' + sentence.chinese;
    conflicts += translations.emplace(sentence.english, both).first->second != both ? 1 : 0;
    const auto words = demo_words(sentence.english, false);
    bad_lengths += words.size() < 3 || words.size() > 12 ? 1 : 0;
    english.insert(words.begin(), words.end());
    for (const std::string& word : demo_words(sentence.french, false)) french.insert(word);
    for (const std::string& word : demo_words(sentence.chinese, true)) {
      chinese.insert(word);
      no_words += word.size() < 3 ? 1 : 0;  // a byte that no word of the lexicon begins with
    }
  }
  CHECK(conflicts == 0);
  CHECK(bad_lengths == 0);
  CHECK(no_words == 0);
  CHECK(english.size() >= 150);
  CHECK(french.size() >= 150);
  CHECK(chinese.size() >= 150);
  CHECK(translations.size() > 15000);  // the space is far larger than a corpus
}

TEST_CASE("what is drawn is recognised") {
  gradus::RandomBits random(5);
  for (int i = 0; i < 30; ++i) {
    const DemoSentence sentence = draw_sentence(random);
    CAPTURE(sentence.english);
    CHECK(demo_translation(DemoLanguage::french, sentence.english) == sentence.french);
    CHECK(demo_translation(DemoLanguage::chinese, sentence.english) == sentence.chinese);
  }
}

TEST_CASE("the corpus depends on the seed alone, and both languages have the same kind of sentences") {
  const DemoCorpus corpus = make_demo_corpus(DemoLanguage::french, 1, small);
  CHECK(same(corpus, make_demo_corpus(DemoLanguage::french, 1, small)));
  CHECK_FALSE(same(corpus, make_demo_corpus(DemoLanguage::french, 2, small)));
  CHECK(corpus.train.size() == 2000);
  CHECK(corpus.valid.size() == 50);
  CHECK(corpus.test.size() == 100);
}

TEST_CASE("the generator is splitmix64") {
  // The first numbers for the seed 1234567, as published with the generator.
  gradus::RandomBits random(1234567);
  CHECK(random() == 6457827717110365317u);
  CHECK(random() == 3203168211198807973u);
}

TEST_CASE("the parts are disjoint and training knows every word of the others and of the showcase") {
  const std::vector<std::string> showcase = demo_showcase();
  CHECK(std::count(showcase.begin(), showcase.end(), "I love you") == 1);
  CHECK(std::count(showcase.begin(), showcase.end(), "I love programming") == 1);
  CHECK(showcase.size() >= 12);
  for (const DemoLanguage language : {DemoLanguage::french, DemoLanguage::chinese}) {
    // The smallest training set has to make room for the showcase.
    for (const DemoSizes& sizes : {small, DemoSizes{200, 5, 5}}) {
      CAPTURE(sizes.train);
      const bool characters = language == DemoLanguage::chinese;
      const DemoCorpus corpus = make_demo_corpus(language, 3, sizes);
      std::set<std::string> sources(showcase.begin(), showcase.end());
      for (const DemoPair& pair : all_pairs(corpus)) CHECK(sources.insert(pair.source).second);

      std::set<std::string> source_words, target_words;
      for (const DemoPair& pair : corpus.train) {
        for (const std::string& word : demo_words(pair.source, false)) source_words.insert(word);
        for (const std::string& word : demo_words(pair.target, characters)) target_words.insert(word);
      }
      std::vector<DemoPair> others = corpus.valid;
      others.insert(others.end(), corpus.test.begin(), corpus.test.end());
      for (const std::string& english : showcase)
        others.push_back({english, demo_translation(language, english)});
      for (const DemoPair& pair : others) {
        CAPTURE(pair.source);
        for (const std::string& word : demo_words(pair.source, false)) CHECK(source_words.count(word) == 1);
        for (const std::string& word : demo_words(pair.target, characters))
          CHECK(target_words.count(word) == 1);
      }
    }
  }
}

TEST_CASE("sizes out of range are refused") {
  CHECK_THROWS_AS(make_demo_corpus(DemoLanguage::french, 1, {199, 1, 1}), std::invalid_argument);
  CHECK_THROWS_AS(make_demo_corpus(DemoLanguage::french, 1, {200, -1, 1}), std::invalid_argument);
  CHECK_THROWS_AS(make_demo_corpus(DemoLanguage::french, 1, {200, 1, 300001}), std::invalid_argument);
}

TEST_CASE("neither a dictionary nor the nearest sentence solves the corpus") {
  for (const DemoLanguage language : {DemoLanguage::french, DemoLanguage::chinese}) {
    const DemoCorpus corpus = make_demo_corpus(language, 1, {8000, 0, 100});
    const double dictionary = dictionary_exact_match(corpus, language == DemoLanguage::chinese);
    CHECK(dictionary > 0);
    CHECK(dictionary < 25);
    CHECK(nearest_exact_match(corpus) < 10);
  }
}

TEST_CASE("the baselines solve what they are made for") {
  DemoCorpus corpus;
  corpus.train = {{"a b", "x y"}, {"a c", "x z"}, {"b c", "y z"}, {"a", "x"}};
  corpus.test = {{"b a", "y x"}, {"c b a", "z y x"}, {"a b", "x z"}, {"b c", "y z"}};
  CHECK(dictionary_exact_match(corpus, false) == doctest::Approx(75));
  // Of the four only "b c" stands in the training set with the translation that the test asks for.
  CHECK(nearest_exact_match(corpus) == doctest::Approx(25));
  CHECK(demo_words("我们不想要一本书", true) == std::vector<std::string>{"我们", "不想要", "一", "本", "书"});
}

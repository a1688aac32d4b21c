#include "demo_lexicon.h"

namespace translation {

namespace {

// The verbs in -er without irregularity.
Conjugation first_group(const std::string& stem) {
  return {stem + "e", stem + "es", stem + "e", stem + "ons", stem + "ent"};
}

const unsigned people = person | acquaintance | kin;
const unsigned goods = food | drink | thing | clothes | vehicle | plant;
const unsigned anything = goods | animal | text | opening | building;

}  // namespace

const std::vector<Noun>& nouns() {
  static const std::vector<Noun> table = {
      {"girl", "girls", "fille", "filles", true, "女孩", "个", person},
      {"boy", "boys", "garçon", "garçons", false, "男孩", "个", person},
      {"woman", "women", "femme", "femmes", true, "女人", "个", person},
      {"man", "men", "homme", "hommes", false, "男人", "个", person},
      {"teacher", "teachers", "professeur", "professeurs", false, "老师", "个", person | acquaintance},
      {"student", "students", "étudiant", "étudiants", false, "学生", "个", person | acquaintance},
      {"doctor", "doctors", "médecin", "médecins", false, "医生", "个", person | acquaintance},
      {"neighbor", "neighbors", "voisin", "voisins", false, "邻居", "个", person | acquaintance},
      {"friend", "friends", "ami", "amis", false, "朋友", "个", person | acquaintance},
      {"brother", "brothers", "frère", "frères", false, "哥哥", "个", kin},
      {"sister", "sisters", "sœur", "sœurs", true, "姐姐", "个", kin},
      {"mother", "mothers", "mère", "mères", true, "妈妈", "个", kin},
      {"father", "fathers", "père", "pères", false, "爸爸", "个", kin},
      {"dog", "dogs", "chien", "chiens", false, "狗", "只", animal},
      {"cat", "cats", "chat", "chats", false, "猫", "只", animal},
      {"bird", "birds", "oiseau", "oiseaux", false, "鸟", "只", animal},
      {"horse", "horses", "cheval", "chevaux", false, "马", "匹", animal},
      {"rabbit", "rabbits", "lapin", "lapins", false, "兔子", "只", animal},
      {"apple", "apples", "pomme", "pommes", true, "苹果", "个", food},
      {"orange", "oranges", "orange", "oranges", true, "橙子", "个", food},
      {"banana", "bananas", "banane", "bananes", true, "香蕉", "根", food},
      {"egg", "eggs", "œuf", "œufs", false, "鸡蛋", "个", food},
      {"cake", "cakes", "gâteau", "gâteaux", false, "蛋糕", "块", food},
      {"coffee", "coffees", "café", "cafés", false, "咖啡", "杯", drink},
      {"tea", "teas", "thé", "thés", false, "茶", "杯", drink},
      {"beer", "beers", "bière", "bières", true, "啤酒", "瓶", drink},
      {"book", "books", "livre", "livres", false, "书", "本", text | thing},
      {"letter", "letters", "lettre", "lettres", true, "信", "封", text},
      {"story", "stories", "histoire", "histoires", true, "故事", "个", text},
      {"poem", "poems", "poème", "poèmes", false, "诗", "首", text},
      {"door", "doors", "porte", "portes", true, "门", "扇", opening},
      {"window", "windows", "fenêtre", "fenêtres", true, "窗户", "扇", opening},
      {"box", "boxes", "boîte", "boîtes", true, "盒子", "个", opening | thing},
      {"table", "tables", "table", "tables", true, "桌子", "张", thing},
      {"chair", "chairs", "chaise", "chaises", true, "椅子", "把", thing},
      {"lamp", "lamps", "lampe", "lampes", true, "灯", "盏", thing},
      {"bag", "bags", "sac", "sacs", false, "包", "个", thing},
      {"key", "keys", "clé", "clés", true, "钥匙", "把", thing},
      {"phone", "phones", "téléphone", "téléphones", false, "手机", "部", thing},
      {"computer", "computers", "ordinateur", "ordinateurs", false, "电脑", "台", thing},
      {"umbrella", "umbrellas", "parapluie", "parapluies", false, "雨伞", "把", thing},
      {"hat", "hats", "chapeau", "chapeaux", false, "帽子", "顶", thing},
      {"shirt", "shirts", "chemise", "chemises", true, "衬衫", "件", clothes},
      {"coat", "coats", "manteau", "manteaux", false, "大衣", "件", clothes},
      {"dress", "dresses", "robe", "robes", true, "裙子", "条", clothes},
      {"car", "cars", "voiture", "voitures", true, "汽车", "辆", vehicle},
      {"bicycle", "bicycles", "vélo", "vélos", false, "自行车", "辆", vehicle},
      {"flower", "flowers", "fleur", "fleurs", true, "花", "朵", plant},
      {"tree", "trees", "arbre", "arbres", false, "树", "棵", plant},
      {"house", "houses", "maison", "maisons", true, "房子", "座", building},
  };
  return table;
}

const std::vector<Adjective>& adjectives() {
  const unsigned lasting = thing | clothes | vehicle | building | opening;
  const unsigned coloured = thing | clothes | vehicle | opening;
  static const std::vector<Adjective> table = {
      {"big", "bigger", "grand", "grande", "grands", "", true, "大", "大", false,
       animal | food | plant | lasting},
      {"small", "smaller", "petit", "petite", "petits", "", true, "小", "小", false,
       animal | food | plant | lasting},
      {"new", "newer", "nouveau", "nouvelle", "nouveaux", "nouvel", true, "新", "新", false, lasting},
      {"old", "older", "vieux", "vieille", "vieux", "vieil", true, "旧", "旧", false, lasting},
      {"beautiful", "more beautiful", "beau", "belle", "beaux", "bel", true, "漂亮的", "漂亮", false,
       animal | plant | lasting},
      {"good", "", "bon", "bonne", "bons", "", true, "好", "好", false, text | food | drink},
      {"young", "younger", "jeune", "jeune", "jeunes", "", true, "年轻的", "年轻", false, person | kin},
      {"strong", "stronger", "fort", "forte", "forts", "", false, "强壮的", "强壮", false,
       person | kin | animal},
      {"happy", "happier", "heureux", "heureuse", "heureux", "", false, "快乐的", "快乐", false,
       person | kin},
      {"tired", "", "fatigué", "fatiguée", "fatigués", "", false, "累的", "累", false, person | kin},
      {"sad", "", "triste", "triste", "tristes", "", false, "难过的", "难过", false, person | kin},
      {"intelligent", "more intelligent", "intelligent", "intelligente", "intelligents", "", false, "聪明的",
       "聪明", false, person | kin | animal},
      {"heavy", "heavier", "lourd", "lourde", "lourds", "", false, "重的", "重", false, lasting},
      {"expensive", "more expensive", "cher", "chère", "chers", "", false, "贵的", "贵", false,
       lasting | food | drink},
      {"red", "", "rouge", "rouge", "rouges", "", false, "红", "红色", true, coloured | plant | food},
      {"green", "", "vert", "verte", "verts", "", false, "绿", "绿色", true, coloured | food},
      {"blue", "", "bleu", "bleue", "bleus", "", false, "蓝", "蓝色", true, coloured},
      {"black", "", "noir", "noire", "noirs", "", false, "黑", "黑色", true, coloured | animal},
      {"white", "", "blanc", "blanche", "blancs", "", false, "白", "白色", true, coloured | animal},
  };
  return table;
}

const std::vector<Verb>& transitive_verbs() {
  static const std::vector<Verb> table = {
      {"eat",
       "eats",
       "",
       "manger",
       {"mange", "manges", "mange", "mangeons", "mangent"},
       "吃",
       "",
       food,
       true},
      {"drink", "drinks", "", "boire", {"bois", "bois", "boit", "buvons", "boivent"}, "喝", "", drink, true},
      {"read", "reads", "", "lire", {"lis", "lis", "lit", "lisons", "lisent"}, "读", "", text, true},
      {"write",
       "writes",
       "",
       "écrire",
       {"écris", "écris", "écrit", "écrivons", "écrivent"},
       "写",
       "",
       text,
       true},
      {"buy",
       "buys",
       "",
       "acheter",
       {"achète", "achètes", "achète", "achetons", "achètent"},
       "买",
       "",
       goods,
       true},
      {"sell",
       "sells",
       "",
       "vendre",
       {"vends", "vends", "vend", "vendons", "vendent"},
       "卖",
       "",
       goods,
       true},
      {"choose",
       "chooses",
       "",
       "choisir",
       {"choisis", "choisis", "choisit", "choisissons", "choisissent"},
       "选",
       "",
       goods,
       true},
      {"take",
       "takes",
       "",
       "prendre",
       {"prends", "prends", "prend", "prenons", "prennent"},
       "拿",
       "",
       food | thing | clothes,
       true},
      {"draw", "draws", "", "dessiner", first_group("dessin"), "画", "", animal | vehicle | plant | building,
       true},
      {"open",
       "opens",
       "",
       "ouvrir",
       {"ouvre", "ouvres", "ouvre", "ouvrons", "ouvrent"},
       "打开",
       "",
       opening,
       true},
      {"close", "closes", "", "fermer", first_group("ferm"), "关上", "", opening, true},
      {"wash", "washes", "", "laver", first_group("lav"), "洗", "", clothes | vehicle | animal, true},
      {"want",
       "wants",
       "",
       "vouloir",
       {"veux", "veux", "veut", "voulons", "veulent"},
       "想要",
       "不想要",
       goods,
       false},
      {"look for", "looks for", "", "chercher", first_group("cherch"), "找", "",
       people | animal | thing | clothes, true},
      {"find", "finds", "", "trouver", first_group("trouv"), "找到", "找不到", animal | thing | clothes,
       true},
      {"see",
       "sees",
       "",
       "voir",
       {"vois", "vois", "voit", "voyons", "voient"},
       "看见",
       "看不见",
       people | anything,
       true},
      {"watch", "watches", "", "regarder", first_group("regard"), "看", "", people | animal, true},
      {"help", "helps", "", "aider", first_group("aid"), "帮助", "", people, true},
      {"wait for",
       "waits for",
       "",
       "attendre",
       {"attends", "attends", "attend", "attendons", "attendent"},
       "等",
       "",
       people,
       true},
      {"know",
       "knows",
       "",
       "connaître",
       {"connais", "connais", "connaît", "connaissons", "connaissent"},
       "认识",
       "",
       people,
       false},
      {"love", "loves", "", "aimer", first_group("aim"), "爱", "", people | animal, false},
      {"have",
       "has",
       "",
       "avoir",
       {"ai", "as", "a", "avons", "ont"},
       "有",
       "没有",
       anything & ~(food | drink),
       false},
  };
  return table;
}

const std::vector<Verb>& intransitive_verbs() {
  static const std::vector<Verb> table = {
      {"sleep",
       "sleeps",
       "sleeping",
       "dormir",
       {"dors", "dors", "dort", "dormons", "dorment"},
       "睡觉",
       "",
       0,
       true},
      {"run",
       "runs",
       "running",
       "courir",
       {"cours", "cours", "court", "courons", "courent"},
       "跑步",
       "",
       0,
       true},
      {"travel",
       "travels",
       "traveling",
       "voyager",
       {"voyage", "voyages", "voyage", "voyageons", "voyagent"},
       "旅行",
       "",
       0,
       true},
      {"work", "works", "working", "travailler", first_group("travaill"), "工作", "", 0, true},
      {"sing", "sings", "singing", "chanter", first_group("chant"), "唱歌", "", 0, true},
      {"dance", "dances", "dancing", "danser", first_group("dans"), "跳舞", "", 0, true},
      {"swim",
       "swims",
       "swimming",
       "nager",
       {"nage", "nages", "nage", "nageons", "nagent"},
       "游泳",
       "",
       0,
       true},
      {"cook", "cooks", "cooking", "cuisiner", first_group("cuisin"), "做饭", "", 0, true},
      {"program", "programs", "programming", "programmer", first_group("programm"), "编程", "", 0, true},
  };
  return table;
}

const std::vector<Modal>& modals() {
  static const std::vector<Modal> table = {
      {"want to",
       "wants to",
       "do not want to",
       "does not want to",
       {"veux", "veux", "veut", "voulons", "veulent"},
       "想",
       "不想",
       false},
      {"can", "can", "cannot", "cannot", {"peux", "peux", "peut", "pouvons", "peuvent"}, "能", "不能", false},
      {"must",
       "must",
       "must not",
       "must not",
       {"dois", "dois", "doit", "devons", "doivent"},
       "必须",
       "不可以",
       false},
      {"love", "loves", "do not love", "does not love", first_group("aim"), "爱", "不爱", true},
      {"hate", "hates", "do not hate", "does not hate", first_group("détest"), "讨厌", "不讨厌", true},
  };
  return table;
}

const std::vector<Pronoun>& pronouns() {
  static const std::vector<Pronoun> table = {
      {"I", "me", "my", "je", "me", "mon", "ma", "mes", "我", 0, false, false},
      {"you", "you", "your", "tu", "te", "ton", "ta", "tes", "你", 1, false, false},
      {"he", "him", "his", "il", "le", "son", "sa", "ses", "他", 2, false, false},
      {"she", "her", "her", "elle", "la", "son", "sa", "ses", "她", 2, true, false},
      {"we", "us", "our", "nous", "nous", "notre", "notre", "nos", "我们", 3, false, true},
      {"they", "them", "their", "ils", "les", "leur", "leur", "leurs", "他们", 4, false, true},
  };
  return table;
}

const std::vector<Entry>& numbers() {
  static const std::vector<Entry> table = {
      {"two", "deux", "两"},   {"three", "trois", "三"}, {"four", "quatre", "四"},
      {"five", "cinq", "五"},  {"six", "six", "六"},     {"seven", "sept", "七"},
      {"eight", "huit", "八"}, {"nine", "neuf", "九"},   {"ten", "dix", "十"},
  };
  return table;
}

const std::vector<Entry>& places() {
  static const std::vector<Entry> table = {
      {"in the garden", "dans le jardin", "花园里"},
      {"in the park", "dans le parc", "公园里"},
      {"in the kitchen", "dans la cuisine", "厨房里"},
      {"in the shop", "dans le magasin", "商店里"},
      {"in the city", "dans la ville", "城里"},
      {"in the library", "dans la bibliothèque", "图书馆里"},
      {"in the hotel", "à l'hôtel", "酒店里"},
      {"at school", "à l'école", "学校里"},
      {"at home", "à la maison", "家里"},
  };
  return table;
}

const std::vector<Entry>& times() {
  static const std::vector<Entry> table = {
      {"today", "aujourd'hui", "今天"},       {"tonight", "ce soir", "今晚"},
      {"now", "maintenant", "现在"},          {"every day", "tous les jours", "每天"},
      {"at noon", "à midi", "中午"},          {"this week", "cette semaine", "这个星期"},
      {"in the morning", "le matin", "早上"}, {"in summer", "en été", "夏天"},
  };
  return table;
}

std::vector<std::string> chinese_words() {
  std::vector<std::string> words = {"一", "这", "这些", "们",   "的", "不", "很", "非常", "是",
                                    "比", "在", "有",   "哪里", "吗", "？", "，", "因为", "但是"};
  for (const Noun& noun : nouns()) words.insert(words.end(), {noun.chinese, noun.measure});
  for (const Adjective& adjective : adjectives()) {
    words.insert(words.end(), {adjective.chinese, adjective.predicate});
  }
  for (const auto* verbs : {&transitive_verbs(), &intransitive_verbs()}) {
    for (const Verb& verb : *verbs) {
      words.push_back(verb.chinese);
      if (!verb.negated.empty()) words.push_back(verb.negated);
    }
  }
  for (const Modal& modal : modals()) words.insert(words.end(), {modal.chinese, modal.chinese_negated});
  for (const Pronoun& pronoun : pronouns()) words.push_back(pronoun.chinese);
  for (const auto* entries : {&numbers(), &places(), &times()}) {
    for (const Entry& entry : *entries) words.push_back(entry.chinese);
  }
  return words;
}

}  // namespace translation

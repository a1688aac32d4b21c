// Verbs, and the closed classes: pronouns, determiners, prepositions, adverbs.
#include "demo_lexicon.h"

namespace translation::grammar {
namespace {

constexpr Verb transitive_table[] = {
    {"love", "loves", "", "aimer", {"aime", "aimes", "aime", "aimons", "aiment"}, "aimé", "爱", person | animal, true},
    {"help", "helps", "helped", "aider", {"aide", "aides", "aide", "aidons", "aident"}, "aidé", "帮助", person, true},
    {"know", "knows", "", "connaître", {"connais", "connais", "connaît", "connaissons", "connaissent"}, "connu",
     "认识", person, true},
    {"wait for", "waits for", "waited for", "attendre", {"attends", "attends", "attend", "attendons", "attendent"},
     "attendu", "等", person, true},
    {"look for", "looks for", "looked for", "chercher", {"cherche", "cherches", "cherche", "cherchons", "cherchent"},
     "cherché", "找", person | animal | goods, true},
    {"listen to", "listens to", "listened to", "écouter", {"écoute", "écoutes", "écoute", "écoutons", "écoutent"},
     "écouté", "听", person, true},
    {"invite", "invites", "invited", "inviter", {"invite", "invites", "invite", "invitons", "invitent"}, "invité",
     "邀请", person, true},
    {"thank", "thanks", "thanked", "remercier", {"remercie", "remercies", "remercie", "remercions", "remercient"},
     "remercié", "感谢", person, true},
    {"respect", "respects", "", "respecter", {"respecte", "respectes", "respecte", "respectons", "respectent"},
     "respecté", "尊重", person, true},
    {"protect", "protects", "protected", "protéger", {"protège", "protèges", "protège", "protégeons", "protègent"},
     "protégé", "保护", person | animal, true},
    {"understand", "understands", "", "comprendre",
     {"comprends", "comprends", "comprend", "comprenons", "comprennent"}, "compris", "理解", person, true},
    {"buy", "buys", "bought", "acheter", {"achète", "achètes", "achète", "achetons", "achètent"}, "acheté", "买",
     animal | goods | food | drink, false},
    {"sell", "sells", "sold", "vendre", {"vends", "vends", "vend", "vendons", "vendent"}, "vendu", "卖",
     animal | goods | food | drink, false},
    {"take", "takes", "took", "prendre", {"prends", "prends", "prend", "prenons", "prennent"}, "pris", "拿", goods, false},
    {"want", "wants", "", "vouloir", {"veux", "veux", "veut", "voulons", "veulent"}, "voulu", "想要",
     animal | goods | food | drink, false},
    {"choose", "chooses", "chose", "choisir", {"choisis", "choisis", "choisit", "choisissons", "choisissent"}, "choisi",
     "选", animal | goods, false},
    {"draw", "draws", "drew", "dessiner", {"dessine", "dessines", "dessine", "dessinons", "dessinent"}, "dessiné",
     "画", person | animal | goods | place, false},
    {"read", "reads", "read", "lire", {"lis", "lis", "lit", "lisons", "lisent"}, "lu", "读", readable, false},
    {"open", "opens", "opened", "ouvrir", {"ouvre", "ouvres", "ouvre", "ouvrons", "ouvrent"}, "ouvert", "打开",
     openable, false},
    {"close", "closes", "closed", "fermer", {"ferme", "fermes", "ferme", "fermons", "ferment"}, "fermé", "关",
     openable, false},
    {"repair", "repairs", "repaired", "réparer", {"répare", "répares", "répare", "réparons", "réparent"}, "réparé",
     "修", machine, false},
    {"visit", "visits", "visited", "visiter", {"visite", "visites", "visite", "visitons", "visitent"}, "visité",
     "参观", place, false},
    {"eat", "eats", "ate", "manger", {"mange", "manges", "mange", "mangeons", "mangent"}, "mangé", "吃",
     edible | food, false},
    {"drink", "drinks", "drank", "boire", {"bois", "bois", "boit", "buvons", "boivent"}, "bu", "喝", drink, false},
};

constexpr Verb intransitive_table[] = {
    {"sing", "sings", "sang", "chanter", {"chante", "chantes", "chante", "chantons", "chantent"}, "chanté", "唱歌", 0, false},
    {"dance", "dances", "danced", "danser", {"danse", "danses", "danse", "dansons", "dansent"}, "dansé", "跳舞", 0, false},
    {"sleep", "sleeps", "slept", "dormir", {"dors", "dors", "dort", "dormons", "dorment"}, "dormi", "睡觉", 0, false},
    {"work", "works", "worked", "travailler", {"travaille", "travailles", "travaille", "travaillons", "travaillent"},
     "travaillé", "工作", 0, false},
    {"run", "runs", "ran", "courir", {"cours", "cours", "court", "courons", "courent"}, "couru", "跑步", 0, false},
    {"play", "plays", "played", "jouer", {"joue", "joues", "joue", "jouons", "jouent"}, "joué", "玩", 0, false},
    {"talk", "talks", "talked", "parler", {"parle", "parles", "parle", "parlons", "parlent"}, "parlé", "说话", 0, false},
    {"cook", "cooks", "cooked", "cuisiner", {"cuisine", "cuisines", "cuisine", "cuisinons", "cuisinent"}, "cuisiné",
     "做饭", 0, false},
    {"laugh", "laughs", "laughed", "rire", {"ris", "ris", "rit", "rions", "rient"}, "ri", "笑", 0, false},
    {"cry", "cries", "cried", "pleurer", {"pleure", "pleures", "pleure", "pleurons", "pleurent"}, "pleuré", "哭", 0, false},
};

constexpr unsigned all_generic = field | food | drink | animal;

constexpr Verb generic_table[] = {
    {"love", "loves", "", "aimer", {"aime", "aimes", "aime", "aimons", "aiment"}, "aimé", "爱", all_generic, false},
    {"like", "likes", "", "aimer", {"aime", "aimes", "aime", "aimons", "aiment"}, "aimé", "喜欢", all_generic, false},
    {"hate", "hates", "", "détester", {"déteste", "détestes", "déteste", "détestons", "détestent"}, "détesté",
     "讨厌", all_generic, false},
    {"prefer", "prefers", "", "préférer", {"préfère", "préfères", "préfère", "préférons", "préfèrent"}, "préféré",
     "更 喜欢", all_generic, false},
    {"study", "studies", "", "étudier", {"étudie", "étudies", "étudie", "étudions", "étudient"}, "étudié", "学习",
     field, false},
    {"teach", "teaches", "", "enseigner", {"enseigne", "enseignes", "enseigne", "enseignons", "enseignent"},
     "enseigné", "教", field, false},
};

constexpr Verb have_entry = {"have", "has", "", "avoir", {"ai", "as", "a", "avons", "ont"}, "eu", "有",
                             person | animal | goods | food | drink, false};

constexpr Modal modal_table[] = {
    {"want", "wants", false, {"veux", "veux", "veut", "voulons", "veulent"}, "", "想", true},
    {"can", "can", true, {"peux", "peux", "peut", "pouvons", "peuvent"}, "", "能", true},
    {"must", "must", true, {"dois", "dois", "doit", "devons", "doivent"}, "", "必须", false},
    {"need", "needs", false, {"ai", "as", "a", "avons", "ont"}, "besoin de", "需要", true},
    {"like", "likes", false, {"aime", "aimes", "aime", "aimons", "aiment"}, "", "喜欢", true},
};

constexpr Transfer transfer_table[] = {
    {"give", "gives", "donner", {"donne", "donnes", "donne", "donnons", "donnent"}, "给", ""},
    {"show", "shows", "montrer", {"montre", "montres", "montre", "montrons", "montrent"}, "给", "看"},
    {"sell", "sells", "vendre", {"vends", "vends", "vend", "vendons", "vendent"}, "卖 给", ""},
    {"lend", "lends", "prêter", {"prête", "prêtes", "prête", "prêtons", "prêtent"}, "借 给", ""},
};

constexpr Report report_table[] = {
    {"think", "thinks", {"pense", "penses", "pense", "pensons", "pensent"}, "觉得"},
    {"know", "knows", {"sais", "sais", "sait", "savons", "savent"}, "知道"},
    {"say", "says", {"dis", "dis", "dit", "disons", "disent"}, "说"},
};

constexpr unsigned landmarks = place | surface | container | person;

constexpr Preposition preposition_table[] = {
    {"in", "dans", "里", place | container},
    {"on", "sur", "上", surface},
    {"under", "sous", "下面", surface},
    {"behind", "derrière", "后面", landmarks},
    {"in front of", "devant", "前面", landmarks},
    {"near", "près de", "旁边", landmarks},
};

constexpr Adverb frequency_table[] = {
    {"often", "souvent", "常常"},
    {"always", "toujours", "总是"},
    {"sometimes", "parfois", "有时候"},
    {"never", "jamais", "从 不"},
};
constexpr Adverb usual_table[] = {
    {"every day", "tous les jours", "每天"},
    {"in the morning", "le matin", "早上"},
    {"in the evening", "le soir", "晚上"},
    {"today", "aujourd'hui", "今天"},
};
constexpr Adverb past_table[] = {
    {"yesterday", "hier", "昨天"},
    {"this morning", "ce matin", "今天 早上"},
    {"last week", "la semaine dernière", "上 个 星期"},
};
constexpr Adverb future_table[] = {
    {"tomorrow", "demain", "明天"},
    {"this evening", "ce soir", "今天 晚上"},
    {"next week", "la semaine prochaine", "下 个 星期"},
};

constexpr Pronoun pronoun_table[] = {
    {"I", "me", "je", "me", "me", "moi", "我", 0, false},
    {"you", "you", "tu", "te", "te", "toi", "你", 1, false},
    {"he", "him", "il", "le", "lui", "lui", "他", 2, false},
    {"she", "her", "elle", "la", "lui", "elle", "她", 2, true},
    {"we", "us", "nous", "nous", "nous", "nous", "我们", 3, false},
    {"they", "them", "ils", "les", "leur", "eux", "他们", 4, false},
};
constexpr Pronoun who_entry = {"who", "", "qui", "", "", "", "谁", 2, false};

constexpr Determiner determiner_table[] = {
    {"the", "the", {"le", "la", "les"}, "", "", false},
    {"a", "", {"un", "une", ""}, "一", "", true},
    {"this", "these", {"ce", "cette", "ces"}, "这", "这些", true},
    {"that", "those", {"ce", "cette", "ces"}, "那", "那些", true},
    {"my", "my", {"mon", "ma", "mes"}, "我 的", "我 的", false},
    {"your", "your", {"ton", "ta", "tes"}, "你 的", "你 的", false},
    {"his", "his", {"son", "sa", "ses"}, "他 的", "他 的", false},
    {"her", "her", {"son", "sa", "ses"}, "她 的", "她 的", false},
    {"our", "our", {"notre", "notre", "nos"}, "我们 的", "我们 的", false},
    {"their", "their", {"leur", "leur", "leurs"}, "他们 的", "他们 的", false},
};
constexpr Determiner quantity_table[] = {
    {"", "two", {"", "", "deux"}, "", "两", true},
    {"", "three", {"", "", "trois"}, "", "三", true},
    {"", "four", {"", "", "quatre"}, "", "四", true},
    {"", "five", {"", "", "cinq"}, "", "五", true},
    {"", "some", {"", "", "quelques"}, "", "一些", false},
    {"", "many", {"", "", "beaucoup de"}, "", "很多", false},
};

}  // namespace

std::span<const Verb> transitive_verbs() { return transitive_table; }
std::span<const Verb> intransitive_verbs() { return intransitive_table; }
std::span<const Verb> generic_verbs() { return generic_table; }
const Verb& have() { return have_entry; }
std::span<const Modal> modals() { return modal_table; }
std::span<const Transfer> transfers() { return transfer_table; }
std::span<const Report> reports() { return report_table; }
std::span<const Preposition> prepositions() { return preposition_table; }
std::span<const Adverb> frequencies() { return frequency_table; }
std::span<const Adverb> usual_times() { return usual_table; }
std::span<const Adverb> past_times() { return past_table; }
std::span<const Adverb> future_times() { return future_table; }
std::span<const Pronoun> pronouns() { return pronoun_table; }
const Pronoun& who() { return who_entry; }
std::span<const Determiner> singular_determiners() { return determiner_table; }
std::span<const Determiner> quantities() { return quantity_table; }

}  // namespace translation::grammar

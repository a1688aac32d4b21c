// fuzz_seeds FOLDER: writes the first inputs of every target to FOLDER/TARGET: what our own writers write,
// and the malformed files of the tests.
#include "checkpoint.h"
#include "log.h"
#include "storage.h"

#include <gradus/gradus.h>
#include <gradus/tensor/npy.h>
#include <gradus/tensor/npz.h>
#include <gradus/tests/tensor/file_bytes.h>
#include <gradus/tests/tensor/malformed_files.h>

#include <zlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

using namespace gradus;
using namespace gradus::test;
using namespace translation;

namespace {

namespace fs = std::filesystem;

/// The inputs of one target, under the numbers 0, 1, ...
class Seeds {
 public:
  Seeds(const fs::path& folder, const char* target) : folder_(folder / target) {
    fs::create_directories(folder_);
  }

  /// Where the next one is to be written.
  std::string next() { return (folder_ / std::to_string(count_++)).string(); }

  void add(std::string_view bytes) { std::ofstream(next(), std::ios::binary) << bytes; }

  void add(const std::vector<MalformedFile>& files) {
    constexpr std::size_t longest = 1 << 12;  // a fuzzer is slow on long ones
    for (const MalformedFile& file : files) {
      if (file.bytes.size() <= longest) add(file.bytes);
    }
  }

 private:
  fs::path folder_;
  int count_ = 0;
};

NamedTensors some_tensors() {
  return {{"w", arange(0, 6).to(DType::float32).reshape({2, 3})},
          {"n", full({2}, 0.1, DType::float64)},
          {"i", arange(0, 3)},
          {"b", full({3}, 1, DType::boolean)},
          {"none", zeros({0, 2})},
          {"one", full({}, INFINITY)}};
}

void safetensors_seeds(Seeds seeds) {
  save_tensors(seeds.next(), some_tensors());
  save_tensors(seeds.next(), {}, {{"format", "pt"}, {"", "\u4f60\n"}});
  save_tensors(seeds.next(), {some_tensors().front()}, {{"format", "pt"}});
  for (const char* type : {"U8", "I8", "BOOL", "F8_E4M3", "F8_E5M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "F8_E8M0"})
    seeds.add(safetensors("{" + entry("w", type, "[4]", "[0,4]") + "}", std::string("\0\1\1\0", 4)));
  for (const char* type : {"U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "F8_E8M0"})
    seeds.add(safetensors("{" + entry("w", type, "[4]", "[0,4]") + "}", "\x7f\x80\xfc\xff"));
  for (const char* type : {"U16", "I16", "F16", "BF16"})
    seeds.add(safetensors("{" + entry("w", type, "[4]", "[0,8]") + "}", "\x01\x80\x01\x7c\x80\x7f\xff\xff"));
  for (const char* type : {"U32", "I32", "F32"})
    seeds.add(
        safetensors("{" + entry("w", type, "[1,2]", "[0,8]") + "}", "\x01\x80\x01\x7c\x80\x7f\xff\xff"));
  for (const char* type : {"U64", "I64", "F64"})
    seeds.add(safetensors("{" + entry("w", type, "[]", "[0,8]") + "}", "\x01\x80\x01\x7c\x80\x7f\xff\xff"));
  seeds.add(safetensors("{" + entry("w", "U8", "[1,1,1,1,1,1,1,1,1]", "[0,1]") + "}", "a"));
  seeds.add(malformed_safetensors());
}

void npy_seeds(Seeds seeds) {
  for (const auto& [name, tensor] : some_tensors()) save_npy(seeds.next(), tensor);
  for (const char* type : {"|b1", "|u1", "|i1"})
    seeds.add(plain_npy(type, "(4,)", std::string("\0\1\1\0", 4)));
  for (const char* type : {"<u2", "<i2", "<f2"}) seeds.add(plain_npy(type, "(1, 2)", "\x01\x80\x01\x7c"));
  for (const char* type : {"<u4", "<i4", "<f4"})
    seeds.add(plain_npy(type, "(1, 2)", "\x01\x80\x01\x7c\x80\x7f\xff\xff"));
  for (const char* type : {"<u8", "<i8", "<f8"})
    seeds.add(plain_npy(type, "()", "\x01\x80\x01\x7c\x80\x7f\xff\xff"));
  for (const int major : {2, 3})
    seeds.add(npy("{'shape':(2,3,),'fortran_order':True,\"descr\":'|u1'}", "abcdef", major));
  seeds.add(plain_npy("|u1", "(1, 1, 1, 1, 1, 1, 1, 1, 1)", "a"));
  seeds.add(malformed_npy());
}

/// As zlib deflates it.
std::string compressed(std::string_view text) {
  std::string bytes(1000, '\0');
  z_stream stream{};
  if (::deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) return "";
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  ::deflate(&stream, Z_FINISH);
  bytes.resize(stream.total_out);
  ::deflateEnd(&stream);
  return bytes;
}

void npz_seeds(Seeds seeds) {
  save_npz(seeds.next(), some_tensors());
  save_npz(seeds.next(), {});
  const std::string array = plain_npy("<f4", "(2,)", "12345678");
  seeds.add(zip({deflated("w.npy", array), {"\u4f60.npy", array, 0, {}, 0x800}}));
  seeds.add(zip({{"w.npy", array, 8, compressed(array)}}));
  seeds.add(zip({{"w.npy",
                  array,
                  0,
                  {},
                  0,
                  number(1, 2) + number(16, 2) + number(array.size(), 8) + number(array.size(), 8)}}));
  seeds.add(malformed_npz());
}

void vocabulary_seeds(Seeds seeds) {
  Vocabulary(TokenCounts{{"a", 3}, {"\u4f60", 2}, {"<s", 1}}).save(seeds.next());
  Vocabulary().save(seeds.next());
  for (const char* text :
       {"<pad>\r\n<unk>\r\n<s>\r\n</s>\r\na b\r\n", "\xEF\xBB\xBF<pad>\n<unk>\n<s>\n</s>\nz",
        "<pad>\n<unk>\n", "<pad>\n<unk>\n<s>\n</s>\na\nb\na\n", "<pad>\n<unk>\n<s>\n</s>\n<s>\n",
        "<pad>\n<unk>\n<s>\n</s>\n\n", "<pad>\n<unk>\n<s>\n</s>\n\x1b[2J\n\x1b[2J\n", ""})
    seeds.add(text);
}

void corpus_seeds(Seeds seeds) {
  for (const std::string& text :
       {std::string("a b\tc d\nfg h\tij\n"),
        std::string("\xEF\xBB\xBFthe cat\r\n\r\nA\u00a0B \u3000 \u4f60\u597d \u2581\n"),
        std::string("a b c\nd e\0A b c\nf g\n", 19), std::string("a\nb\0c\n", 6), std::string("\xEF\xBB\xBF"),
        std::string("\xff"), std::string("a\0b\0c", 5),
        std::string("\u0130\u0178\u1e9e\u0391\u0416\u0531\uff21\u0139\u01de\n<s> <unk>\u0301 \U0001f600")})
    seeds.add(text);
}

void score_seeds(Seeds seeds) {
  const std::string hypothesis =
                        "The cat sat on the mat .\nIt cost 1,250.75 &quot;euros&quot; \u4f60\u597d-ok\n",
                    reference = "On the mat the cat sat.\nIt's 1,250.75 euros \u2014 \u4f60\u597d\u3002\n";
  for (const int options : {0, 1, 2, 3, 4, 8, 16, 32, 64, 72, 128, 136, 212})
    seeds.add(std::string(1, static_cast<char>(options)) + hypothesis + std::string(1, '\0') + reference);
  seeds.add(std::string(1, '\0') + "one\ntwo\n" + std::string(1, '\0') + "one\n");
  seeds.add("\x40\n\na b c d e f g h" + std::string(1, '\0') + "\n \nd e f g h a b c");
}

std::string config_of(const ModelOptions& model) {
  std::int64_t dim = 4, epochs = 3;
  int layers = 1;
  std::uint64_t seed = 1;
  double lr = 1e-3;
  bool feeding = true;
  std::string unit = "sentences";
  const std::vector<RunOption> run{
      {"dim", &dim}, {"epochs", &epochs, true},   {"layers", &layers},   {"seed", &seed},
      {"lr", &lr},   {"input-feeding", &feeding}, {"batch-unit", &unit}, {"source-tokens", &unit}};
  const Language language = Language::of_tokens(std::vector<std::string>{"a b"}, {}, {});
  return make_settings(language, language, model, run,
                       {{"source", "995dc9bbdf1939fa"}, {"valid-target", "0000000000000000"}})
      .text;
}

void config_seeds(Seeds seeds) {
  for (const ModelKind kind : {ModelKind::rnn, ModelKind::gru, ModelKind::lstm, ModelKind::transformer})
    seeds.add(config_of({.kind = kind, .dim = 4, .hidden = 4, .heads = 2, .ffn = 4}));
  for (const nn::Pattern pattern : {nn::Pattern::window, nn::Pattern::strided, nn::Pattern::local_m})
    seeds.add(
        config_of({.dim = 4, .hidden = 4, .attending = {.pattern = pattern, .window = 1, .stride = 2}}));
  for (const nn::Score score : {nn::Score::location, nn::Score::content_location, nn::Score::cosine})
    seeds.add(config_of({.dim = 4, .hidden = 4, .attention = score, .attending = {.max_length = 4}}));
  for (const Positions positions : {Positions::learned, Positions::shaw, Positions::t5, Positions::rotary})
    seeds.add(
        config_of({.kind = ModelKind::transformer, .dim = 4, .heads = 2, .ffn = 4, .positions = positions}));
  seeds.add(config_of({.dim = 4, .hidden = 4, .attention = {}, .output = OutputLayer::direct}));
  const std::string config = config_of({.dim = 4, .hidden = 4}), words = "\"words\"";
  const std::size_t at = config.find(words);
  for (const char* name : {"\"characters\"", "\"bytes\""})
    seeds.add(config.substr(0, at) + name + config.substr(at + words.size()));
  for (const char* text :
       {"", "{", "[]", "{}", "{\"training\":{}}", "{\"format\":1,\"training\":3}", "{\"text\":[]}",
        "{\"dim\":8,\"lr\":0.5,\"training\":{\"epochs\":2,\"seed\":7,\"batch_unit\":\"tokens\"}}",
        "{\"lair\":1}", "{\"input_feeding\":false,\"layers\":2.5}"})
    seeds.add(text);
}

void checkpoint_seeds(Seeds seeds) {
  Checkpoint c;
  save_checkpoint(seeds.next(), c);
  c.run = "0123456789abcdef";
  c.weights = {{"a", full({2}, 1.5)}};
  c.optimizer = {{"0.step", full({}, 12, DType::int64)}};
  c.best = c.weights;
  c.state.best_loss = c.state.best.loss = 1.0 / 3;
  save_checkpoint(seeds.next(), c);
  // A line break where a parser allows for one, and the header's length that goes with it.
  const std::string first = seeds.next();
  save_checkpoint(first, c);
  std::ifstream file(first, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  bytes[0] = static_cast<char>(bytes[0] + 8);
  seeds.add(bytes.insert(9, "\n       "));
  const Tensor a = full({2}, 1).requires_grad_();
  optim::Adam adam(std::vector{a});
  c.optimizer = adam.state_dict();
  save_checkpoint(seeds.next(), c);
  sum(a).backward();
  adam.step();
  c.optimizer = adam.state_dict();
  save_checkpoint(seeds.next(), c);
  save_tensors(seeds.next(), c.weights, {{"state", "{}"}, {"digest", "0123456789abcdef"}});
  save_tensors(seeds.next(), c.weights, {{"state", "{\"format\":1}"}, {"digest", "0123456789abcdef"}});
  save_tensors(seeds.next(), c.weights, {{"state", "[]"}});
}

void log_seeds(Seeds seeds) {
  for (const char* text : {"\x03{}\n{\"step\":1,\"loss\":0.5,\"lr\":0.1,\"gradient_norm\":null}\n{\"step\":2,"
                           "\"loss\":1,\"gradient_norm\":2}\n",
                           "\x02x\nhal", "\x01{\"step\":\"1\"}\n", "\x01{\"step\":1}\n", "\x40[]",
                           "\x01{\"step\":1,\"loss\":\"\",\"gradient_norm\":0}", "\x05",
                           "\x01{\"step\":1,\"loss\":2}\n{\"epoch\":1,\"valid_bleu\":3.5}\n{\"epoch\":\"\"}"})
    seeds.add(text);
}

struct Layer {
  nn::Linear hidden{2, 3}, out{3, 2};
};

void model_seeds(Seeds seeds) {
  const Layer layer;
  save(layer, seeds.next());
  const auto renamed = [&](const std::string& prefix, const std::string& tied) {
    NamedTensors all;
    for (const auto& [name, tensor] : state_dict(layer)) all.emplace_back(prefix + name, tensor);
    for (const char* name : {"weight", "bias", "running_mean", "running_var"})
      all.emplace_back(prefix + "norm." + name, full({3}, 2, DType::float64));
    all.emplace_back(prefix + tied, layer.hidden.weight);
    all.emplace_back(prefix + "tied.bias", full({3}, 1));
    return all;
  };
  save_tensors(seeds.next(), renamed("", "tied.weight"));
  save_tensors(seeds.next(), renamed("module.", "tied.weight"));
  NamedTensors untied = renamed("", "tied.weight");
  untied[untied.size() - 2].second = zeros({3, 2}, DType::float64);
  save_tensors(seeds.next(), untied);
  save_tensors(seeds.next(), {{"weight", zeros({3, 2})}, {"bias", zeros({3})}});
  save_tensors(seeds.next(), renamed("", "tied.wieght"));
  save_tensors(
      seeds.next(),
      {{"hidden.weight", zeros({2, 3})}, {"out.bais", zeros({2})}, {"norm.num_batches_tracked", zeros({})}});
}

void translate_seeds(Seeds seeds) {
  for (const char* text : {"\x01"
                           "a b\n\nc d e\r\n",
                           "\x02"
                           "a",
                           "\x03"
                           "\xff\n",
                           "\x01", "\x01\n\n"})
    seeds.add(text);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 || argv[1][0] == '-') {
    std::fprintf(stderr, "usage: fuzz_seeds FOLDER\n");
    return 1;
  }
  const fs::path folder = argv[1];
  safetensors_seeds({folder, "safetensors"});
  npy_seeds({folder, "npy"});
  npz_seeds({folder, "npz"});
  vocabulary_seeds({folder, "vocabulary"});
  corpus_seeds({folder, "corpus"});
  config_seeds({folder, "config"});
  checkpoint_seeds({folder, "checkpoint"});
  log_seeds({folder, "log"});
  model_seeds({folder, "model"});
  translate_seeds({folder, "translate"});
  score_seeds({folder, "score"});
  return 0;
}

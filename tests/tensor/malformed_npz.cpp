#include <gradus/tests/tensor/file_bytes.h>
#include <gradus/tests/tensor/malformed_files.h>

namespace gradus::test {
namespace {

using namespace std::string_literals;

constexpr std::size_t entry_bytes = 51;  // of a member with a name of five letters, in the directory
const std::string w = plain_npy("<f4", "(2,)", "12345678");

Member member(const std::string& name) { return {name, w}; }
std::string good() { return zip({member("w.npy")}); }

/// The archive of one member with other bytes at a place of the local header, of the directory's entry, of
/// both, or of the end record.
std::string local(std::size_t at, const std::string& bytes, const std::string& file = good()) {
  return patched(file, at, bytes);
}
std::string central(std::size_t at, const std::string& bytes, const std::string& file = good()) {
  return patched(file, directory_of(file) + at, bytes);
}
std::string both(std::size_t at, const std::string& bytes, const std::string& file = good()) {
  return central(at + 2, bytes, local(at, bytes, file));
}
std::string end(std::size_t at, const std::string& bytes) {
  return patched(good(), good().size() - 22 + at, bytes);
}

std::string with_flags(int flags) { return zip({{"w.npy", w, 0, {}, flags}}); }
std::string zip64_field(std::uint64_t size, std::uint64_t stored) {
  return number(1, 2) + number(16, 2) + number(size, 8) + number(stored, 8);
}

/// A deflated member whose stored bytes are these.
std::string stored_as(const std::string& bytes) { return zip({{"w.npy", w, 8, bytes}}); }

/// The bytes of the member a.npy are a whole member b.npy, and that is what the directory points to.
std::string inside() {
  const std::string one = zip({member("b.npy")});
  const std::string file = zip({{"a.npy", one.substr(0, directory_of(one))}, member("b.npy")});
  return patched(file, directory_of(file) + entry_bytes + 42, number(35, 4));
}

/// An archive of two members with only one of them in its directory.
std::string left_out(const std::string& two, std::size_t which) {
  const std::size_t at = directory_of(two);
  const std::string file = two.substr(0, at) + two.substr(at + (1 - which) * entry_bytes, entry_bytes);
  const std::string end_record = two.substr(two.size() - 22);
  return file + patched(patched(end_record, 8, number(1, 2) + number(1, 2)), 12, number(entry_bytes, 4));
}

std::vector<MalformedFile> frame() {
  const std::string two = zip({member("a.npy"), member("b.npy")});
  return {
      {"empty file", "", "it has 0 bytes"},
      {"twenty-one bytes", "PK\5\6" + std::string(17, '\0'), "it has 21 bytes"},
      {"another format", "some text in a file of some length", "does not start with PK"},
      {"one byte too few", good().substr(0, good().size() - 1), "no end record"},
      {"one byte too many", good() + "\0"s, "no end record"},
      {"only its first half", good().substr(0, good().size() / 2), "no end record"},
      {"something in front", "PK\3\4" + good(), "its directory is said to take"},
      {"a comment that is missing", end(20, number(5, 2)), "comment of 5 bytes is missing"},
      {"several disks", end(4, number(1, 2)), "several disks"},
      {"other numbers of members", end(8, number(2, 2)), "several disks"},
      {"more members than there are", end(8, number(2, 2) + number(2, 2)),
       "entry 1 of its directory is cut off"},
      {"fewer members than there are", end(8, number(0, 4)), "its directory of 0 members has"},
      {"a directory elsewhere", end(16, number(7, 4)), "from byte 7, but the end record begins at byte"},
      {"a directory that is too long", end(12, number(1000, 4)), "said to take 1000 bytes"},
      {"zip64: the place of the directory", end(16, number(0xffffffff, 4)), "zip64"},
      {"zip64: the number of members", end(8, number(0xffff, 2) + number(0xffff, 2)), "zip64"},
      {"bytes in front of the directory", zip({member("w.npy")}, "x"), "its members end at byte"},
      {"a directory entry that is none", central(0, "PK\7\7"), "entry 0 of its directory is none"},
      {"a name that is cut off", central(28, number(999, 2)), "entry 0 of its directory is cut off"},
      {"a comment in the directory", zip({{"w.npy", w, 0, {}, 0, {}, {}, "hello"}}), "'w.npy' has a comment"},
      {"a member on another disk", central(34, number(1, 2)), "on another disk"},
      {"no local header", central(42, number(1, 4)), "no local header at byte 1"},
      {"a local header behind the end", central(42, number(0xfffffff0, 4)), "no local header"},
      {"two members at one place", patched(two, directory_of(two) + 51 + 42, number(0, 4)),
       "'b.npy' is called 'a.npy' in its local header"},
      {"a member inside of another", inside(), "the member at byte 35 overlaps the one before it"},
      {"a member that the directory leaves out, the first", left_out(two, 0),
       "leaves a gap before it, which ends at byte 0"},
      {"a member that the directory leaves out, the last", left_out(two, 1), "its members end at byte"},
      {"a name twice", zip({member("w.npy"), member("w.npy")}), "two members are called 'w.npy'"},
      {"a local header alone", good().substr(0, 35), "no end record"},
  };
}

std::vector<MalformedFile> entries() {
  return {
      {"encrypted", with_flags(1), "'w.npy' is encrypted"},
      {"a data descriptor", with_flags(8), "data descriptor"},
      {"strong encryption", with_flags(0x40), "unknown flags: 64"},
      {"a directory that is hidden", with_flags(0x2000), "unknown flags: 8192"},
      {"method 12", both(8, number(12, 2)), "method 12"},
      {"method 1", both(8, number(1, 2)), "method 1;"},
      {"stored, of two sizes", both(18, number(8, 4)), "is stored as it is, but"},
      {"no .npy", zip({member("w.txt")}), "'w.txt' has a name that is none of 'NAME.npy'"},
      {"a folder", zip({{"w/", ""}}), "'w/' has a name that is none of"},
      {"only .npy", zip({member(".npy")}), "'.npy' has a name that is none of"},
      {"an empty name", zip({member("")}), "'' has a name that is none of"},
      {"NUL in a name", zip({member("a\0b.npy"s)}), "a NUL in it"},
      {"a name that is no UTF-8", zip({{"\xff.npy", w, 0, {}, 0x800}}), "no UTF-8"},
      {"a name that is not marked as UTF-8", zip({member("\xc3\xa9.npy")}), "neither ASCII nor marked"},
      {"another name", local(30, "v"), "is called 'v.npy' in its local header"},
      {"other flags", local(6, number(2, 2)), "has flags 2 in its local header and 0"},
      {"another method", local(8, number(8, 2)), "has the method 8 in its local header and 0"},
      {"another time", local(10, number(1, 2)), "has the time 1 in"},
      {"another date", local(12, number(0x22, 2)), "has the date 34 in"},
      {"another CRC-32", local(14, number(0, 4)), "has the CRC-32 0 in"},
      {"another stored size", local(18, number(1, 4)), "has the stored size 1 in"},
      {"another size", local(22, number(1, 4)), "has the size 1 in"},
      {"a size of 0 in the local header", local(22, number(0, 4)), "has the size 0 in"},
      {"another CRC-32 in both", both(14, number(7, 4)), "it should be 7"},
      {"extra fields that are cut off", zip({{"w.npy", w, 0, {}, 0, "abc"}}),
       "extra fields that are cut off"},
      {"an extra field beyond its end", zip({{"w.npy", w, 0, {}, 0, number(7, 2) + number(9, 2)}}),
       "extra fields that are cut off"},
      {"zip64 in the directory", zip({{"w.npy", w, 0, {}, 0, {}, zip64_field(w.size(), w.size())}}), "zip64"},
      {"zip64: sizes in the directory", central(20, number(0xffffffff, 4) + number(0xffffffff, 4)), "zip64"},
      {"a zip64 field of other sizes", zip({{"w.npy", w, 0, {}, 0, zip64_field(1, w.size())}}),
       "the zip64 size 1"},
      {"a zip64 field of another stored size", zip({{"w.npy", w, 0, {}, 0, zip64_field(w.size(), 1)}}),
       "the zip64 stored size 1"},
      {"a zip64 field of 8 bytes",
       zip({{"w.npy", w, 0, {}, 0, number(1, 2) + number(8, 2) + number(w.size(), 8)}}),
       "zip64 field of 8 bytes"},
      {"an escape sequence of terminals", zip({{"\x1b[2J.npy", w, 0, {}, 1}}), "'\\x1b[2J.npy' is encrypted"},
  };
}

std::vector<MalformedFile> contents() {
  const std::string block = as_stored_block(w);
  const std::string bomb = both(22, number(0xfffffff0, 4), stored_as(block));
  return {
      {"said to inflate to 4 GiB", bomb, "are said to inflate to 4294967280"},
      {"no deflated bytes", stored_as(""), "cut off"},
      {"deflated bytes that are cut off", stored_as(block.substr(0, 50)), "cut off"},
      {"a deflated block of a kind that does not exist", stored_as("\x07" + block), "are not deflated ones"},
      {"lengths of a block that disagree", stored_as(patched(block, 3, "ab")), "are not deflated ones"},
      {"a byte behind the deflated ones", stored_as(block + "x"), "has bytes behind its deflated ones"},
      {"inflates to fewer bytes", stored_as(as_stored_block(w.substr(0, w.size() - 1))),
       "inflates to fewer bytes"},
      {"inflates to more bytes", stored_as(as_stored_block(w + "x")), "inflates to more bytes"},
      {"inflates to other bytes", stored_as(as_stored_block(patched(w, w.size() - 1, "x"))), "its CRC-32 is"},
      {"an empty member", zip({{"w.npy", ""}}), "member 'w.npy' is no npy file: it has 0 bytes"},
      {"a member that is no npy", zip({{"w.npy", "some text in a member"}}),
       "member 'w.npy' is no npy file: it does not start"},
      {"a member with a byte too many", zip({{"w.npy", w + "x"}}), "takes 8 bytes, the file holds 9"},
      {"a member with a byte too few", zip({{"w.npy", w.substr(0, w.size() - 1)}}),
       "takes 8 bytes, the file holds 7"},
      {"a member of Python objects", zip({{"w.npy", plain_npy("|O", "(1,)", "12345678")}}),
       "member 'w.npy' has elements of type '|O': Python objects"},
      {"a member of big-endian numbers", zip({{"w.npy", plain_npy(">f8", "(1,)", "12345678")}}),
       "big-endian"},
      {"a bool of value 2", zip({member("a.npy"), {"w.npy", plain_npy("|b1", "(3,)", "\0\1\2"s)}}),
       "member 'w.npy' is damaged: it is of bool, but its element 2 is 2"},
      {"a deflated bool of value 2", zip({deflated("w.npy", plain_npy("|b1", "(3,)", "\0\1\2"s))}),
       "element 2 is 2"},
      {"the second member is damaged", zip({member("a.npy"), {"b.npy", "x"}}),
       "member 'b.npy' is no npy file"},
  };
}

}  // namespace

std::vector<MalformedFile> malformed_npz() {
  std::vector<MalformedFile> cases = frame();
  for (const auto& more : {entries(), contents()}) cases.insert(cases.end(), more.begin(), more.end());
  return cases;
}

}  // namespace gradus::test

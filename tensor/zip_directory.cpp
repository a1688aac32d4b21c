#include <gradus/tensor/zip.h>
#include <gradus/tensor/zip_format.h>

#include <algorithm>
#include <optional>

namespace gradus {
namespace {

constexpr std::uint64_t largest_directory = 16 << 20;
constexpr std::uint64_t always_allowed = 64 << 20, largest_factor = 200;  // of all members' bytes
constexpr std::uint64_t piece = 1 << 20;  // memory is given back in such steps

/// Numbers at places in a record, little-endian.
class Record {
 public:
  explicit Record(std::string_view bytes) : bytes_(bytes) {}
  std::uint64_t get16(std::size_t at) const { return byte(at) | byte(at + 1) << 8; }
  std::uint64_t get32(std::size_t at) const { return get16(at) | get16(at + 2) << 16; }
  std::uint64_t get64(std::size_t at) const { return get32(at) | get32(at + 4) << 32; }

 private:
  std::uint64_t byte(std::size_t at) const { return static_cast<unsigned char>(bytes_[at]); }
  std::string_view bytes_;
};

/// What both the directory and the local header say of a member.
struct Claims {
  std::uint64_t flags, method, time, date, crc, stored, size;
  std::string_view name, extra;
};

Claims read_claims(const Record& record, std::size_t at, std::string_view name, std::string_view extra) {
  return {record.get16(at),
          record.get16(at + 2),
          record.get16(at + 4),
          record.get16(at + 6),
          record.get32(at + 8),
          record.get32(at + 12),
          record.get32(at + 16),
          name,
          extra};
}

class DirectoryReader {
 public:
  explicit DirectoryReader(const MappedFile& file)
      : file_(file), bytes_(file.bytes()), origin_(file.origin()) {}

  std::vector<ZipMember> read() {
    file_.check_size();
    read_end();
    std::uint64_t at = directory_;
    for (std::uint64_t i = 0; i < count_; ++i) at = read_entry(at);
    if (at != directory_end_) {
      origin_.refuse("is damaged: its directory of " + std::to_string(count_) + " members has " +
                     std::to_string(directory_end_ - at) + " bytes behind them");
    }
    check_cover();
    check_names();
    check_sizes();
    return std::move(members_);
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    origin_.refuse("is damaged: member '" + printable(name_) + "' " + why);
  }

  [[noreturn]] void refuse_zip64(const std::string& what) const {
    origin_.refuse("is a zip64 archive: " + what +
                   "; archives of 4 GiB and more are not read, safetensors files are");
  }

  /// The record at the end tells where the directory is.
  void read_end() {
    if (bytes_.size() < zip::end_bytes) {
      origin_.refuse("is no npz file: it has " + std::to_string(bytes_.size()) +
                     " bytes, an empty archive has 22");
    }
    const std::uint64_t first = Record(bytes_).get32(0);
    if (first != zip::local_signature && first != zip::end_signature) {
      origin_.refuse("is no npz file: it does not start with PK");
    }
    directory_end_ = bytes_.size() - zip::end_bytes;
    const Record end(bytes_.substr(directory_end_));
    if (end.get32(0) != zip::end_signature) {
      origin_.refuse(
          "is cut off or has bytes behind its end: its last 22 bytes are no end record of an archive");
    }
    if (end.get16(20) != 0)
      origin_.refuse("is cut off: its comment of " + std::to_string(end.get16(20)) + " bytes is missing");
    count_ = end.get16(10);
    directory_ = end.get32(16);
    const std::uint64_t size = end.get32(12);
    if (count_ > zip::most_members || directory_ == zip::in_zip64 || size == zip::in_zip64) {
      refuse_zip64("its end record points to another");
    }
    if (end.get16(4) != 0 || end.get16(6) != 0 || end.get16(8) != count_) {
      origin_.refuse("is damaged: it is said to be a part of an archive on several disks");
    }
    if (directory_ + size != directory_end_) {
      origin_.refuse("is damaged: its directory is said to take " + std::to_string(size) +
                     " bytes from byte " + std::to_string(directory_) +
                     ", but the end record begins at byte " + std::to_string(directory_end_));
    }
    if (size > largest_directory) {
      origin_.refuse("is damaged: its directory has " + std::to_string(size) + " bytes, at most " +
                     std::to_string(largest_directory) + " are read");
    }
  }

  /// The directory's entry at byte `at`, and the local header it points to; gives where the next one is.
  std::uint64_t read_entry(std::uint64_t at) {
    const std::string number = "entry " + std::to_string(members_.size()) + " of its directory ";
    if (directory_end_ - at < zip::central_bytes) origin_.refuse("is damaged: " + number + "is cut off");
    const Record record(bytes_.substr(at));
    if (record.get32(0) != zip::central_signature) origin_.refuse("is damaged: " + number + "is none");
    const std::uint64_t name = record.get16(28), extra = record.get16(30), comment = record.get16(32);
    const std::uint64_t end = at + zip::central_bytes + name + extra + comment;
    if (end > directory_end_) origin_.refuse("is damaged: " + number + "is cut off");
    name_ = bytes_.substr(at + zip::central_bytes, name);
    const Claims claims = read_claims(record, 8, name_, bytes_.substr(at + zip::central_bytes + name, extra));
    if (comment != 0) refuse("has a comment");
    if (record.get16(34) != 0) refuse("is said to lie on another disk");
    const std::uint64_t local = record.get32(42);
    if (find_zip64(claims.extra) || claims.size == zip::in_zip64 || claims.stored == zip::in_zip64 ||
        local == zip::in_zip64) {
      refuse_zip64("member '" + printable(name_) + "' has its sizes in a zip64 field");
    }
    check_claims(claims);
    const std::uint64_t begin = read_local(local, claims);
    if (begin + claims.stored > directory_) {
      refuse("takes " + std::to_string(claims.stored) + " bytes from byte " + std::to_string(begin) +
             ", but the directory begins at byte " + std::to_string(directory_));
    }
    members_.push_back({std::string(name_.substr(0, name_.size() - 4)), claims.method == zip::deflated,
                        static_cast<std::uint32_t>(claims.crc), claims.size, begin, begin + claims.stored});
    spans_.emplace_back(local, begin + claims.stored);
    return end;
  }

  void check_claims(const Claims& claims) const {
    constexpr std::uint64_t known_flags = zip::level_flags | zip::utf8_flag;
    if (claims.flags & zip::encrypted_flag) refuse("is encrypted");
    if (claims.flags & zip::descriptor_flag) refuse("has its sizes behind its bytes (a data descriptor)");
    if (claims.flags & ~known_flags) refuse("has unknown flags: " + std::to_string(claims.flags));
    if (claims.method != zip::stored && claims.method != zip::deflated) {
      refuse("is compressed by method " + std::to_string(claims.method) +
             "; 0 (stored) and 8 (deflated) are known");
    }
    if (claims.method == zip::stored && claims.stored != claims.size) {
      refuse("is stored as it is, but " + std::to_string(claims.size) + " bytes are said to take " +
             std::to_string(claims.stored));
    }
    const auto beyond_ascii = [](char c) { return static_cast<unsigned char>(c) > 127; };
    if (std::any_of(name_.begin(), name_.end(), beyond_ascii) && !(claims.flags & zip::utf8_flag)) {
      refuse("has a name that is neither ASCII nor marked as UTF-8");
    }
    if (!is_utf8(name_) || name_.find('\0') != name_.npos)
      refuse("has a name that is no UTF-8 or has a NUL in it");
    if (!name_.ends_with(".npy") || name_.size() == 4) refuse("has a name that is none of 'NAME.npy'");
  }

  /// Checks the local header at byte `at` against the directory; gives where the stored bytes begin.
  std::uint64_t read_local(std::uint64_t at, const Claims& claims) {
    if (at + zip::local_bytes > directory_ || Record(bytes_.substr(at)).get32(0) != zip::local_signature) {
      refuse("has no local header at byte " + std::to_string(at));
    }
    const Record record(bytes_.substr(at));
    const std::uint64_t name = record.get16(26), extra = record.get16(28);
    const std::uint64_t begin = at + zip::local_bytes + name + extra;
    if (begin > directory_) refuse("has a local header that reaches into the directory");
    Claims local = read_claims(record, 6, bytes_.substr(at + zip::local_bytes, name),
                               bytes_.substr(at + zip::local_bytes + name, extra));
    // NumPy writes the field into every local header, whether it is needed or not.
    if (const auto field = find_zip64(local.extra)) {
      if (field->size() != 16)
        refuse("has a zip64 field of " + std::to_string(field->size()) + " bytes, not 16");
      const Record sizes(*field);
      if (local.size == zip::in_zip64) local.size = sizes.get64(0);
      if (local.stored == zip::in_zip64) local.stored = sizes.get64(8);
      agree("the zip64 size", sizes.get64(0), claims.size);
      agree("the zip64 stored size", sizes.get64(8), claims.stored);
    }
    if (local.name != claims.name) refuse("is called '" + printable(local.name) + "' in its local header");
    agree("flags", local.flags, claims.flags);
    agree("the method", local.method, claims.method);
    agree("the time", local.time, claims.time);
    agree("the date", local.date, claims.date);
    agree("the CRC-32", local.crc, claims.crc);
    agree("the stored size", local.stored, claims.stored);
    agree("the size", local.size, claims.size);
    if (begin - released_ >= piece) {
      file_.release(released_, begin);
      released_ = begin / piece * piece;
    }
    return begin;
  }

  void agree(const char* what, std::uint64_t local, std::uint64_t central) const {
    if (local == central) return;
    refuse("has " + std::string(what) + " " + std::to_string(local) + " in its local header and " +
           std::to_string(central) + " in the directory");
  }

  /// The zip64 field among the extra fields.
  std::optional<std::string_view> find_zip64(std::string_view extra) const {
    std::optional<std::string_view> found;
    while (!extra.empty()) {
      const std::uint64_t size = extra.size() < 4 ? 0 : Record(extra).get16(2);
      if (extra.size() < 4 + size) refuse("has extra fields that are cut off");
      if (Record(extra).get16(0) == zip::zip64_field) found = extra.substr(4, size);
      extra.remove_prefix(4 + size);
    }
    return found;
  }

  /// The members lie one behind the other up to the directory.
  void check_cover() {
    std::sort(spans_.begin(), spans_.end());
    std::uint64_t end = 0;
    for (const auto& [begin, next] : spans_) {
      if (begin != end) {
        origin_.refuse("is damaged: the member at byte " + std::to_string(begin) +
                       (begin < end ? " overlaps the one before it" : " leaves a gap before it") +
                       ", which ends at byte " + std::to_string(end));
      }
      end = next;
    }
    if (end != directory_) {
      origin_.refuse("is damaged: its members end at byte " + std::to_string(end) +
                     ", but the directory begins at byte " + std::to_string(directory_));
    }
  }

  void check_names() {
    std::vector<std::string_view> names;
    for (const ZipMember& member : members_) names.push_back(member.name);
    std::sort(names.begin(), names.end());
    const auto same = std::adjacent_find(names.begin(), names.end());
    if (same != names.end())
      origin_.refuse("is damaged: two members are called '" + printable(*same) + ".npy'");
  }

  void check_sizes() const {
    std::uint64_t size = 0;
    for (const ZipMember& member : members_) size += member.size;
    const std::uint64_t most = std::max<std::uint64_t>(always_allowed, largest_factor * bytes_.size());
    if (size > most) {
      origin_.refuse("is refused: its " + std::to_string(bytes_.size()) + " bytes are said to inflate to " +
                     std::to_string(size) + ", and at most " + std::to_string(most) + " are believed");
    }
  }

  const MappedFile& file_;
  std::string_view bytes_;
  const Origin& origin_;
  std::uint64_t count_ = 0, directory_ = 0, directory_end_ = 0, released_ = 0;
  std::string_view name_;  // of the entry that is being read
  std::vector<ZipMember> members_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> spans_;  // of local header and stored bytes
};

}  // namespace

std::vector<ZipMember> read_zip(const MappedFile& file) { return DirectoryReader(file).read(); }

}  // namespace gradus

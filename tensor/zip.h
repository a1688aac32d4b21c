// Reading zip archives, as far as npz files go: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
#pragma once
#include <gradus/tensor/mapped_file.h>

#include <memory>
#include <vector>

struct z_stream_s;

namespace gradus {

struct ZipMember {
  std::string name;          // UTF-8, without the ".npy" that it has in the archive
  bool deflated;             // else stored as it is
  std::uint32_t crc;         // CRC-32 of its bytes
  std::uint64_t size;        // their number
  std::uint64_t begin, end;  // of what is stored of it, in the file
};

/// Reads the list of members. Strict: local headers and central directory agree, the members fill the file
/// from its first byte to the directory without gap or overlap, all names end in ".npy" and are different,
/// and there is no encryption, no data descriptor, no zip64, no comment. Their sizes together are at most 200
/// times the file's, or 64 MiB.
std::vector<ZipMember> read_zip(const MappedFile& file);

/// The bytes of a member, inflated where they are deflated.
class ZipSource final : public ByteSource {
 public:
  ZipSource(const MappedFile& file, const ZipMember& member);
  ~ZipSource() override;
  /// Names the file and the member.
  const Origin& origin() const { return origin_; }
  void read(void* to, std::size_t count) override;
  /// After the last byte: refuses where there are more, or where the CRC-32 is another.
  void finish();

 private:
  struct EndInflation {
    void operator()(z_stream_s* stream) const;
  };
  std::size_t inflate(char* to, std::size_t count);

  Origin origin_;
  const ZipMember& member_;
  MappedSource stored_;
  std::unique_ptr<z_stream_s, EndInflation> stream_;  // null for a stored member
  std::vector<unsigned char> input_;                  // the piece that is being inflated
  std::uint64_t left_;
  std::uint32_t crc_ = 0;
};

}  // namespace gradus

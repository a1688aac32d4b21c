// Files read through a memory map, and the stream of bytes that readers of formats take.
//
// What touches a page of a map that is no longer in the file ends the process (SIGBUS). So only the structure
// of a file is read through its map, headers and directories, right after its size was checked; elements,
// which take the time, are read by calls that answer with an error.
#pragma once
#include <gradus/tensor/origin.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace gradus {

/// Bytes in order, from a file or out of an archive.
class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;
  /// Exactly the next `count` bytes; throws where there are fewer.
  virtual void read(void* to, std::size_t count) = 0;
};

/// A regular file, mapped for reading. Folders, pipes and devices are refused, without waiting for them.
class MappedFile {
 public:
  MappedFile(std::string operation, const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const Origin& origin() const { return origin_; }
  std::string_view bytes() const { return {data_, size_}; }
  /// Throws where the file has become another size: to read what is gone would end the program.
  void check_size() const;
  /// Copies the bytes from `begin` on without the map; throws where the file does not have them any more.
  void copy(std::uint64_t begin, void* to, std::size_t count) const;
  /// Gives back the memory of the pages that lie wholly inside; they are read again where they are touched
  /// again.
  void release(std::uint64_t begin, std::uint64_t end) const;

 private:
  Origin origin_;
  int file_ = -1;
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

/// The bytes `begin` to `end` of a file, which must lie in it.
class MappedSource final : public ByteSource {
 public:
  MappedSource(const MappedFile& file, std::uint64_t begin, std::uint64_t end)
      : file_(file), at_(begin), end_(end) {}
  void read(void* to, std::size_t count) override;
  std::uint64_t left() const { return end_ - at_; }

 private:
  const MappedFile& file_;
  std::uint64_t at_, end_;
};

}  // namespace gradus

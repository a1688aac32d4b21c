// Files read through a memory map, and the stream of bytes that readers of formats take.
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
  /// Gives back the memory of the pages that lie wholly inside; they are read again where they are touched
  /// again.
  void release(std::uint64_t begin, std::uint64_t end) const;

 private:
  Origin origin_;
  int file_ = -1;
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

/// The bytes `begin` to `end` of a file, which must lie in it; memory behind the reader is given back.
class MappedSource final : public ByteSource {
 public:
  MappedSource(const MappedFile& file, std::uint64_t begin, std::uint64_t end)
      : file_(file), released_(begin), at_(begin), end_(end) {}
  ~MappedSource() override { file_.release(released_, at_); }
  void read(void* to, std::size_t count) override;
  std::uint64_t left() const { return end_ - at_; }

 private:
  const MappedFile& file_;
  std::uint64_t released_, at_, end_;
};

}  // namespace gradus

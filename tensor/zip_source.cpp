#include <gradus/tensor/zip.h>

#include <zlib.h>

#include <algorithm>

namespace gradus {
namespace {

constexpr std::size_t chunk = std::size_t{64} << 10;
constexpr std::size_t most_at_once = 1 << 30;  // zlib counts in unsigned int

}  // namespace

ZipSource::ZipSource(const MappedFile& file, const ZipMember& member)
    : origin_{file.origin().operation, file.origin().what + ": member '" + printable(member.name) + ".npy'"},
      member_(member),
      stored_(file, member.begin, member.end),
      left_(member.size) {
  if (!member.deflated) return;
  stream_.reset(new z_stream_s{});
  if (::inflateInit2(stream_.get(), -MAX_WBITS) != Z_OK)
    origin_.refuse("cannot be inflated: there is no memory");
  input_.resize(chunk);
}

ZipSource::~ZipSource() = default;

void ZipSource::EndInflation::operator()(z_stream_s* stream) const {
  ::inflateEnd(stream);
  delete stream;
}

void ZipSource::read(void* to, std::size_t count) {
  if (count > left_) origin_.refuse("is cut off: it has only " + std::to_string(member_.size) + " bytes");
  left_ -= count;
  for (char* out = static_cast<char*>(to); count > 0;) {
    const std::size_t now = std::min(count, most_at_once);
    if (!stream_) {
      stored_.read(out, now);
    } else if (inflate(out, now) != now) {
      origin_.refuse("is damaged: it inflates to fewer bytes than the " + std::to_string(member_.size) +
                     " it should");
    }
    crc_ = static_cast<std::uint32_t>(::crc32_z(crc_, reinterpret_cast<const Bytef*>(out), now));
    out += now;
    count -= now;
  }
}

/// Inflates the next bytes: `count` of them, or those up to the end of the stream.
std::size_t ZipSource::inflate(char* to, std::size_t count) {
  stream_->next_out = reinterpret_cast<Bytef*>(to);
  stream_->avail_out = static_cast<uInt>(count);
  while (stream_->avail_out > 0) {
    if (stream_->avail_in == 0) {
      const auto now = static_cast<std::size_t>(std::min<std::uint64_t>(stored_.left(), chunk));
      stored_.read(input_.data(), now);
      stream_->next_in = input_.data();
      stream_->avail_in = static_cast<uInt>(now);
    }
    const int result = ::inflate(stream_.get(), Z_NO_FLUSH);
    if (result == Z_STREAM_END) break;
    if (result == Z_BUF_ERROR) origin_.refuse("is damaged: its deflated bytes are cut off");
    if (result != Z_OK) {
      origin_.refuse("is damaged: its bytes are not deflated ones: " +
                     std::string(stream_->msg ? stream_->msg : "error " + std::to_string(result)));
    }
  }
  return count - stream_->avail_out;
}

void ZipSource::finish() {
  if (stream_) {
    char beyond;
    if (inflate(&beyond, 1) == 1) {
      origin_.refuse("is damaged: it inflates to more bytes than the " + std::to_string(member_.size) +
                     " it should");
    }
    if (stream_->avail_in > 0 || stored_.left() > 0) {
      origin_.refuse("is damaged: it has bytes behind its deflated ones");
    }
  }
  if (crc_ != member_.crc) {
    origin_.refuse("is damaged: its CRC-32 is " + std::to_string(crc_) + ", it should be " +
                   std::to_string(member_.crc));
  }
}

}  // namespace gradus

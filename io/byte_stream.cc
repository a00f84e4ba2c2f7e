#include "weir/io/byte_stream.h"

#include <zlib.h>

#include <algorithm>

namespace weir {
namespace {

constexpr size_t kBufferBytes = 256 << 10;

int WindowBits(Compression format) {
  switch (format) {
    case Compression::kZlib: return MAX_WBITS;
    case Compression::kGzip: return MAX_WBITS + 16;
    default: return -MAX_WBITS;
  }
}

uInt ZlibSize(size_t bytes) {
  return static_cast<uInt>(std::min<size_t>(bytes, std::numeric_limits<uInt>::max()));
}

class InflateStream final : public ByteStream {
 public:
  InflateStream(ByteStream& source, Compression format)
      : ByteStream(source.path()), source_(source), format_(format) {
    started_ = inflateInit2(&zlib_, WindowBits(format)) == Z_OK;
  }
  ~InflateStream() override {
    if (started_) inflateEnd(&zlib_);
  }

  absl::StatusOr<size_t> Read(size_t bytes, char* out) override {
    if (!started_) return ResourceExhausted("no memory to unpack '", path(), "'");
    size_t done = 0;
    while (done < bytes && !ended_) {
      if (zlib_.avail_in == 0) RETURN_IF_ERROR(Fill());
      zlib_.next_out = reinterpret_cast<Bytef*>(out + done);
      zlib_.avail_out = ZlibSize(bytes - done);
      const uInt room = zlib_.avail_out;
      const int result = inflate(&zlib_, Z_NO_FLUSH);
      done += room - zlib_.avail_out;
      if (result == Z_STREAM_END) {
        RETURN_IF_ERROR(EndMember());
      } else if (result == Z_BUF_ERROR && source_ended_) {
        return DataLoss("'", path(), "': the compressed data is cut");
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        return DataLoss("'", path(), "': the compressed data is damaged",
                        zlib_.msg == nullptr ? "" : absl::StrCat(" (", zlib_.msg, ")"));
      }
    }
    return done;
  }

 private:
  absl::Status Fill() {
    buffer_.resize(kBufferBytes);
    ASSIGN_OR_RETURN(const size_t got, source_.Read(kBufferBytes, buffer_.data()));
    source_ended_ = got < kBufferBytes;
    zlib_.next_in = reinterpret_cast<Bytef*>(buffer_.data());
    zlib_.avail_in = static_cast<uInt>(got);
    return absl::OkStatus();
  }

  absl::Status EndMember() {
    if (format_ == Compression::kGzip) {
      if (zlib_.avail_in == 0 && !source_ended_) RETURN_IF_ERROR(Fill());
      if (zlib_.avail_in > 0) {
        inflateReset(&zlib_);
        return absl::OkStatus();
      }
    }
    ended_ = true;
    return absl::OkStatus();
  }

  ByteStream& source_;
  const Compression format_;
  z_stream zlib_ = {};
  bool started_ = false;
  bool source_ended_ = false;
  bool ended_ = false;
  std::string buffer_;
};

class DeflateFile final : public WritableFile {
 public:
  DeflateFile(std::unique_ptr<WritableFile> file, Compression format)
      : WritableFile(file->path()), file_(std::move(file)), buffer_(kBufferBytes, '\0') {
    open_ = deflateInit2(&zlib_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WindowBits(format), 8,
                         Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~DeflateFile() override {
    if (open_) (void)Close();
  }

  absl::Status Append(absl::string_view data) override {
    while (!data.empty()) {
      const absl::string_view part = data.substr(0, ZlibSize(data.size()));
      zlib_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
      zlib_.avail_in = static_cast<uInt>(part.size());
      RETURN_IF_ERROR(Pack(Z_NO_FLUSH));
      data.remove_prefix(part.size());
    }
    return absl::OkStatus();
  }
  absl::Status Flush() override {
    RETURN_IF_ERROR(Pack(Z_SYNC_FLUSH));
    return file_->Flush();
  }
  absl::Status Sync() override {
    RETURN_IF_ERROR(Pack(Z_SYNC_FLUSH));
    return file_->Sync();
  }
  absl::Status Close() override {
    const absl::Status packed = Pack(Z_FINISH);
    if (open_) deflateEnd(&zlib_);
    open_ = false;
    const absl::Status closed = file_->Close();
    return packed.ok() ? closed : packed;
  }

 private:
  // Packs all input, and passes on what came out.
  absl::Status Pack(int flush) {
    if (!open_) return FailedPrecondition("'", path(), "' is closed");
    do {
      zlib_.next_out = reinterpret_cast<Bytef*>(buffer_.data());
      zlib_.avail_out = static_cast<uInt>(buffer_.size());
      // With room for output the call cannot fail; Z_BUF_ERROR says that nothing was left to do.
      (void)deflate(&zlib_, flush);
      RETURN_IF_ERROR(
          file_->Append(absl::string_view(buffer_).substr(0, buffer_.size() - zlib_.avail_out)));
    } while (zlib_.avail_out == 0);
    return absl::OkStatus();
  }

  const std::unique_ptr<WritableFile> file_;
  z_stream zlib_ = {};
  bool open_ = false;
  std::string buffer_;
};

}  // namespace

absl::Status ByteStream::ReadExactly(size_t bytes, char* out) {
  ASSIGN_OR_RETURN(const size_t got, Read(bytes, out));
  if (got == bytes) return absl::OkStatus();
  return DataLoss("'", path(), "' ends ", bytes - got, " bytes too early");
}

absl::StatusOr<size_t> ByteStream::ReadGrowing(uint64_t bytes, std::string* out) {
  const size_t before = out->size();
  uint64_t piece = 64 << 10;
  for (uint64_t left = bytes; left > 0;) {
    const size_t want = static_cast<size_t>(std::min(left, piece));
    const size_t at = out->size();
    out->resize(at + want);
    const absl::StatusOr<size_t> got = Read(want, out->data() + at);
    out->resize(at + (got.ok() ? *got : 0));
    RETURN_IF_ERROR(got.status());
    if (*got < want) break;
    left -= want;
    piece *= 2;
  }
  return out->size() - before;
}

FileStream::FileStream(const RandomAccessFile& file, uint64_t begin, uint64_t end)
    : ByteStream(file.path()), file_(file), at_(begin), end_(std::max(begin, end)) {}

absl::StatusOr<size_t> FileStream::Read(size_t bytes, char* out) {
  const size_t buffered = std::min(bytes, buffer_.size() - used_);
  buffer_.copy(out, buffered, used_);
  used_ += buffered;
  size_t rest = bytes - buffered;
  if (rest == 0) return bytes;
  // Large requests go around the buffer.
  const auto read = [&](size_t want, char* to) -> absl::StatusOr<size_t> {
    want = static_cast<size_t>(std::min<uint64_t>(want, end_ - at_));
    ASSIGN_OR_RETURN(const size_t got, file_.Read(at_, want, to));
    at_ += got;
    return got;
  };
  if (rest >= kBufferBytes) {
    ASSIGN_OR_RETURN(const size_t got, read(rest, out + buffered));
    return buffered + got;
  }
  buffer_.resize(kBufferBytes);
  used_ = 0;
  const absl::StatusOr<size_t> got = read(kBufferBytes, buffer_.data());
  buffer_.resize(got.ok() ? *got : 0);
  RETURN_IF_ERROR(got.status());
  rest = std::min(rest, buffer_.size());
  buffer_.copy(out + buffered, rest, 0);
  used_ = rest;
  return buffered + rest;
}

std::unique_ptr<ByteStream> NewInflateStream(ByteStream& source, Compression format) {
  return std::make_unique<InflateStream>(source, format);
}

std::unique_ptr<WritableFile> NewDeflateFile(std::unique_ptr<WritableFile> file,
                                             Compression format) {
  return std::make_unique<DeflateFile>(std::move(file), format);
}

}  // namespace weir

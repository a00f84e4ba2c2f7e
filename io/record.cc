#include "weir/io/record.h"

#include "weir/core/crc32c.h"
#include "weir/io/coding.h"

namespace weir {
namespace {

// Length and its checksum; behind the data, its checksum.
constexpr size_t kHeaderBytes = 12;
constexpr size_t kFooterBytes = 4;

bool ChecksumMatches(const char* data, size_t bytes) {
  return LoadInt<uint32_t>(data + bytes) == MaskCrc(ExtendCrc32c(0, data, bytes));
}

}  // namespace

absl::StatusOr<Compression> RecordCompression(absl::string_view name) {
  if (name.empty()) return Compression::kNone;
  if (name == "ZLIB") return Compression::kZlib;
  if (name == "GZIP") return Compression::kGzip;
  return InvalidArgument("unknown compression '", name, "'; expected '', 'ZLIB' or 'GZIP'");
}

RecordWriter::RecordWriter(std::unique_ptr<WritableFile> file, Compression compression)
    : file_(compression == Compression::kNone ? std::move(file)
                                              : NewDeflateFile(std::move(file), compression)) {}

absl::Status RecordWriter::Write(absl::string_view record) {
  std::string header;
  AppendInt(uint64_t{record.size()}, &header);
  AppendInt(MaskCrc(Crc32c(header)), &header);
  std::string footer;
  AppendInt(MaskCrc(Crc32c(record)), &footer);
  RETURN_IF_ERROR(file_->Append(header));
  RETURN_IF_ERROR(file_->Append(record));
  return file_->Append(footer);
}

absl::StatusOr<std::unique_ptr<RecordReader>> RecordReader::Open(Env& env, const std::string& path,
                                                                 Compression compression) {
  std::unique_ptr<RecordReader> reader(new RecordReader);
  ASSIGN_OR_RETURN(reader->file_, env.NewRandomAccessFile(path));
  reader->source_ = std::make_unique<FileStream>(*reader->file_);
  if (compression != Compression::kNone) {
    reader->unpacked_ = NewInflateStream(*reader->source_, compression);
  }
  return reader;
}

absl::Status RecordReader::Read(std::string* record) {
  RETURN_IF_ERROR(status_);
  const absl::Status status = ReadImpl(record);
  if (absl::IsOutOfRange(status) && unpacked_ == nullptr) return status;
  status_ = status;
  return status;
}

absl::Status RecordReader::ReadImpl(std::string* record) {
  ByteStream& in = unpacked_ != nullptr ? *unpacked_ : static_cast<ByteStream&>(*source_);
  const auto damaged = [&](absl::string_view how) {
    return DataLoss("'", file_->path(), "': ", how, " record at ", offset_);
  };
  char header[kHeaderBytes];
  ASSIGN_OR_RETURN(const size_t got, in.Read(kHeaderBytes, header));
  if (got == 0) return OutOfRange("end of '", file_->path(), "'");
  if (got < kHeaderBytes) return damaged("truncated");
  if (!ChecksumMatches(header, 8)) return damaged("corrupted");
  const uint64_t length = LoadInt<uint64_t>(header);
  if (length > record->max_size() - kFooterBytes) return damaged("truncated");
  record->clear();
  ASSIGN_OR_RETURN(const size_t body, in.ReadGrowing(length + kFooterBytes, record));
  if (body < length + kFooterBytes) return damaged("truncated");
  if (!ChecksumMatches(record->data(), length)) return damaged("corrupted");
  record->resize(length);
  offset_ += kHeaderBytes + length + kFooterBytes;
  return absl::OkStatus();
}

}  // namespace weir

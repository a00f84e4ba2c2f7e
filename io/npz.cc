// Zip archives of NumPy arrays (declared in npy.h).

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "weir/io/coding.h"
#include "weir/io/npy.h"
#include "weir/io/npy_format.h"

namespace weir {
namespace {

constexpr uint32_t kLocalMagic = 0x04034b50, kCentralMagic = 0x02014b50, kEndMagic = 0x06054b50,
                   kEnd64Magic = 0x06064b50, kEnd64LocatorMagic = 0x07064b50;
constexpr size_t kLocalBytes = 30, kCentralBytes = 46, kEndBytes = 22, kEnd64Bytes = 56,
                 kEnd64LocatorBytes = 20;
constexpr uint32_t kIn64 = 0xffffffffu;  // The true value stands in a 64-bit field elsewhere.
constexpr uint16_t kStored = 0, kDeflated = 8;

// One file of an archive.
struct Member {
  std::string name;
  uint16_t method = kStored;
  uint32_t crc = 0;
  uint64_t packed = 0;
  uint64_t unpacked = 0;
  uint64_t local_header = 0;
};

uint32_t ExtendCrc32(uint32_t crc, const char* data, size_t bytes) {
  return static_cast<uint32_t>(crc32_z(crc, reinterpret_cast<const Bytef*>(data), bytes));
}

// Passes bytes on, counting them into a checksum.
class ChecksumStream final : public ByteStream {
 public:
  explicit ChecksumStream(ByteStream& source) : ByteStream(source.path()), source_(source) {}
  absl::StatusOr<size_t> Read(size_t bytes, char* out) override {
    ASSIGN_OR_RETURN(const size_t got, source_.Read(bytes, out));
    crc_ = ExtendCrc32(crc_, out, got);
    return got;
  }
  uint32_t crc() const { return crc_; }

 private:
  ByteStream& source_;
  uint32_t crc_ = 0;
};

class ZipReader {
 public:
  static absl::StatusOr<ZipReader> Open(Env& env, const std::string& path) {
    ZipReader reader;
    ASSIGN_OR_RETURN(reader.file_, env.NewRandomAccessFile(path));
    ASSIGN_OR_RETURN(reader.size_, env.FileSize(path));
    RETURN_IF_ERROR(reader.ReadDirectory());
    return reader;
  }

  const std::vector<Member>& members() const { return members_; }

  absl::StatusOr<Tensor> ReadArray(const Member& member) const {
    const auto damaged = [&](absl::string_view what) {
      return Damaged(absl::StrCat("member '", member.name, "' ", what));
    };
    char header[kLocalBytes];
    if (member.local_header > size_) return damaged("lies outside the file");
    RETURN_IF_ERROR(file_->ReadExactly(member.local_header, sizeof(header), header));
    if (LoadInt<uint32_t>(header) != kLocalMagic) return damaged("has no header");
    const uint64_t begin = member.local_header + kLocalBytes + LoadInt<uint16_t>(header + 26) +
                           LoadInt<uint16_t>(header + 28);
    if (begin > size_ || member.packed > size_ - begin) return damaged("leaves the file");
    FileStream stored(*file_, begin, begin + member.packed);
    std::unique_ptr<ByteStream> inflated;
    if (member.method == kDeflated) {
      if (member.unpacked / kMaxDeflateRatio > member.packed) return damaged("is damaged");
      inflated = NewInflateStream(stored, Compression::kDeflate);
    } else if (member.method != kStored) {
      return Unimplemented("'", file_->path(), "': member '", member.name,
                           "' has compression method ", member.method);
    } else if (member.packed != member.unpacked) {
      return damaged("is damaged");
    }
    ChecksumStream content(inflated != nullptr ? *inflated : static_cast<ByteStream&>(stored));
    absl::StatusOr<Tensor> tensor = ReadNpyArray(content, member.unpacked);
    if (!tensor.ok()) {
      return Annotate(tensor.status(), absl::StrCat("member '", member.name, "': "));
    }
    // What follows the array belongs to the checksum as well.
    char rest[4096];
    for (size_t got = sizeof(rest); got == sizeof(rest);) {
      ASSIGN_OR_RETURN(got, content.Read(sizeof(rest), rest));
    }
    if (content.crc() != member.crc) return damaged("does not match its checksum");
    return tensor;
  }

 private:
  absl::Status Damaged(absl::string_view what) const {
    return DataLoss("'", file_->path(), "': ", what);
  }

  // Finds the directory from the record at the end of the file, which a comment may follow.
  absl::Status ReadDirectory() {
    const size_t tail_bytes = static_cast<size_t>(std::min<uint64_t>(size_, kEndBytes + 0xffff));
    const uint64_t tail_at = size_ - tail_bytes;
    std::string tail(tail_bytes, '\0');
    RETURN_IF_ERROR(file_->ReadExactly(tail_at, tail_bytes, tail.data()));
    std::string magic;
    AppendInt(kEndMagic, &magic);
    const size_t end = tail.rfind(magic, tail_bytes < kEndBytes ? 0 : tail_bytes - kEndBytes);
    if (end == std::string::npos || end + kEndBytes > tail_bytes) {
      return Damaged("is no zip archive");
    }
    uint64_t count = LoadInt<uint16_t>(tail.data() + end + 10);
    uint64_t bytes = LoadInt<uint32_t>(tail.data() + end + 12);
    uint64_t offset = LoadInt<uint32_t>(tail.data() + end + 16);
    if (count == 0xffff || bytes == kIn64 || offset == kIn64) {
      RETURN_IF_ERROR(ReadEnd64(tail_at + end, &count, &bytes, &offset));
    }
    if (offset > size_ || bytes > size_ - offset) return Damaged("the directory leaves the file");
    std::string directory(bytes, '\0');
    RETURN_IF_ERROR(file_->ReadExactly(offset, bytes, directory.data()));
    absl::string_view in = directory;
    for (uint64_t i = 0; i < count; ++i) RETURN_IF_ERROR(ReadMember(&in));
    return absl::OkStatus();
  }

  absl::Status ReadEnd64(uint64_t end, uint64_t* count, uint64_t* bytes, uint64_t* offset) const {
    char record[kEnd64Bytes];
    if (end < kEnd64LocatorBytes) return absl::OkStatus();
    RETURN_IF_ERROR(file_->ReadExactly(end - kEnd64LocatorBytes, kEnd64LocatorBytes, record));
    if (LoadInt<uint32_t>(record) != kEnd64LocatorMagic) return absl::OkStatus();
    const uint64_t at = LoadInt<uint64_t>(record + 8);
    if (at > size_) return Damaged("the directory leaves the file");
    RETURN_IF_ERROR(file_->ReadExactly(at, kEnd64Bytes, record));
    if (LoadInt<uint32_t>(record) != kEnd64Magic) return Damaged("the directory is damaged");
    *count = LoadInt<uint64_t>(record + 32);
    *bytes = LoadInt<uint64_t>(record + 40);
    *offset = LoadInt<uint64_t>(record + 48);
    return absl::OkStatus();
  }

  absl::Status ReadMember(absl::string_view* in) {
    const absl::Status bad = Damaged("the directory is damaged");
    if (in->size() < kCentralBytes || LoadInt<uint32_t>(in->data()) != kCentralMagic) return bad;
    const char* const p = in->data();
    Member member;
    const uint16_t flags = LoadInt<uint16_t>(p + 8);
    member.method = LoadInt<uint16_t>(p + 10);
    member.crc = LoadInt<uint32_t>(p + 16);
    member.packed = LoadInt<uint32_t>(p + 20);
    member.unpacked = LoadInt<uint32_t>(p + 24);
    member.local_header = LoadInt<uint32_t>(p + 42);
    const size_t name = LoadInt<uint16_t>(p + 28), extra = LoadInt<uint16_t>(p + 30),
                 comment = LoadInt<uint16_t>(p + 32);
    if (in->size() - kCentralBytes < name + extra + comment) return bad;
    member.name = std::string(in->substr(kCentralBytes, name));
    if (flags & 1) return Unimplemented("'", file_->path(), "' is encrypted");
    if (!ReadExtra(in->substr(kCentralBytes + name, extra), &member)) return bad;
    in->remove_prefix(kCentralBytes + name + extra + comment);
    members_.push_back(std::move(member));
    return absl::OkStatus();
  }

  // The 64-bit sizes, in the extra field 1; only those that do not fit in 32 bits are there.
  static bool ReadExtra(absl::string_view extra, Member* member) {
    while (extra.size() >= 4) {
      const uint16_t id = LoadInt<uint16_t>(extra.data());
      const size_t size = LoadInt<uint16_t>(extra.data() + 2);
      if (extra.size() - 4 < size) return false;
      absl::string_view field = extra.substr(4, size);
      extra.remove_prefix(4 + size);
      if (id != 1) continue;
      for (uint64_t* value : {&member->unpacked, &member->packed, &member->local_header}) {
        if (*value != kIn64) continue;
        if (field.size() < 8) return false;
        *value = LoadInt<uint64_t>(field.data());
        field.remove_prefix(8);
      }
    }
    return true;
  }

  std::unique_ptr<RandomAccessFile> file_;
  uint64_t size_ = 0;
  std::vector<Member> members_;
};

// Fields that local header and directory have in common, from the needed version on.
void AppendCommon(const Member& member, std::string* out) {
  AppendInt(uint16_t{20}, out);  // Version that is needed to unpack.
  AppendInt(uint16_t{0}, out);   // Flags.
  AppendInt(member.method, out);
  AppendInt(uint16_t{0}, out);     // Time.
  AppendInt(uint16_t{0x21}, out);  // Date: 1980-01-01, so that equal content gives equal bytes.
  AppendInt(member.crc, out);
  AppendInt(static_cast<uint32_t>(member.packed), out);
  AppendInt(static_cast<uint32_t>(member.unpacked), out);
  AppendInt(static_cast<uint16_t>(member.name.size()), out);
  AppendInt(uint16_t{0}, out);  // Extra field.
}

std::string LocalHeader(const Member& member) {
  std::string out;
  AppendInt(kLocalMagic, &out);
  AppendCommon(member, &out);
  return out + member.name;
}

void AppendDirectoryEntry(const Member& member, std::string* out) {
  AppendInt(kCentralMagic, out);
  AppendInt(uint16_t{20}, out);  // Version that wrote.
  AppendCommon(member, out);
  AppendInt(uint16_t{0}, out);           // Comment.
  AppendInt(uint16_t{0}, out);           // Disk.
  AppendInt(uint16_t{0}, out);           // Internal attributes.
  AppendInt(uint32_t{0x01800000}, out);  // External attributes: a file that its owner may read.
  AppendInt(static_cast<uint32_t>(member.local_header), out);
  *out += member.name;
}

absl::Status WriteArchive(WritableFile& file, const std::string& path,
                          absl::Span<const std::pair<std::string, Tensor>> tensors) {
  std::string directory;
  std::set<absl::string_view> names;
  uint64_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    if (!names.insert(name).second || name.size() > 0x7fff) {
      return InvalidArgument("an array name that occurs twice or is too long: '", name, "'");
    }
    ASSIGN_OR_RETURN(const std::string header, NpyHeader(tensor));
    std::string storage;
    const absl::string_view data = NpyData(tensor, &storage);
    Member member;
    member.name = name + ".npy";
    member.crc =
        ExtendCrc32(ExtendCrc32(0, header.data(), header.size()), data.data(), data.size());
    member.packed = member.unpacked = header.size() + data.size();
    member.local_header = offset;
    const std::string local = LocalHeader(member);
    offset += local.size() + member.packed;
    if (offset + directory.size() > std::numeric_limits<uint32_t>::max() - 0x10000) {
      return InvalidArgument("the archive '", path, "' would have more than 4 GiB");
    }
    RETURN_IF_ERROR(file.Append(local));
    RETURN_IF_ERROR(file.Append(header));
    RETURN_IF_ERROR(file.Append(data));
    AppendDirectoryEntry(member, &directory);
  }
  const uint16_t count = static_cast<uint16_t>(tensors.size());
  const uint32_t directory_bytes = static_cast<uint32_t>(directory.size());
  AppendInt(kEndMagic, &directory);
  AppendInt(uint32_t{0}, &directory);  // Disks.
  AppendInt(count, &directory);
  AppendInt(count, &directory);
  AppendInt(directory_bytes, &directory);
  AppendInt(static_cast<uint32_t>(offset), &directory);
  AppendInt(uint16_t{0}, &directory);  // Comment.
  return file.Append(directory);
}

}  // namespace

absl::StatusOr<NamedTensors> ReadNpz(Env& env, const std::string& path) {
  ASSIGN_OR_RETURN(const ZipReader zip, ZipReader::Open(env, path));
  NamedTensors tensors;
  for (const Member& member : zip.members()) {
    ASSIGN_OR_RETURN(Tensor tensor, zip.ReadArray(member));
    absl::string_view name = member.name;
    absl::ConsumeSuffix(&name, ".npy");
    tensors.emplace_back(std::string(name), std::move(tensor));
  }
  return tensors;
}

absl::Status WriteNpz(Env& env, const std::string& path,
                      absl::Span<const std::pair<std::string, Tensor>> tensors) {
  if (tensors.size() >= 0xffff) return InvalidArgument("too many arrays for '", path, "'");
  return env.AtomicWriteFile(path,
                             [&](WritableFile& file) { return WriteArchive(file, path, tensors); });
}

}  // namespace weir

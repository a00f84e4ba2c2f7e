#include "weir/examples/mnist_deep/data.h"

#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "weir/core/crc32c.h"
#include "weir/core/philox.h"
#include "weir/examples/mnist_deep/drawn_digits.h"
#include "weir/io/idx.h"

extern char** environ;

namespace weir::mnist_deep {
namespace {

struct File {
  const char* name;
  uint32_t crc32c;
};
constexpr File kFiles[] = {
    {"train-images-idx3-ubyte.gz", 0x0510ab2f},
    {"train-labels-idx1-ubyte.gz", 0x026254f1},
    {"t10k-images-idx3-ubyte.gz", 0x54f25867},
    {"t10k-labels-idx1-ubyte.gz", 0x8c7aa6c2},
};
constexpr char kSource[] = "https://storage.googleapis.com/cvdf-datasets/mnist/";

bool HasAll(Env& env, const std::string& directory) {
  return std::all_of(std::begin(kFiles), std::end(kFiles), [&](const File& file) {
    return env.FileExists(JoinPath(directory, file.name));
  });
}

absl::StatusOr<Digits> ReadDigits(Env& env, const std::string& images_path,
                                  const std::string& labels_path) {
  ASSIGN_OR_RETURN(const Tensor pixels, ReadIdx(env, images_path));
  ASSIGN_OR_RETURN(const Tensor classes, ReadIdx(env, labels_path));
  if (pixels.dtype() != DT_UINT8 || pixels.rank() != 3 || pixels.dim(1) != 28 ||
      pixels.dim(2) != 28) {
    return DataLoss(images_path, ": holds ", pixels.ToString(0), ", not uint8 [n,28,28]");
  }
  const int64_t n = pixels.dim(0);
  if (classes.dtype() != DT_UINT8 || classes.shape() != Shape({n})) {
    return DataLoss(labels_path, ": holds ", classes.ToString(0), ", not a label per image");
  }
  Digits digits;
  ASSIGN_OR_RETURN(digits.images, Tensor::Make(DT_FLOAT, Shape({n, 784})));
  ASSIGN_OR_RETURN(digits.labels, Tensor::Zeros(DT_FLOAT, Shape({n, 10})));
  std::transform(pixels.values<uint8_t>().begin(), pixels.values<uint8_t>().end(),
                 digits.images.mutable_data<float>(),
                 [](uint8_t p) { return static_cast<float>(p) * (1.0f / 255.0f); });
  for (int64_t i = 0; i < n; ++i) {
    const uint8_t label = classes.data<uint8_t>()[i];
    if (label > 9) return DataLoss(labels_path, ": label ", int{label}, " at ", i);
    digits.labels.mutable_data<float>()[10 * i + label] = 1;
  }
  return digits;
}

absl::StatusOr<Data> ReadDirectory(Env& env, const std::string& directory) {
  Data data;
  data.source = absl::StrCat("MNIST from ", directory);
  ASSIGN_OR_RETURN(data.train, ReadDigits(env, JoinPath(directory, kFiles[0].name),
                                          JoinPath(directory, kFiles[1].name)));
  ASSIGN_OR_RETURN(data.test, ReadDigits(env, JoinPath(directory, kFiles[2].name),
                                         JoinPath(directory, kFiles[3].name)));
  return data;
}

std::string CacheDirectory() {
  const char* xdg = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  if (xdg != nullptr && *xdg != '\0') return absl::StrCat(xdg, "/weir/mnist");
  return absl::StrCat(home != nullptr ? home : "", "/.cache/weir/mnist");
}

bool Download(const std::string& url, const std::string& path) {
  const char* argv[] = {"curl", "-fsSL", "--connect-timeout", "5",         "--max-time",
                        "120",  "-o",    path.c_str(),        url.c_str(), nullptr};
  pid_t child;
  if (posix_spawnp(&child, "curl", nullptr, nullptr, const_cast<char**>(argv), environ) != 0) {
    return false;
  }
  int status = 0;
  return waitpid(child, &status, 0) == child && status == 0;
}

// Fetches what is missing; a file takes its name only when its checksum is right.
absl::Status FillCache(Env& env, const std::string& directory) {
  RETURN_IF_ERROR(env.CreateDirectories(directory));
  for (const File& file : kFiles) {
    const std::string path = JoinPath(directory, file.name);
    if (env.FileExists(path)) continue;
    const std::string partial = absl::StrCat(path, ".part");
    if (!Download(absl::StrCat(kSource, file.name), partial)) {
      return absl::UnavailableError(absl::StrCat("cannot download ", file.name));
    }
    ASSIGN_OR_RETURN(const std::string content, env.ReadFileToString(partial));
    if (Crc32c(content) != file.crc32c) {
      (void)env.DeleteFile(partial);
      return DataLoss("the download of ", file.name, " has the wrong checksum");
    }
    RETURN_IF_ERROR(env.RenameFile(partial, path));
  }
  return absl::OkStatus();
}

}  // namespace

Digits Digits::Rows(int64_t begin, int64_t end) const {
  return {images.SliceRows(begin, end).value_or(Tensor()),
          labels.SliceRows(begin, end).value_or(Tensor())};
}

absl::StatusOr<Data> LoadData(Env& env, const std::string& directory) {
  if (!directory.empty()) return ReadDirectory(env, directory);
  const char* shared = std::getenv("WEIR_SHARED");
  for (const std::string& candidate :
       {shared != nullptr ? absl::StrCat(shared, "/data") : std::string("../shared/data"),
        CacheDirectory()}) {
    if (HasAll(env, candidate)) return ReadDirectory(env, candidate);
  }
  if (const absl::Status status = FillCache(env, CacheDirectory()); status.ok()) {
    return ReadDirectory(env, CacheDirectory());
  } else {
    std::cerr << status.message() << "; drawing digits instead\n";
  }
  return DrawDigits(20'000, 2'000, /*seed=*/1);
}

void Batches::Shuffle(int64_t epoch) {
  epoch_ = epoch;
  order_.resize(digits_.size());
  for (size_t i = 0; i < order_.size(); ++i) order_[i] = static_cast<int64_t>(i);
  PhiloxWords random(Philox(seed_, static_cast<uint64_t>(epoch)));
  for (size_t i = order_.size(); i > 1; --i) {
    std::swap(order_[i - 1], order_[random.Next() % i]);
  }
}

absl::StatusOr<Digits> Batches::Batch(int64_t step) {
  const int64_t per_epoch = digits_.size() / batch_size_;
  if (per_epoch < 1) return InvalidArgument("a batch of ", batch_size_, " is more than all images");
  if (step / per_epoch != epoch_) Shuffle(step / per_epoch);
  const int64_t first = step % per_epoch * batch_size_;
  Digits batch;
  ASSIGN_OR_RETURN(batch.images, Tensor::Make(DT_FLOAT, Shape({batch_size_, 784})));
  ASSIGN_OR_RETURN(batch.labels, Tensor::Make(DT_FLOAT, Shape({batch_size_, 10})));
  for (int64_t i = 0; i < batch_size_; ++i) {
    const int64_t row = order_[first + i];
    std::copy_n(digits_.images.data<float>() + 784 * row, 784,
                batch.images.mutable_data<float>() + 784 * i);
    std::copy_n(digits_.labels.data<float>() + 10 * row, 10,
                batch.labels.mutable_data<float>() + 10 * i);
  }
  return batch;
}

std::string Picture(const Tensor& images, const std::vector<std::string>& captions) {
  constexpr char kShades[] = " .:-=+*#%@";
  std::string out;
  for (int y = 0; y < 28; y += 2) {  // A character is about twice as high as it is wide.
    for (int64_t i = 0; i < images.dim(0); ++i) {
      const float* image = images.data<float>() + 784 * i;
      for (int x = 0; x < 28; ++x) {
        const float ink = (image[28 * y + x] + image[28 * (y + 1) + x]) / 2;
        out.push_back(kShades[std::clamp(static_cast<int>(ink * 10), 0, 9)]);
      }
      out.push_back(' ');
    }
    out.push_back('\n');
  }
  for (std::string caption : captions) {
    caption.resize(29, ' ');
    out += caption;
  }
  return out + "\n";
}

}  // namespace weir::mnist_deep

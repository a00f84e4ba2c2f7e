#include "weir/runtime/cuda/shared_library.h"

#include <dlfcn.h>

namespace weir {
namespace {

// The loader's words, which begin with the file or its path.
absl::Status LoaderError(const std::string& file) {
  const char* words = dlerror();
  const std::string message = words == nullptr ? "the loader failed" : words;
  if (message.find(file) != std::string::npos) return absl::UnimplementedError(message);
  return Unimplemented(file, ": ", message);
}

}  // namespace

absl::StatusOr<SharedLibrary> SharedLibrary::Open(absl::string_view file) {
  std::string name(file);
  void* const handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return LoaderError(name);
  return SharedLibrary(std::move(name), handle);
}

absl::StatusOr<void*> SharedLibrary::FindSymbol(const char* name) const {
  void* const symbol = dlsym(handle_, name);
  if (symbol == nullptr) return LoaderError(file_);
  return symbol;
}

}  // namespace weir

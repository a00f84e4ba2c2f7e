#ifndef WEIR_RUNTIME_CUDA_SHARED_LIBRARY_H_
#define WEIR_RUNTIME_CUDA_SHARED_LIBRARY_H_

#include <string>

#include "absl/strings/string_view.h"
#include "weir/core/status.h"

namespace weir {

// A library that is opened while the program runs, so that the program starts without it. It stays
// in the process until its end.
class SharedLibrary {
 public:
  // Unimplemented, with the loader's words: "libcudnn.so.9: cannot open shared object file: No such
  // file or directory".
  static absl::StatusOr<SharedLibrary> Open(absl::string_view file);

  // Points `*function` at the library's function `name`.
  template <typename F>
  absl::Status Find(const char* name, F** function) const {
    ASSIGN_OR_RETURN(void* const symbol, FindSymbol(name));
    *function = reinterpret_cast<F*>(symbol);
    return absl::OkStatus();
  }

 private:
  SharedLibrary(std::string file, void* handle) : file_(std::move(file)), handle_(handle) {}
  absl::StatusOr<void*> FindSymbol(const char* name) const;

  std::string file_;
  void* handle_;
};

}  // namespace weir

#endif  // WEIR_RUNTIME_CUDA_SHARED_LIBRARY_H_

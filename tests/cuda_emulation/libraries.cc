#include "weir/tests/cuda_emulation/libraries.h"

#include <mutex>
#include <set>

#include "weir/tests/cuda_emulation/dlfcn.h"

namespace cuda_emulation {
namespace {

struct State {
  std::mutex mu;
  std::set<std::string> removed;
  std::map<std::string, std::pair<int, int>> failures;  // Calls to go, and the status.
  std::map<std::string, int64_t> records;
};

State& state() {
  static State* const state = new State;
  return *state;
}

thread_local std::string last_error;

bool IsRemoved(const std::string& name) {
  std::lock_guard<std::mutex> lock(state().mu);
  return state().removed.contains(name);
}

const Symbols* FindLibrary(const std::string& file) {
  if (IsRemoved(file)) return nullptr;
  if (file == "libcublasLt.so.13") return &CublasLtSymbols();
  if (file == "libcudnn.so.9") return &CudnnSymbols();
  return nullptr;
}

}  // namespace

int InjectedStatus(const char* function) {
  std::lock_guard<std::mutex> lock(state().mu);
  const auto failure = state().failures.find(function);
  if (failure == state().failures.end() || failure->second.first-- != 0) return 0;
  const int status = failure->second.second;
  state().failures.erase(failure);
  return status;
}

void Record(const char* what, int64_t value) {
  std::lock_guard<std::mutex> lock(state().mu);
  state().records[what] = value;
}

void RemoveFromLibraries(const std::string& name) {
  std::lock_guard<std::mutex> lock(state().mu);
  state().removed.insert(name);
}

void FailLibraryCall(const std::string& function, int n, int status) {
  std::lock_guard<std::mutex> lock(state().mu);
  state().failures[function] = {n, status};
}

bool IsFailurePending(const std::string& function) {
  std::lock_guard<std::mutex> lock(state().mu);
  return state().failures.contains(function);
}

int64_t Recorded(const std::string& what) {
  std::lock_guard<std::mutex> lock(state().mu);
  const auto found = state().records.find(what);
  return found == state().records.end() ? -1 : found->second;
}

void ResetLibraries() {
  std::lock_guard<std::mutex> lock(state().mu);
  state().removed.clear();
  state().failures.clear();
  state().records.clear();
}

}  // namespace cuda_emulation

using cuda_emulation::last_error;

void* dlopen(const char* file, int /*mode*/) {
  const cuda_emulation::Symbols* const symbols = cuda_emulation::FindLibrary(file);
  if (symbols == nullptr) {
    last_error = std::string(file) + ": cannot open shared object file: No such file or directory";
  }
  return const_cast<cuda_emulation::Symbols*>(symbols);
}

void* dlsym(void* library, const char* name) {
  const auto& symbols = *static_cast<const cuda_emulation::Symbols*>(library);
  const auto found = symbols.find(name);
  if (found != symbols.end() && !cuda_emulation::IsRemoved(name)) return found->second;
  last_error = std::string("undefined symbol: ") + name;
  return nullptr;
}

const char* dlerror() { return last_error.c_str(); }

#ifndef WEIR_TESTS_CUDA_EMULATION_LIBRARIES_H_
#define WEIR_TESTS_CUDA_EMULATION_LIBRARIES_H_

// The libraries that dlopen finds, and what tests may do to them.

#include <cstdint>
#include <map>
#include <string>

namespace cuda_emulation {

using Symbols = std::map<std::string, void*>;  // A library's functions by their names.
const Symbols& CublasLtSymbols();
const Symbols& CudnnSymbols();

// ---- What the libraries' functions call ----

// The status that a test wants from this call; 0: none.
int InjectedStatus(const char* function);
// Remembers what a call was made of, for tests to look at.
void Record(const char* what, int64_t value);

// ---- What tests call ----

// Takes away a library, by its file, or a function of one, by its name.
void RemoveFromLibraries(const std::string& name);
// The nth call from now on (0: the next) of a library's function answers `status`.
void FailLibraryCall(const std::string& function, int n, int status);
// Whether the call that is to fail is still to come.
bool IsFailurePending(const std::string& function);
// What was recorded last under this name; -1 for nothing.
int64_t Recorded(const std::string& what);
// All is there, nothing fails, and nothing is recorded.
void ResetLibraries();

}  // namespace cuda_emulation

#endif  // WEIR_TESTS_CUDA_EMULATION_LIBRARIES_H_

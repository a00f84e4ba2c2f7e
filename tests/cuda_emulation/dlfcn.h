#ifndef WEIR_TESTS_CUDA_EMULATION_DLFCN_H_
#define WEIR_TESTS_CUDA_EMULATION_DLFCN_H_

// Takes the system header's place for sources that are compiled for the emulation: the libraries
// that can be opened are those of libraries.h.

inline constexpr int RTLD_LOCAL = 0, RTLD_NOW = 2;

void* dlopen(const char* file, int mode);
void* dlsym(void* library, const char* name);
const char* dlerror();

#endif  // WEIR_TESTS_CUDA_EMULATION_DLFCN_H_

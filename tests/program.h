#ifndef WEIR_TESTS_PROGRAM_H_
#define WEIR_TESTS_PROGRAM_H_

// Running the repository's programs as their users do.

#include <cstdint>
#include <string>
#include <vector>

namespace weir {

struct ProgramResult {
  int exit_code = -1;  // Minus the signal's number when one ended the program.
  std::string out, err;
};

struct ProgramOptions {
  std::string out_path;       // Where standard output goes instead, such as "/dev/full".
  bool terminal = false;      // Standard error is a terminal.
  uint64_t memory_bytes = 0;  // The address space that it may take; 0: no limit.
};

// Runs a program that the test has among its `data`, by its path in the repository.
ProgramResult RunProgram(const std::string& program, const std::vector<std::string>& args,
                         const ProgramOptions& options = {});

// A directory of this test alone, empty.
std::string FreshDirectory();

}  // namespace weir

#endif  // WEIR_TESTS_PROGRAM_H_

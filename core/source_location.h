#ifndef WEIR_CORE_SOURCE_LOCATION_H_
#define WEIR_CORE_SOURCE_LOCATION_H_

namespace weir {

// A line of a program. `Current()` as a default argument is the line of the call that left the
// argument out. Stands in for std::source_location, which clang lacks before version 16.
class SourceLocation {
 public:
  static constexpr SourceLocation Current(const char* file = __builtin_FILE(),
                                          int line = __builtin_LINE()) {
    return SourceLocation(file, line);
  }

  constexpr const char* file_name() const { return file_; }
  constexpr int line() const { return line_; }

 private:
  constexpr SourceLocation(const char* file, int line) : file_(file), line_(line) {}

  const char* file_;
  int line_;
};

}  // namespace weir

#endif  // WEIR_CORE_SOURCE_LOCATION_H_

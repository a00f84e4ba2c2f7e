// The example of the README: it is the file that is compiled here, and it runs.

#include <fstream>
#include <sstream>

#include "gtest/gtest.h"
#include "weir/core/tensor.h"

absl::Status Train(absl::Span<const std::pair<weir::Tensor, weir::Tensor>> batches);

namespace weir {
namespace {

std::string Read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(ReadmeExample, IsWhatTheReadmeShows) {
  const std::string example = Read("examples/readme_example.cc");
  ASSERT_FALSE(example.empty());
  EXPECT_NE(Read("README.md").find("```cpp\n" + example + "```\n"), std::string::npos)
      << "README.md shall have examples/readme_example.cc word for word";
}

TEST(ReadmeExample, Trains) {
  const Tensor images = *Tensor::Zeros(DT_FLOAT, Shape({2, 784}));
  const absl::Status status = Train({{images, Tensor::Vector<int64_t>({3, 7})}});
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace
}  // namespace weir

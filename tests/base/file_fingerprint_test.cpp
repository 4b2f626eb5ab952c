// The fingerprint of a file is that of its bytes.
#include "base/file/file_fingerprint.h"

#include <catch2/catch.hpp>
#include <string>

#include "base/file/fingerprint.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {
namespace {

TEST_CASE("a file read in parts has the fingerprint of its bytes, one that cannot be read that of none") {
  const TemporaryFolder folder;
  constexpr std::size_t kPart = 1 << 16;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kPart - 1, kPart, kPart + 1, 2 * kPart}) {
    CAPTURE(size);
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 37 >> 3);
    CHECK(fingerprint_of(folder.write("file", bytes)) == fingerprint(bytes));
  }
  CHECK(fingerprint_of(folder.path() / "missing") == fingerprint({}));
  CHECK(fingerprint_of(folder.path()) == fingerprint({}));
}

}  // namespace
}  // namespace bitbalance::test

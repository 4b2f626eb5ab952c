// Other programs, as this one starts them and hears how they ended.
#include "base/process/child_process.h"

#include <catch2/catch.hpp>
#include <system_error>

#include "base/process/child_input.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("a child process gets its input and hands back what it says") {
  const auto result = run_child({"sh", "-c", "cat; echo wrong >&2; exit 3"}, "text");
  REQUIRE(result);
  CHECK(result->exit_code == 3);
  CHECK(result->out == "text");
  CHECK(result->errors == "wrong\n");
  CHECK(run_child({"sh", "-c", "kill -9 $$"}, "")->exit_code == -1);
}

TEST_CASE("a program that is missing is told from one that the system refuses") {
  const TemporaryFolder folder;
  const std::string missing = (folder.path() / "missing").string(), text = folder.write("text", "").string();
  CHECK_FALSE(run_child({missing}, ""));
  CHECK(ChildInput::start({missing}) == nullptr);
  CHECK_THROWS_AS(run_child({text}, ""), std::system_error);
  CHECK_THROWS_WITH(ChildInput::start({text}), Contains(text));
}

}  // namespace
}  // namespace bitbalance::test

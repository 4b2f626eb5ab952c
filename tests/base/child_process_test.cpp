// Other programs, as this one starts them and hears how they ended.
#include "base/process/child_process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <system_error>

#include "base/process/child_input.h"
#include "base/process/spawn.h"
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

/// The status with which a child ends.
int status_of(pid_t child) {
  int status = 0;
  CHECK(::waitpid(child, &status, 0) == child);
  return status;
}

TEST_CASE("a child's streams are the files that it is given, or lead nowhere") {
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "out").string();
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(file >= 0);
  ChildStreams streams;
  streams.set(STDOUT_FILENO, file);
  streams.drop(STDERR_FILENO);
  const auto child = spawn({"sh", "-c", "echo kept $1; echo dropped >&2; exit 7", "sh", "a  b"}, streams);
  ::close(file);
  REQUIRE(child);
  CHECK(exit_code_of(status_of(*child)) == 7);
  CHECK(text_of(path) == "kept a b\n");  // the shell of the command, not one around it, split the words
}

TEST_CASE("the exit code of a child that a signal ended is -1") {
  const auto child = spawn({"sh", "-c", "kill -9 $$"}, ChildStreams());
  REQUIRE(child);
  CHECK(exit_code_of(status_of(*child)) == -1);
  CHECK_FALSE(spawn({"no such program"}, ChildStreams()));
}

}  // namespace
}  // namespace bitbalance::test

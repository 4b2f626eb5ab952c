// run.sh as a user meets it. Stand-ins for CMake and the command tell what they are called with.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "base/text/shell_word.h"
#include "tests/support/command_child.h"

namespace bitbalance::test {
namespace {

namespace fs = std::filesystem;

class StandIns : public TemporaryFolder {
 public:
  StandIns() {
    for (const char* const name : {"project/cmake", "project/build/release", "bin", "elsewhere"})
      fs::create_directories(path() / name);
    for (const char* const name : {"run.sh", "cmake/setup.sh"})
      fs::copy_file(fs::path(BITBALANCE_SOURCE_DIR) / name, path() / "project" / name);
    write("project/packages.txt", "# one that is always there\nbash\n");
    write("project/build/release/build.ninja", "");
    script("project/build/release/bitbalance", R"sh(echo "in $(pwd): $*")sh");
    script("bin/cmake", R"sh(echo "cmake in $(pwd)" >&2)sh");
    fs::create_symlink(path() / "project/run.sh", path() / "bin/run-it");
  }

  /// What a shell in the folder `elsewhere` prints; stdout alone.
  std::string printed(const std::string& command) const {
    const fs::path out = path() / "out";
    const std::string whole = "cd " + shell_word((path() / "elsewhere").string()) +
                              " && PATH=" + shell_word((path() / "bin").string()) + ":$PATH " + command +
                              " >" + shell_word(out.string()) + " 2>/dev/null";
    CHECK(std::system(whole.c_str()) == 0);
    return text_of(out);
  }

 private:
  void script(const std::string& name, const std::string& body) const {
    const fs::path file = write(name, "#!/bin/sh\n" + body + "\n");
    ::chmod(file.c_str(), 0755);
  }
};

TEST_CASE("run.sh builds in its own folder and runs in the caller's, where files and results are") {
  const StandIns folder;
  const std::string here = fs::canonical(folder.path()).string();
  CHECK(folder.printed("../project/run.sh own.yaml --level tlm") ==
        "in " + here + "/elsewhere: run own.yaml --level tlm\n");
  const std::string fashion = "run " + here + "/project/scenarios/fashion.yaml";
  CHECK(folder.printed("../project/run.sh") == "in " + here + "/elsewhere: " + fashion + "\n");
  CHECK(folder.printed("run-it --images 1") == "in " + here + "/elsewhere: " + fashion + " --images 1\n");
  CHECK(folder.printed("CDPATH=/:.. bash " + here + "/project/run.sh x.onnx") ==
        "in " + here + "/elsewhere: run x.onnx\n");
}

}  // namespace
}  // namespace bitbalance::test

// FST files are whole or not there, though another program writes them.
#include "testbench/waveform/fst_sink.h"

#include <sys/stat.h>
#include <unistd.h>

#include <bitset>
#include <catch2/catch.hpp>
#include <csignal>
#include <random>

#include "tests/support/child.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;
namespace fs = std::filesystem;

constexpr const char* kSmallVcd =
    "$timescale 1 ps $end\n$var wire 1 a x $end\n$enddefinitions $end\n#0\n1a\n#5\n0a\n#9\n";

TEST_CASE("an FST takes the place of what a link means, once it is whole, and of no pipe") {
  const TemporaryFolder temporary;
  const fs::path& folder = temporary.path();
  const fs::path file = temporary.write("target.fst", "earlier");
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("target.fst", folder / "link.fst");
  {
    FstSink unfinished(folder / "link.fst");
    unfinished.write(kSmallVcd);
    constexpr std::size_t kAll = 4;  // with what vcd2fst writes, two files
    for (int wait = 0; wait < 5000 && temporary.entries() < kAll; ++wait) ::usleep(1000);
  }
  CHECK(temporary.entries() == 2);
  CHECK(text_of(file) == "earlier");
  FstSink sink(folder / "link.fst");
  sink.write(kSmallVcd);
  sink.close();
  CHECK(is_whole_fst(file));
  CHECK(fs::is_symlink(folder / "link.fst"));
  CHECK(fs::status(file).permissions() == (fs::perms::owner_read | fs::perms::owner_write));

  REQUIRE(::mkfifo((folder / "pipe.fst").c_str(), 0600) == 0);
  CHECK_THROWS_WITH(FstSink(folder / "pipe.fst"), Contains("pipe.fst: cannot be replaced"));
  CHECK(fs::is_fifo(folder / "pipe.fst"));
  CHECK(temporary.entries() == 3);
}

TEST_CASE("an FST that does not fit is an error, which vcd2fst does not tell") {
  const TemporaryFolder temporary;
  const fs::path& folder = temporary.path();
  CHECK_THAT(in_child([&] {
               std::signal(SIGXFSZ, SIG_IGN);
               limit(RLIMIT_FSIZE, 4096);
               FstSink sink(folder / "a.fst");
               std::string text = "$timescale 1 ps $end\n$var wire 64 a x $end\n$enddefinitions $end\n";
               std::mt19937_64 random(1);
               for (int time = 0; time < 5000; ++time)
                 text += "#" + std::to_string(time) + "\nb" + std::bitset<64>(random()).to_string() + " a\n";
               sink.write(text);
               try {
                 sink.close();
               } catch (const std::runtime_error& error) {
                 return std::string(error.what());
               }
               return std::string("closed");
             }),
             Contains("a.fst: vcd2fst did not write all of it"));
}

}  // namespace
}  // namespace bitbalance::test

#include "tlm/platform/elf_file.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/temporary_folder.h"

using namespace bitbalance;
using namespace bitbalance::platform;

namespace {

const std::filesystem::path kFirmware =
    std::filesystem::path(BITBALANCE_SOURCE_DIR) / "tlm/platform/firmware/firmware.elf";

std::string contents() {
  std::ifstream stream(kFirmware, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

TEST_CASE("the firmware's file has code where the processor starts") {
  const ElfFile file = read_elf(kFirmware);
  CHECK(file.entry == 0x20000000);
  REQUIRE(!file.segments.empty());
  CHECK(file.segments.front().address == file.entry);
}

TEST_CASE(
    "a firmware file that is cut off or damaged ends in an error of one line or in fewer bytes, never in a "
    "crash") {
  const bitbalance::test::TemporaryFolder folder;
  const std::string whole = contents();
  const std::filesystem::path damaged = folder.path() / "damaged.elf";
  const auto read = [&](const std::string& bytes) {
    std::ofstream(damaged, std::ios::binary) << bytes;
    try {
      read_elf(damaged);
    } catch (const std::invalid_argument& error) {
      CHECK(std::string(error.what()).find(damaged.string()) == 0);
      return false;
    }
    return true;
  };
  REQUIRE(read(whole));
  CHECK(!read(""));
  CHECK(!read(whole.substr(0, 100)));
  CHECK(!read(whole.substr(0, 5000)));
  for (std::size_t at = 0; at < 0x100; ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(~changed[at]);
    read(changed);
  }
  CHECK_THROWS_WITH(read_elf(folder.path() / "none.elf"),
                    (folder.path() / "none.elf").string() + ": no such file; accepted: an ELF file");
  CHECK_THROWS_WITH(read_elf(folder.path()), folder.path().string() + ": a folder; accepted: an ELF file");
}

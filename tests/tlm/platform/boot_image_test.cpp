#include "tlm/platform/boot_image.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/support/stored_case.h"

using namespace bitbalance;
using namespace bitbalance::platform;
using bitbalance::stored::StoredProgram;
using bitbalance::test::make_stored_case;

namespace {

std::vector<std::uint8_t> bytes_at(const BootImage& image, std::uint64_t address, std::size_t bytes) {
  const auto begin = image.dram.begin() + static_cast<std::ptrdiff_t>(address - PLATFORM_DRAM_BASE);
  return {begin, begin + static_cast<std::ptrdiff_t>(bytes)};
}

StoredProgram with_images_of(StoredProgram program, const StoredProgram& other) {
  program.batch = other.batch;
  program.images = other.images;
  return program;
}

}  // namespace

TEST_CASE("programs, images and labels lie where the table says, apart from each other") {
  const StoredProgram one = make_stored_case(1);
  const StoredProgram other = with_images_of(make_stored_case(2), one);
  const BootImage image = make_boot_image({&one, &other, &one}, {});
  const boot_table& table = image.table;
  REQUIRE(table.accelerators == 3);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> regions;  // begin, bytes
  const StoredProgram* const programs[] = {&one, &other, &one};
  for (int i = 0; i < 3; ++i) {
    CAPTURE(i);
    const boot_program& boot = table.program[i];
    const StoredProgram& program = *programs[i];
    CHECK(boot.config_hash == config_hash(program.accelerator));
    CHECK(bytes_at(image, boot.constants, boot.constants_bytes) == program.constants);
    CHECK(bytes_at(image, boot.inputs, program.inputs.size()) == program.inputs);
    CHECK(boot.output.offset == program.output_tensor().offset);
    regions.emplace_back(boot.data, boot.data_bytes);
    if (i == 2) continue;
    regions.emplace_back(boot.constants, boot.constants_bytes);
    regions.emplace_back(boot.inputs, program.inputs.size());
  }
  CHECK(table.program[0].constants == table.program[2].constants);
  CHECK(table.program[0].inputs == table.program[2].inputs);
  regions.emplace_back(table.labels, 4 * table.images);
  regions.emplace_back(table.predictions, 4 * table.images);
  regions.emplace_back(image.table_address, sizeof table);
  std::sort(regions.begin(), regions.end());
  for (std::size_t i = 0; i + 1 < regions.size(); ++i)
    CHECK(regions[i].first + regions[i].second <= regions[i + 1].first);
  CHECK(regions.back().first + regions.back().second <= PLATFORM_DRAM_BASE + image.dram.size());
}

TEST_CASE("what the firmware cannot run is refused in one line") {
  const StoredProgram program = make_stored_case(1);
  StoredProgram other = program;
  std::vector<const StoredProgram*> programs = {&program, &other};
  std::string accepted;
  SECTION("work for the host that changes the class") {
    other.host_layers = {{"norm", "lrn"}};
    accepted = "layer norm (lrn) runs on the host; accepted: ";
  }
  SECTION("another number of images") {
    other.images += other.batch;
    accepted = " accepted: the same for all accelerators";
  }
  SECTION("more accelerators than there are places") {
    programs.assign(PLATFORM_MAX_ACCELERATORS + 1, &program);
    accepted = "9 accelerators; accepted: 1 to 8";
  }
  SECTION("no accelerator") {
    programs.clear();
    accepted = "0 accelerators; accepted: 1 to 8";
  }
  SECTION("more than the DRAM's addresses hold") {
    other.data_bytes = 0xf000'0000;
    accepted = "accepted: fewer images or accelerators";
  }
  CHECK_THROWS_WITH(make_boot_image(programs, {}), Catch::Contains(accepted));
}

TEST_CASE("the class is the index of the largest element, with its sign, of equals the first") {
  StoredProgram program;
  program.tensors.resize(1);
  program.tensors[0].shape = {3, 1, 1};
  program.expected = {0xff, 0x01, 0x01, /* the next image */ 0x80, 0xff, 0x7f};
  CHECK(expected_class(program, 0) == 1);
  CHECK(expected_class(program, 1) == 2);
  program.tensors[0].is_signed = false;
  CHECK(expected_class(program, 0) == 0);
  CHECK(expected_class(program, 1) == 1);
  program.tensors[0].is_signed = true;
  program.tensors[0].bits = 16;
  CHECK(expected_class(program, 0) == 2);  // 0x01ff, 0x8001, 0x7fff
}

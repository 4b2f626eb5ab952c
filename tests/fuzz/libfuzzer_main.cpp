// libFuzzer drives a format's reader: it keeps the inputs that reach new code. Start it with a folder of its
// own and -max_len=65536; valid files come from the target itself.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <systemc>

#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/mutation.h"
#include "tests/fuzz/refusal.h"

using namespace bitbalance::fuzz;

namespace {

struct Fuzzed {
  std::unique_ptr<FuzzTarget> target = make_target();
  std::vector<std::string> seeds = target->seeds();
  std::vector<std::string> words = target->words();
};

Fuzzed& fuzzed() {
  static Fuzzed all;
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  try {
    fuzzed().target->read(bytes);
  } catch (const std::exception& refusal) {
    const std::string fault = fault_of(refusal, bytes);
    if (fault.empty()) return 0;
    std::fprintf(stderr, "%s\n", fault.c_str());
    std::abort();
  }
  return 0;
}

/// One of ours, a valid file among them, or one of libFuzzer's.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  Random random(seed);
  const std::vector<std::string>& seeds = fuzzed().seeds;
  const std::string& valid = seeds[below(seeds.size(), random)];
  std::string bytes(reinterpret_cast<const char*>(data), size);
  switch (below(8, random)) {
    case 0:
      bytes = valid;
      break;
    case 1:
    case 2:
    case 3:
      bytes = fuzzed().target->damage(std::move(bytes), random);
      break;
    case 4:
      bytes = mutate(std::move(bytes), valid, fuzzed().words, random);
      break;
    default:
      return LLVMFuzzerMutate(data, size, most);
  }
  size = std::min(bytes.size(), most);
  std::memcpy(data, bytes.data(), size);
  return size;
}

int sc_main(int /*argc*/, char* /*argv*/[]) {
  return 0;  // libFuzzer has the main function
}

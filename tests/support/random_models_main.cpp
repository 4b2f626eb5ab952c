// Writes random models with an input and what the float evaluator makes of it, for other runtimes to be held
// against: random_models FOLDER COUNT, then docs/tools/onnxruntime_random.mjs FOLDER.
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/output_file.h"
#include "quant/eval/evaluator.h"
#include "quant/onnx/import.h"
#include "tests/support/random_model.h"

namespace {

void write(const std::filesystem::path& file, const std::vector<float>& values) {
  bitbalance::write_file(file, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  const int count = std::atoi(argv[2]);
  for (int seed = 0; seed < count; ++seed) {
    const auto model = bitbalance::test::make_random_model(static_cast<std::uint64_t>(seed));
    const std::filesystem::path stem = folder / std::to_string(seed);
    const std::string name = stem.string();
    bitbalance::write_file(name + ".onnx", model.onnx);
    const bitbalance::ir::Network network = bitbalance::onnx_io::import_onnx(name + ".onnx");
    write(name + ".input", model.images.front());
    write(name + ".output", bitbalance::eval::Evaluator(network).run(model.images.front()));
  }
}

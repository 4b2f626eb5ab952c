// Writes random models with an input and the outputs that the float evaluator makes of it, for other runtimes
// to be held against: random_models [--graphs] FOLDER COUNT [FIRST], then docs/tools/onnxruntime_random.mjs
// FOLDER. With --graphs those of random_graph.h.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "base/file/output_file.h"
#include "quant/eval/evaluator.h"
#include "quant/onnx/import.h"
#include "tests/support/random/random_graph.h"
#include "tests/support/random/random_model.h"

namespace {

void write(const std::filesystem::path& file, const std::vector<float>& values) {
  bitbalance::write_file(file, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  const bool are_graphs = !words.empty() && words.front() == "--graphs";
  if (are_graphs) words.erase(words.begin());
  if (words.size() != 2 && words.size() != 3) {
    std::fputs("usage: random_models [--graphs] FOLDER COUNT [FIRST]\n", stderr);
    return 2;
  }
  const std::filesystem::path folder = words[0];
  std::filesystem::create_directories(folder);
  const std::uint64_t first = words.size() == 3 ? std::stoull(words[2]) : 0,
                      end = first + std::stoull(words[1]);
  int exit_code = 0;
  for (std::uint64_t seed = first; seed < end; ++seed) {
    const auto model =
        are_graphs ? bitbalance::test::make_random_graph(seed) : bitbalance::test::make_random_model(seed);
    const std::string name = (folder / std::to_string(seed)).string();
    bitbalance::write_file(name + ".onnx", model.onnx);
    write(name + ".input", model.images.front());
    try {
      const bitbalance::ir::Network network = bitbalance::onnx_io::import_onnx(name + ".onnx");
      bitbalance::eval::Evaluator evaluator(network);
      evaluator.run(model.images.front());
      std::vector<float> outputs;
      for (const bitbalance::ir::Output& output : network.outputs) {
        const std::vector<float>& values = evaluator.values(output.tensor);
        outputs.insert(outputs.end(), values.begin(), values.end());
      }
      write(name + ".output", outputs);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s.onnx (%s): %s\n", name.c_str(), model.order.c_str(), error.what());
      exit_code = 1;
    }
  }
  return exit_code;
}

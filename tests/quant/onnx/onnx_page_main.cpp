// Prints docs/onnx.md: onnx_conformance > docs/onnx.md
#include <fmt/format.h>

#include "tests/quant/onnx/conformance.h"

int main() {
  fmt::print("{}", bitbalance::onnx_page(bitbalance::run_conformance(BITBALANCE_ONNX_TESTS)));
}

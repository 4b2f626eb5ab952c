// Prints docs/onnx.md: onnx_conformance > docs/onnx.md
#include <fmt/format.h>

#include "tests/quant/onnx/conformance/conformance.h"

int main() {
  fmt::print("{}", bitbalance::test::onnx_page(bitbalance::test::run_conformance(BITBALANCE_ONNX_TESTS)));
}

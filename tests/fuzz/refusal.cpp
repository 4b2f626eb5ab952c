#include "tests/fuzz/refusal.h"

#include <algorithm>
#include <stdexcept>
#include <typeinfo>

namespace bitbalance::fuzz {

std::string fault_of(const std::exception& refusal, const std::string& bytes) {
  const std::string text = refusal.what();
  if (dynamic_cast<const std::invalid_argument*>(&refusal) == nullptr)
    return std::string(typeid(refusal).name()) + ": " + text;
  if (text.empty()) return "a refusal without a word";
  if (std::any_of(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }))
    return "a refusal of several lines: " + text;
  for (const char* foreign :
       {"json.exception", "yaml-cpp", "_M_", "::at", "stoi", "basic_string", "protobuf"})
    if (text.find(foreign) != std::string::npos && bytes.find(foreign) == std::string::npos)
      return "a library's own words: " + text;
  return {};
}

}  // namespace bitbalance::fuzz

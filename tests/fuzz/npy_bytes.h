// NPY files as numpy.save() writes them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/support/names.h"

namespace bitbalance::fuzz {

/// `type` as numpy spells it: "<f4". The data are small numbers of any type.
inline std::string npy_bytes(const std::string& type, const std::string& shape, std::size_t bytes) {
  constexpr std::size_t kPeriod = 7;
  const std::string header =
      "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }        \n";
  std::string file = "\x93NUMPY";
  file += {1, 0, static_cast<char>(header.size()), 0};
  file += header;
  for (std::size_t i = 0; i < bytes; ++i) file += static_cast<char>(i % kPeriod);
  return file;
}

/// Words that mean something in a header.
inline std::vector<std::string> npy_words() {
  return {"'descr': ",  "'fortran_order': False",
          "'shape': (", "True",
          "),",         "<",
          ">",          "|",
          "f2",         "f4",
          "f8",         "i1",
          "i8",         "u4",
          "b1",         "\x93NUMPY"};
}

}  // namespace bitbalance::fuzz

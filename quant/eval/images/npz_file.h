// Arrays in NPZ files of NumPy (numpy.savez): ZIP archives of NPY files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>

#include "quant/eval/names.h"

namespace bitbalance::eval {

/// A file that is read from its beginning to its end, once.
struct ByteStream {
  std::unique_ptr<std::istream> stream;
  std::int64_t size = 0;  ///< bytes
};

/// Is it an archive's array, named as if the archive were a folder ("data.npz/images")?
bool is_in_archive(const std::filesystem::path& place);

/// The NPY file of that array; of the archive itself that of its only one. Throws std::invalid_argument, one
/// line with the archive's name: no archive, no such array, several without a name. The stream throws it for
/// damaged data.
ByteStream open_npz(const std::filesystem::path& place);

}  // namespace bitbalance::eval

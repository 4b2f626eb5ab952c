// The classes of images: numbers of an array file, or a text file of numbers or names.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "quant/eval/names.h"

namespace bitbalance::eval {

/// A name per line, UTF-8: line i (from 0) is class i. Throws std::invalid_argument, naming file and line,
/// for an empty line, a name given twice, and text that is not UTF-8.
std::vector<std::string> read_class_names(const std::filesystem::path& file);

/// The class of each image: of an array file (IDX, NPY) with one extent, or of a text file with a number or
/// one of `names` per line. Throws std::invalid_argument, naming the file and the label, for what is neither.
std::vector<int> read_labels(const std::filesystem::path& file, const std::vector<std::string>& names = {});

}  // namespace bitbalance::eval

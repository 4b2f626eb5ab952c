// How right a network is: classes of images, or lines of text that it reads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace bitbalance {

enum class AccuracyMetric {
  kTop1,                ///< share of images whose class is right; more is better
  kCharacterErrorRate,  ///< edits per character of the true text; less is better
};
const char* to_string(AccuracyMetric metric);

struct Accuracy {
  AccuracyMetric metric = AccuracyMetric::kTop1;
  std::optional<double> reference;  ///< of the float network, if there is one
  double quantized = 0;             ///< of the accelerator's own outputs
  int samples = 0;
  int exact_reference = 0, exact_quantized = 0;  ///< lines without any error, for the character error rate
};

/// Reading lines of text with a network that tells a character (or a blank) for each step along the line.
struct TextTask {
  std::vector<std::u32string> texts;  ///< the true ones, one per image
  std::u32string characters;          ///< of the classes from 1 on; class 0 is the blank

  /// Greedy decoding of connectionist temporal classification (Graves et al., ICML 2006): repeated classes
  /// are one, blanks none. Spaces at both ends are margins of the image and left out.
  std::u32string read(const std::vector<int>& classes) const;
};

/// Texts and dictionary, UTF-8, one text or character a line; a space is added as the last character. Throws
/// std::invalid_argument naming file and line: missing, empty, or not UTF-8.
TextTask read_text_task(const std::filesystem::path& texts, const std::filesystem::path& dictionary);

/// Least number of characters to insert, delete and replace (Levenshtein).
int edit_distance(const std::u32string& a, const std::u32string& b);

struct TextScore {
  double character_error_rate = 0;  ///< all edits / all characters of the true texts
  int exact_lines = 0;
};

/// Of the first texts, as many as there are decisions. Precondition: at least one, no more than texts.
TextScore score(const TextTask& task, const std::vector<std::vector<int>>& decisions);

}  // namespace bitbalance

// How right a network is: classes of images, or lines of text that it reads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/process/parallel.h"
#include "quant/eval/images/image_set.h"
#include "testbench/golden/names.h"

namespace bitbalance::golden {

enum class AccuracyMetric {
  kTop1,                ///< share of images whose class is right; more is better
  kCharacterErrorRate,  ///< edits per character of the true text; less is better
};
const char* to_string(AccuracyMetric metric);

struct Accuracy {
  AccuracyMetric metric = AccuracyMetric::kTop1;
  std::optional<double> reference;  ///< of the float network, if there is one
  double quantized = 0;             ///< of outputs as they are written, see OutputCheck
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
/// std::invalid_argument naming the file, and the line where it is one's: missing, empty, not UTF-8, a line
/// without text, an entry of the dictionary that is not one character.
TextTask read_text_task(const std::filesystem::path& texts, const std::filesystem::path& dictionary);

/// Least number of characters to insert, delete and replace (Levenshtein).
int edit_distance(const std::u32string& a, const std::u32string& b);

/// Decisions of one image each: for a class one, for a line of text one a step along the line.
using Decisions = std::vector<std::vector<int>>;

struct TextScore {
  double character_error_rate = 0;  ///< all edits / all characters of the true texts
  int exact_lines = 0;
};

/// Of the first texts, as many as there are decisions. Precondition: at least one, no more than texts.
TextScore score(const TextTask& task, const Decisions& decisions);

/// What a network is to say of its images.
struct Task {
  std::vector<int> labels;            ///< classes, one per image; none: unknown, or `text`
  std::optional<TextTask> text = {};  ///< what the images show, one line each
  int classes = 1;                    ///< elements of the output that make one decision

  bool has_truth() const { return !labels.empty() || text; }

  /// By the outputs that evaluate(image) gives, of each image 0 .. count - 1, on `threads` threads as in
  /// parallel_for; `progress` is told the share that is done, 0..1.
  template <typename Evaluate>
  Decisions decide(int count, const Evaluate& evaluate, int threads,
                   const std::function<void(double)>& progress) const;

  /// How right decisions are, of the first images, as many as there are decisions; `reference` are those of
  /// the float network, if there are any. None without truth or decisions.
  std::optional<Accuracy> judge(const Decisions& decisions, const Decisions& reference) const;
};

template <typename Evaluate>
Decisions Task::decide(int count, const Evaluate& evaluate, int threads,
                       const std::function<void(double)>& progress) const {
  constexpr int kImagesBetweenReports = 64;
  Decisions result(count);
  for (int first = 0; first < count; first += kImagesBetweenReports) {
    progress(static_cast<double>(first) / count);
    parallel_for(std::min(kImagesBetweenReports, count - first), threads,
                 [&](int i) { result[first + i] = decisions(evaluate(first + i), classes); });
  }
  progress(1);
  return result;
}

}  // namespace bitbalance::golden

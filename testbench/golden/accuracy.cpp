#include "testbench/golden/accuracy.h"
#include "base/quotient.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/locale/encoding_utf.hpp>
#include <fstream>
#include <numeric>
#include <stdexcept>

namespace bitbalance::golden {
namespace {

namespace conv = boost::locale::conv;

std::vector<std::u32string> read_lines(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::vector<std::u32string> lines;
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();  // of Windows' line ends
    try {
      lines.push_back(conv::utf_to_utf<char32_t>(line, conv::stop));
    } catch (const conv::conversion_error&) {
      throw std::invalid_argument(
          fmt::format("{}:{}: not UTF-8; accepted: UTF-8", file.string(), lines.size() + 1));
    }
  }
  if (lines.empty())
    throw std::invalid_argument(fmt::format("{}: empty; accepted: lines of text", file.string()));
  return lines;
}

}  // namespace

const char* to_string(AccuracyMetric metric) {
  switch (metric) {
    case AccuracyMetric::kTop1:
      return "top1";
    case AccuracyMetric::kCharacterErrorRate:
      return "character_error_rate";
  }
  return "?";
}

TextTask read_text_task(const std::filesystem::path& texts, const std::filesystem::path& dictionary) {
  TextTask task;
  task.texts = read_lines(texts);
  const auto empty = std::find(task.texts.begin(), task.texts.end(), U"");
  if (empty != task.texts.end()) {  // an error rate has characters to divide by
    throw std::invalid_argument(fmt::format("{}:{}: an empty line; accepted: a text", texts.string(),
                                            empty - task.texts.begin() + 1));
  }
  for (const std::u32string& line : read_lines(dictionary)) {
    if (line.size() != 1) {
      throw std::invalid_argument(fmt::format("{}:{}: {} characters; accepted: one", dictionary.string(),
                                              task.characters.size() + 1, line.size()));
    }
    task.characters += line;
  }
  task.characters += U' ';
  return task;
}

std::u32string TextTask::read(const std::vector<int>& classes) const {
  std::u32string text;
  int last = 0;
  for (const int found : classes) {
    if (found != last && found != 0) text += characters.at(found - 1);
    last = found;
  }
  const std::size_t first = text.find_first_not_of(U' ');
  if (first == std::u32string::npos) return {};
  return text.substr(first, text.find_last_not_of(U' ') - first + 1);
}

int edit_distance(const std::u32string& a, const std::u32string& b) {
  std::vector<int> row(b.size() + 1);  // distances of a's first characters to all beginnings of b
  std::iota(row.begin(), row.end(), 0);
  for (const char32_t character : a) {
    int diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const int replaced = diagonal + (character == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j + 1] + 1, row[j] + 1, replaced});
    }
  }
  return row.back();
}

TextScore score(const TextTask& task, const Decisions& decisions) {
  TextScore result;
  std::size_t edits = 0, characters = 0;
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    const int distance = edit_distance(task.read(decisions[i]), task.texts[i]);
    edits += distance;
    characters += task.texts[i].size();
    if (distance == 0) ++result.exact_lines;
  }
  result.character_error_rate = quotient(static_cast<double>(edits), static_cast<double>(characters));
  return result;
}

std::optional<Accuracy> Task::judge(const Decisions& decisions, const Decisions& reference) const {
  if (decisions.empty() || !has_truth()) return std::nullopt;
  Accuracy result;
  result.samples = static_cast<int>(decisions.size());
  if (text) {
    const TextScore quantized = score(*text, decisions);
    result.metric = AccuracyMetric::kCharacterErrorRate;
    result.quantized = quantized.character_error_rate;
    result.exact_quantized = quantized.exact_lines;
    if (reference.empty()) return result;
    const TextScore of_float = score(*text, reference);
    result.reference = of_float.character_error_rate;
    result.exact_reference = of_float.exact_lines;
    return result;
  }
  const auto share = [&](const Decisions& of) {
    std::vector<int> predictions(of.size());
    std::transform(of.begin(), of.end(), predictions.begin(),
                   [](const auto& image) { return image.front(); });
    return accuracy(predictions, labels);
  };
  result.quantized = share(decisions);
  if (!reference.empty()) result.reference = share(reference);
  return result;
}

}  // namespace bitbalance::golden

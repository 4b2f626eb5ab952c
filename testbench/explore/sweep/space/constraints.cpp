#include "testbench/explore/sweep/space/constraints.h"

#include <fmt/format.h>
#include <muParser.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "base/text/nearest_word.h"
#include "base/text/number.h"
#include "testbench/scenario/settings/rational.h"

namespace bitbalance::explore {
namespace {

constexpr const char* kNameCharacters = "0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.[]$";
/// Ahead of a word that begins with a digit, which muParser would take for a number.
constexpr char kWordMark = '$';
/// Of words: no setting has such a number.
constexpr double kFirstWord = -1e15;

[[noreturn]] void refuse(const PlacedText& expression, const std::string& what) {
  throw SettingsError(fmt::format("{}: '{}': {}", expression.place, expression.text, what));
}

/// muParser would assign, and a constraint with one "=" too few would hold for every point.
bool has_assignment(const std::string& text) {
  for (std::size_t at = text.find('='); at != std::string::npos; at = text.find('=', at + 1)) {
    const char before = at > 0 ? text[at - 1] : ' ', after = at + 1 < text.size() ? text[at + 1] : ' ';
    if (after != '=' && std::string_view("=!<>").find(before) == std::string_view::npos) return true;
  }
  return false;
}

/// The expression with marks, for muParser.
std::string marked(const std::string& text) {
  const std::string_view characters = kNameCharacters;
  const auto is_of_name = [&](std::size_t at) {
    return at < text.size() && characters.find(text[at]) != std::string_view::npos;
  };
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (is_of_name(end)) ++end;
    if (end > at && text[at] >= '0' && text[at] <= '9') {
      char* number_end = nullptr;
      std::strtod(&text[at], &number_end);
      const auto after = static_cast<std::size_t>(number_end - text.data());
      if (is_of_name(after)) {
        result += kWordMark;
      } else {
        end = after;  // as 1e-5
      }
    }
    end = std::max(end, at + 1);
    result += text.substr(at, end - at);
    at = end;
  }
  return result;
}

std::string did_you_mean(const std::string& name, const EffectiveSettings& settings) {
  std::vector<std::string> known(settings.words.begin(), settings.words.end());
  for (const EffectiveSetting& setting : settings.settings) known.push_back(setting.path);
  return suggestion(name, known);
}

}  // namespace

Constraints::Constraints(const std::vector<PlacedText>& expressions) {
  for (const PlacedText& text : expressions) {
    Expression& expression = expressions_.emplace_back();
    expression.given = text;
    expression.parser = std::make_unique<mu::Parser>();
    mu::Parser& parser = *expression.parser;
    if (has_assignment(text.text)) refuse(text, "an assignment; accepted: a comparison, ==");
    if (text.text.find(kWordMark) != std::string::npos)
      refuse(text, fmt::format("'{}'; accepted: names of settings and words that they can be", kWordMark));
    try {
      parser.DefineNameChars(kNameCharacters);
      parser.DefineInfixOprt("!", [](double value) { return value == 0 ? 1.0 : 0.0; });
      parser.SetVarFactory(&place_of_value, &expression);
      parser.SetExpr(marked(text.text));
      parser.Eval();  // asks for all names
    } catch (const mu::Parser::exception_type& error) {
      refuse(text, fmt::format("no expression: {}", error.GetMsg()));
    }
  }
}

Constraints::~Constraints() = default;

double* Constraints::place_of_value(const char* name, void* expression) {
  return &static_cast<Expression*>(expression)->names[name];
}

double Constraints::number_of_word(const std::string& word) {
  return words_.emplace(word, kFirstWord - static_cast<double>(words_.size())).first->second;
}

double Constraints::value_of(const std::string& given, const Expression& expression,
                             const EffectiveSettings& settings) {
  const std::string name = given.front() == kWordMark ? given.substr(1) : given;
  const bool is_setting = name.find('.') != std::string::npos;
  if (!is_setting) {
    if (name == "true" || name == "false") return name == "true" ? 1 : 0;
    if (settings.words.count(name) != 0) return number_of_word(name);
  }
  const EffectiveSetting* const setting = is_setting ? settings.find(name) : nullptr;
  if (setting == nullptr) {
    refuse(expression.given,
           fmt::format("{}: unknown{}; accepted: settings of the point, as accelerator.rows, and "
                       "words that they can be",
                       name, did_you_mean(name, settings)));
  }
  if (const auto number = real_number(setting->text)) return *number;
  if (const auto number = parse_rational(setting->text)) return boost::rational_cast<double>(*number);
  if (setting->text == "true" || setting->text == "false") return setting->text == "true" ? 1 : 0;
  return number_of_word(setting->text);
}

bool Constraints::hold_for(const EffectiveSettings& settings) {
  for (Expression& expression : expressions_) {
    for (auto& [name, value] : expression.names) value = value_of(name, expression, settings);
    const double holds = expression.parser->Eval();
    if (!std::isfinite(holds)) refuse(expression.given, "not a number; accepted: a number at every point");
    if (holds == 0) return false;
  }
  return true;
}

}  // namespace bitbalance::explore

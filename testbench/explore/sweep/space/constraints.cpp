#include "testbench/explore/sweep/space/constraints.h"

#include <fmt/format.h>
#include <muParser.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <functional>
#include <string_view>
#include <vector>

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

/// a < b < c: muParser would compare the 0 or 1 of a < b.
bool chains_comparisons(const std::string& text) {
  // Of each bracket that is open, since the last operator that joins them.
  std::vector<int> comparisons = {0};
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char here = text[at], after = at + 1 < text.size() ? text[at + 1] : ' ';
    if (here == '(') comparisons.push_back(0);
    if (here == ')' && comparisons.size() > 1) comparisons.pop_back();
    if (std::string_view("&|?:,").find(here) != std::string_view::npos) comparisons.back() = 0;
    const bool has_equals = after == '=';
    if (here != '<' && here != '>' && !(has_equals && (here == '=' || here == '!'))) continue;
    if (++comparisons.back() > 1) return true;
    if (has_equals) ++at;
  }
  return false;
}

/// Ends an evaluation.
struct NoNumber : std::exception {};

double number(double value) {
  if (!std::isfinite(value)) throw NoNumber();
  return value;
}

template <class Operation>
double operate(double left, double right) {
  return number(Operation()(number(left), number(right)));
}

struct Power {
  double operator()(double base, double exponent) const { return std::pow(base, exponent); }
};

struct Operator {
  const char* sign;
  double (*of)(double left, double right);
  int priority;
};

/// In the place of muParser's own, to which infinity is a number: 16 / 0 > 1 would hold.
constexpr Operator kOperators[] = {
    {"||", &operate<std::logical_or<double>>, mu::prLOR},
    {"&&", &operate<std::logical_and<double>>, mu::prLAND},
    {"<=", &operate<std::less_equal<double>>, mu::prCMP},
    {">=", &operate<std::greater_equal<double>>, mu::prCMP},
    {"!=", &operate<std::not_equal_to<double>>, mu::prCMP},
    {"==", &operate<std::equal_to<double>>, mu::prCMP},
    {"<", &operate<std::less<double>>, mu::prCMP},
    {">", &operate<std::greater<double>>, mu::prCMP},
    {"+", &operate<std::plus<double>>, mu::prADD_SUB},
    {"-", &operate<std::minus<double>>, mu::prADD_SUB},
    {"*", &operate<std::multiplies<double>>, mu::prMUL_DIV},
    {"/", &operate<std::divides<double>>, mu::prMUL_DIV},
    {"^", &operate<Power>, mu::prPOW},
};

void define_operators(mu::Parser& parser) {
  parser.EnableBuiltInOprt(false);
  for (const Operator& one : kOperators) {
    const bool is_power = one.priority == mu::prPOW;
    parser.DefineOprt(one.sign, one.of, one.priority, is_power ? mu::oaRIGHT : mu::oaLEFT);
  }
  parser.DefineInfixOprt("!", [](double value) { return number(value) == 0 ? 1.0 : 0.0; });
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
    if (chains_comparisons(text.text))
      refuse(text, "comparisons in a row; accepted: joined with &&, or one in brackets");
    try {
      parser.DefineNameChars(kNameCharacters);
      define_operators(parser);
      parser.SetVarFactory(&place_of_value, &expression);
      parser.SetExpr(marked(text.text));
      parser.Eval();  // asks for all names
    } catch (const NoNumber&) {
      // The names have other values at a point.
    } catch (const mu::Parser::exception_type& error) {
      refuse(text, fmt::format("no expression: {}", error.GetMsg()));
    }
    if (parser.GetNumResults() > 1)
      refuse(text, fmt::format("{} expressions; accepted: one, without a comma", parser.GetNumResults()));
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
    try {
      if (number(expression.parser->Eval()) == 0) return false;
    } catch (const NoNumber&) {
      refuse(expression.given, "not a number; accepted: a number at every point");
    }
  }
  return true;
}

}  // namespace bitbalance::explore

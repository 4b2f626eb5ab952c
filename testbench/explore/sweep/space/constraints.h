// Expressions over a point's settings that must hold for it: `accelerator.rows * accelerator.columns <=
// 1024`. muParser evaluates them.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "testbench/explore/names.h"
#include "testbench/scenario/settings/effective_settings.h"
#include "testbench/scenario/settings/settings_reader.h"

namespace mu {
class Parser;
}

namespace bitbalance::explore {

class Constraints {
 public:
  /// Throws SettingsError for what is not one expression, and for comparisons in a row. What its names mean
  /// is found out with the first point.
  explicit Constraints(const std::vector<PlacedText>& expressions);
  ~Constraints();
  Constraints(const Constraints&) = delete;
  Constraints& operator=(const Constraints&) = delete;

  /// Does every expression give a number other than 0? A name with a dot is a setting; one without is a word
  /// that a choice can be, as balanced or 2x8, or true or false. Throws SettingsError for a name that is
  /// neither, and where an expression gives no number.
  bool hold_for(const EffectiveSettings& settings);

 private:
  struct Expression {
    PlacedText given;
    std::unique_ptr<mu::Parser> parser;
    std::map<std::string, double> names;  ///< with their values at the current point
  };

  /// muParser asks for the place of each name's value.
  static double* place_of_value(const char* name, void* expression);
  double value_of(const std::string& given, const Expression& expression, const EffectiveSettings& settings);
  /// Equal for equal words alone.
  double number_of_word(const std::string& word);

  std::deque<Expression> expressions_;
  std::map<std::string, double> words_;
};

}  // namespace bitbalance::explore

#include "cli/command_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "base/text/nearest_word.h"
#include "base/text/number.h"

namespace bitbalance::cli {
namespace {

using Arguments = std::vector<std::string>;

bool is_flag(const CLI::Option& option) {
  return option.get_items_expected_max() == 0;
}

bool repeats(const CLI::Option& option) {
  return option.get_items_expected_max() > 1;
}

/// One program or subcommand and what is given to it.
class Check {
 public:
  explicit Check(CLI::App& app) : app_(app) {}

  /// Returns what CLI11 is to read: `arguments`, or the one that asks for help.
  Arguments run(Arguments arguments) {
    bool options_end = false;
    for (at_ = 0; at_ < arguments.size(); ++at_) {
      std::string& argument = arguments[at_];
      if (options_end || argument.size() < 2 || argument.front() != '-') {
        positional(argument);
      } else if (argument == "--") {
        options_end = true;
      } else if (CLI::Option* const option = known(argument); asks_for_help(argument, *option)) {
        return {option->get_name()};
      } else {
        take(*option, argument, arguments);
      }
    }
    for (const CLI::Option* option : app_.get_options()) {
      if (option->get_required() && given_.count(option) == 0)
        refuse(fmt::format("{}: not given; accepted: {}", option->get_name(), option->get_type_name()));
    }
    return arguments;
  }

  [[noreturn]] void refuse(const std::string& what) const {
    std::string name = app_.get_name();
    for (const CLI::App* parent = app_.get_parent(); parent != nullptr; parent = parent->get_parent())
      name.insert(0, parent->get_name() + " ");
    throw std::invalid_argument(fmt::format("{}; see {} --help", what, name));
  }

 private:
  /// Help or the version, which end all reading.
  bool asks_for_help(const std::string& argument, const CLI::Option& option) const {
    return argument.find('=') == std::string::npos &&
           (&option == app_.get_help_ptr() || &option == app_.get_version_ptr());
  }

  CLI::Option* known(const std::string& argument) const {
    const std::string name = argument.substr(0, argument.find('='));
    std::vector<std::string> names;
    for (CLI::Option* option : app_.get_options()) {
      if (option->get_positional()) continue;
      if (name != "--" && option->check_name(name)) return option;
      names.push_back(option->get_name());
    }
    refuse(fmt::format("{}: unknown option{}", name, suggestion(name, names)));
  }

  void take(const CLI::Option& option, const std::string& argument, const Arguments& arguments) {
    const std::string name = argument.substr(0, argument.find('='));
    const bool has_value = name != argument;
    if (!given_.insert(&option).second && !repeats(option))
      refuse(fmt::format("{}: given twice; accepted: once", name));
    if (is_flag(option)) {
      if (has_value) refuse(fmt::format("{}: accepted: {}, without a value", argument, name));
      return;
    }
    if (!has_value && (at_ + 1 == arguments.size() || arguments[at_ + 1].rfind("--", 0) == 0))
      refuse(fmt::format("{}: no value; accepted: {}", name, option.get_type_name()));
    if ((has_value ? argument.substr(name.size() + 1) : arguments[++at_]).empty())
      refuse(fmt::format("{}: ''; accepted: {}", name, option.get_type_name()));
  }

  void positional(std::string& argument) {
    for (const CLI::Option* option : app_.get_options()) {
      if (!option->get_positional() || (given_.count(option) != 0 && !repeats(*option))) continue;
      if (argument.empty())
        refuse(fmt::format("{}: ''; accepted: {}", option->get_name(), option->get_type_name()));
      given_.insert(option);
      // CLI11 would take a file called [a,b] for two.
      if (repeats(*option) && argument.front() == '[') argument.insert(0, "./");
      return;
    }
    refuse(fmt::format("'{}': one argument too many", argument));
  }

  CLI::App& app_;
  std::size_t at_ = 0;
  std::set<const CLI::Option*> given_;
};

/// The same for a program with subcommands.
Arguments check_command(CLI::App& app, const Arguments& arguments) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  if (arguments.empty()) Check(app).refuse(fmt::format("no command; accepted: {}", fmt::join(names, ", ")));
  const std::string& first = arguments.front();
  if (!first.empty() && first.front() == '-') return Check(app).run({first});
  const auto command = std::find(names.begin(), names.end(), first);
  if (command == names.end()) {
    Check(app).refuse(fmt::format("'{}': unknown command{}; accepted: {}", first, suggestion(first, names),
                                  fmt::join(names, ", ")));
  }
  Arguments checked = Check(*app.get_subcommand(first)).run({arguments.begin() + 1, arguments.end()});
  checked.insert(checked.begin(), first);
  return checked;
}

}  // namespace

CLI::Option* add_texts(CLI::App& app, const std::string& name, std::vector<std::string>& texts,
                       const std::string& meaning) {
  // By a callback: CLI11 would read "{}" into a vector as no value.
  const bool is_argument = name.front() != '-';
  const auto take = [&texts](const CLI::results_t& given) {
    texts = given;
    return true;
  };
  return app.add_option(name, take, meaning)
      ->expected(CLI::detail::expected_max_vector_size)
      ->allow_extra_args(is_argument);
}

const CLI::Validator& whole_number_check() {
  static const CLI::Validator check(
      [](const std::string& text) {
        return whole_number(text) ? "" : fmt::format("'{}'; accepted: a whole number", text);
      },
      "");
  return check;
}

const CLI::Validator& real_number_check() {
  static const CLI::Validator check(
      [](const std::string& text) {
        return real_number(text) ? "" : fmt::format("'{}'; accepted: a number", text);
      },
      "");
  return check;
}

int number_of(const char* option, const std::string& text, int most) {
  const auto number = bitbalance::whole_number(text, 1, most);
  if (!number) throw std::invalid_argument(fmt::format("{}: '{}'; accepted: 1 to {}", option, text, most));
  return *number;
}

void read_command_line(CLI::App& app, int argc, char* argv[]) {
  const Arguments given(argv + 1, argv + argc);
  const bool has_commands = !app.get_subcommands({}).empty();
  Arguments checked = has_commands ? check_command(app, given) : Check(app).run(given);
  std::reverse(checked.begin(), checked.end());  // as CLI11 takes them
  try {
    app.parse(checked);
  } catch (const CLI::Success&) {
    throw;
  } catch (const CLI::ValidationError& refused) {
    throw std::invalid_argument(refused.what());  // of a check that is ours
  } catch (const CLI::ParseError&) {              // a number too large for its type
    Check(app).refuse(fmt::format("'{}': not what the options take", fmt::join(given, " ")));
  }
}

}  // namespace bitbalance::cli

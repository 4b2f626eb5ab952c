// Results as one page that needs nothing else, neither files beside it nor a network.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace bitbalance::report {

/// The shell with style, chart library and what all pages share. `scripts`: what makes this page of `data`,
/// JSON, in their order.
std::string html_page(const std::string& title, std::initializer_list<std::string_view> scripts,
                      const std::string& data);

}  // namespace bitbalance::report

// The tables of docs/paper.md: what the paper publishes beside what this model gives for a configuration that
// was fixed beforehand. Nothing is fitted; nnzb, widths and fully connected layers are shown for every value.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "testbench/explore/names.h"

namespace bitbalance::explore {

struct PaperNetwork {
  const char* scenario;  ///< a file of scenarios/paper, without .yaml
  const char* name;
  double frames_per_s = 0;  ///< published: 65 nm, 1 GHz (arXiv 2302.00201, abstract)
};
inline constexpr std::array<PaperNetwork, 4> kPaperNetworks = {{{"alexnet", "AlexNet", 326},
                                                                {"vgg16", "VGG-16", 30},
                                                                {"resnet50", "ResNet-50", 56},
                                                                {"googlenet", "GoogLeNet", 218}}};

/// A table and its rows of one network.
struct PaperTable {
  std::string title;
  std::string header;             ///< two lines of Markdown
  std::vector<std::string> rows;  ///< Markdown
};

/// Rows of one network in every table, in the order of the page. `folder`: of the scenarios. Without fully
/// connected layers their tables are left out. Throws std::invalid_argument for files that are missing.
std::vector<PaperTable> paper_tables(const PaperNetwork& network, const std::string& folder,
                                     bool fully_connected);

/// The same tables with the rows of all networks.
std::vector<PaperTable> merged(const std::vector<std::vector<PaperTable>>& networks);
std::string to_markdown(const std::vector<PaperTable>& tables);

}  // namespace bitbalance::explore

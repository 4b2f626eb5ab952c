// Results of which the image decides how many rows they have: what detectors end with.
#include <catch2/catch.hpp>

#include <onnx/defs/schema.h>

#include <cmath>
#include <functional>
#include <set>

#include "quant/eval/evaluator.h"
#include "quant/host/operator_traits.h"
#include "quant/method/layers/host_placement.h"
#include "tests/quant/onnx/onnx_builder.h"
#include "tests/quant/onnx/random/random_rows.h"

using namespace bitbalance;
using namespace bitbalance::test;
using Catch::Contains;

namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

const Floats kScores = {0.9F, 0.75F, 0.6F, 0.95F, 0.5F, 0.3F};

/// Six boxes whose scores are the image, of which up to `most` are "chosen" (test_nonmaxsuppression_* of
/// ONNX).
OnnxBuilder chooser(std::int64_t most = 4, float score = 0) {
  OnnxBuilder model({1, 1, 6});
  model.constant("boxes", {1, 6, 4}, {0, 0,    1, 1,     0, 0.1F,  1, 1.1F,  0, -0.1F, 1, 0.9F,
                                      0, 10.0, 1, 11.0F, 0, 10.1F, 1, 11.1F, 0, 100,   1, 101});
  model.constant("most", {}, {static_cast<float>(most)})
      .constant("share", {1}, {0.5F})
      .constant("score", {1}, {score});
  model.cast("most", "whole", onnx::TensorProto::INT64);
  model.node("NonMaxSuppression", {"boxes", "x", "whole", "share", "score"}, "chosen");
  return model;
}

void end_with(OnnxBuilder& model, const std::string& result, int type = onnx::TensorProto::FLOAT) {
  model.node("Identity", {result}, "y");
  declare(*model.graph().mutable_output(0), "y", type);
  model.graph().mutable_output(0)->mutable_type()->mutable_tensor_type()->clear_shape();
}

}  // namespace

TEST_CASE("NonMaxSuppression gives as many rows as there can be, -1 behind those that are chosen") {
  OnnxBuilder model = chooser();
  end_with(model, "chosen", onnx::TensorProto::INT64);
  const Network network = model.import();
  CHECK(network.outputs.at(0).dims == Dims{4, 3});
  CHECK(network.outputs.at(0).type == onnx::TensorProto::INT64);
  CHECK(model.run(kScores) == Floats{0, 0, 3, 0, 0, 0, 0, 0, 5, -1, -1, -1});
  CHECK(model.run(Floats(6, -1.0F)) == Floats(12, -1));
  // Of equal scores the one of lower index.
  CHECK(model.run(Floats(6, 0.5F)) == Floats{0, 0, 0, 0, 0, 3, 0, 0, 5, -1, -1, -1});
  OnnxBuilder two = chooser(2, 0.92F);
  end_with(two, "chosen", onnx::TensorProto::INT64);
  CHECK(two.run(kScores) == Floats{0, 0, 3, -1, -1, -1});
}

TEST_CASE("a layer of the host has the name of its node, and is listed as the operator of the file") {
  OnnxBuilder model = chooser();
  end_with(model, "chosen", onnx::TensorProto::INT64);
  const Network network = method::lower_network(model.import());
  REQUIRE(network.nodes.size() == 1);
  CHECK(network.nodes[0].name == "node2");
  CHECK(network.nodes[0].host.title == "nonmaxsuppression");
  OnnxBuilder rooted({1, 4}, 18);
  rooted.node("Mish", {"x"}, "y");
  CHECK(rooted.import().nodes.back().host.title == "mish");
}

TEST_CASE("what looks up boxes and scores by the rows chosen keeps them apart from those that are none") {
  OnnxBuilder model = chooser();
  model.constant("of_class", Ints{1}).constant("of_box", Ints{2}).constant("flat", Ints{-1});
  model.constant("one", Ints{1});
  set_attribute(model.node("Gather", {"chosen", "of_box"}, "column"), "axis", std::int64_t{1});
  model.node("Reshape", {"column", "flat"}, "index");
  model.node("Squeeze", {"boxes"}, "corners");
  model.node("Gather", {"corners", "index"}, "places");
  set_attribute(model.node("Split", {"places"}, "left"), "axis", std::int64_t{1});
  onnx::NodeProto& split = *model.graph().mutable_node(model.graph().node_size() - 1);
  for (const char* name : {"top", "right", "bottom"}) split.add_output(name);
  model.node("GatherND", {"x", "chosen"}, "scored");
  model.node("Unsqueeze", {"scored", "one"}, "score_column");
  model.node("Cast", {"column"}, "real_column");
  set_attribute(*model.graph().mutable_node(model.graph().node_size() - 1), "to",
                std::int64_t{onnx::TensorProto::FLOAT});
  onnx::NodeProto& joined = model.node("Concat", {"top", "score_column", "real_column"}, "rows");
  set_attribute(joined, "axis", std::int64_t{1});
  model.constant("two", {1, 1}, {2});
  model.node("Mul", {"rows", "two"}, "doubled");
  end_with(model, "doubled");
  CHECK(model.run(kScores) == Floats{20, 1.9F, 6, 0, 1.8F, 0, 200, 0.6F, 10, -1, -1, -1});
}

TEST_CASE("the number of rows may serve as an extent of them") {  // indexing, as PyTorch writes it
  OnnxBuilder model = chooser();
  model.constant("of_box", Ints{2}).constant("flat", Ints{-1});
  set_attribute(model.node("Gather", {"chosen", "of_box"}, "column"), "axis", std::int64_t{1});
  model.node("Reshape", {"column", "flat"}, "index");
  model.node("Shape", {"index"}, "extent");
  model.node("Expand", {"index", "extent"}, "spread");
  model.node("Reshape", {"x", "flat"}, "scores");
  model.node("Gather", {"scores", "spread"}, "found");
  end_with(model, "found");
  CHECK(model.run(kScores) == Floats{0.95F, 0.9F, 0.3F, -1});
}

TEST_CASE("rows of -1 behind those that are chosen make a result of as many rows for every image") {
  OnnxBuilder model = chooser();
  model.constant("none", {4, 3}, Floats(12, -1)).constant("zero", Ints{0}).constant("three", Ints{3});
  set_attribute(model.node("Cast", {"chosen"}, "real"), "to", std::int64_t{onnx::TensorProto::FLOAT});
  set_attribute(model.node("Concat", {"real", "none"}, "all"), "axis", std::int64_t{0});
  model.node("Slice", {"all", "zero", "three", "zero"}, "first");
  model.node("ReduceSum", {"first", "zero"}, "sum");  // no operator on each row
  end_with(model, "sum");
  CHECK(model.run({0, 0, 0, 0.5F, 0, 0}) == Floats{-2, -2, 1});
}

TEST_CASE("every function of each element works on the rows that there are") {
  const ReferenceTensor rows = {{3, 3}, {0, 0, 3, 0, 0, 0, 0, 0, 5}};
  for (const auto& [op, traits] : host::operator_traits()) {
    static const std::set<std::string> of_others = {"BitwiseNot", "Cast", "Gelu", "HardSwish",
                                                    "Mish",       "Not",  "Swish"};
    const onnx::OpSchema* schema = onnx::OpSchemaRegistry::Schema(op, 13);
    const bool is_unary = schema != nullptr && schema->max_input() == 1;
    if ((traits.traits & host::kElementwise) == 0 || !is_unary || of_others.count(op) != 0) continue;
    CAPTURE(op);
    OnnxBuilder model = chooser();
    model.cast("chosen", "real", onnx::TensorProto::FLOAT);
    const onnx::NodeProto node = model.node(op, {"real"}, "z");
    model.cast("z", "number", onnx::TensorProto::FLOAT);
    end_with(model, "number");
    const std::vector<double> expected = reference(node, 13, {&rows})[0].values;
    Floats found = model.run(kScores);
    CHECK(Floats(found.begin() + 9, found.end()) == Floats{-1, -1, -1});
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if (std::isfinite(expected[i])) CHECK(found[i] == Approx(expected[i]).margin(1e-6));
    }
  }
}

TEST_CASE("rows behind those that are chosen need be as many as a Slice takes, and all alike") {
  const auto taking = [](const Floats& behind, std::int64_t taken) {
    OnnxBuilder model = chooser();
    const auto count = static_cast<std::int64_t>(behind.size()) / 3;
    model.constant("behind", {count, 3}, behind).constant("zero", Ints{0}).constant("taken", Ints{taken});
    model.cast("chosen", "real", onnx::TensorProto::FLOAT);
    set_integer(model.node("Concat", {"real", "behind"}, "all"), "axis", 0);
    model.node("Neg", {"all"}, "turned");
    model.node("Slice", {"turned", "zero", "taken", "zero"}, "first");
    model.node("ReduceSum", {"first", "zero"}, "sum");
    end_with(model, "sum");
    return model;
  };
  const Floats image = {0, 0, 0, 0.5F, 0, 0};  // box 3 alone
  CHECK(taking({7, 8, 9, 7, 8, 9}, 2).run(image) == Floats{-7, -8, -12});
  CHECK(taking({7, 8, 9, 7, 8, 9}, 1).run(image) == Floats{0, 0, -3});
  CHECK_THAT(taking({7, 8, 9, 7, 8, 9}, 3).refusal(), Contains("(Slice): takes some of the rows"));
  CHECK_THAT(taking({7, 8, 9, 7, 8, 8}, 2).refusal(), Contains("(Concat): joins rows with other rows"));
  OnnxBuilder padded = chooser();
  padded.constant("pads", Ints{0, 0, 2, 0}).constant("value", {}, {5});
  padded.constant("zero", Ints{0}).constant("two", Ints{2});
  padded.cast("chosen", "real", onnx::TensorProto::FLOAT);
  padded.node("Pad", {"real", "pads", "value"}, "all");
  padded.node("Slice", {"all", "zero", "two", "zero"}, "first");
  padded.node("ReduceSum", {"first", "zero"}, "sum");
  end_with(padded, "sum");
  CHECK(padded.run(image) == Floats{5, 5, 8});
}

TEST_CASE("what works along the columns of each row follows the rows that are chosen") {
  const auto run = [](const char* op, const std::function<void(OnnxBuilder&)>& add) {
    OnnxBuilder model = chooser();
    model.constant("one", Ints{1}).constant("factors", {3, 2}, {1, 10, 1, 10, 1, 10});
    model.cast("chosen", "real", onnx::TensorProto::FLOAT);
    add(model);
    model.cast("z", "number", onnx::TensorProto::FLOAT);
    end_with(model, "number");
    CAPTURE(op);
    return model.run(kScores);  // boxes 3, 0 and 5
  };
  CHECK(run("ArgMax", [](OnnxBuilder& model) {
          set_integer(model.node("ArgMax", {"real"}, "z"), "axis", 1);
        }) == Floats{2, 0, 2, -1});
  CHECK(run("ReduceSum", [](OnnxBuilder& model) {
          model.node("ReduceSum", {"real", "one"}, "z");
        }) == Floats{3, 0, 5, -1});
  CHECK(run("MatMul", [](OnnxBuilder& model) {
          model.node("MatMul", {"real", "factors"}, "z");
        }) == Floats{3, 30, 0, 0, 5, 50, -1, -1});
  const Floats shares = run("Softmax", [](OnnxBuilder& model) { model.node("Softmax", {"real"}, "z"); });
  CHECK(shares[3] == Approx(1.0 / 3));
  CHECK(Floats(shares.begin() + 9, shares.end()) == Floats{-1, -1, -1});
}

TEST_CASE("views of rows are told apart by what their shapes say, not by extents that are alike") {
  OnnxBuilder turned = chooser(3);
  turned.constant("shape", Ints{3, -1});
  turned.cast("chosen", "real", onnx::TensorProto::FLOAT);
  turned.node("Reshape", {"real", "shape"}, "z");
  end_with(turned, "z");
  CHECK_THAT(turned.refusal(), Contains("(Reshape): joins rows with other dimensions"));
  OnnxBuilder spread = chooser(3);
  spread.constant("shape", Ints{2, 3});
  spread.node("GatherND", {"x", "chosen"}, "scores");
  spread.node("Expand", {"scores", "shape"}, "z");
  end_with(spread, "z");
  CHECK_THAT(spread.refusal(), Contains("(Expand): repeats rows"));
}

TEST_CASE("of constants NonMaxSuppression gives the rows that there are") {
  OnnxBuilder model = chooser();
  model.constant("scores", {1, 1, 6}, kScores);
  model.graph().mutable_node(model.graph().node_size() - 1)->set_input(1, "scores");
  set_attribute(model.node("Cast", {"chosen"}, "real"), "to", std::int64_t{onnx::TensorProto::FLOAT});
  model.constant("axis", Ints{0});
  model.node("ReduceSum", {"real", "axis"}, "sum");
  model.constant("columns", {3, 1}, {1, 1, 1});
  model.node("MatMul", {"sum", "columns"}, "number");
  model.node("Add", {"x", "number"}, "y");
  CHECK(model.run(Floats(6, 0)) == Floats(6, 8));
}

TEST_CASE("what does not work on each row alone is refused, with what gives the results ahead of it") {
  const auto refusal = [](const std::string& op, const std::vector<std::string>& inputs, std::int64_t axis) {
    OnnxBuilder model = chooser();
    model.constant("zero", Ints{0}).constant("four", {4, 1}, {1, 2, 3, 4});
    set_attribute(model.node("Cast", {"chosen"}, "real"), "to", std::int64_t{onnx::TensorProto::FLOAT});
    onnx::NodeProto& node = model.node(op, inputs, "z");
    if (axis >= 0) set_attribute(node, "axis", axis);
    end_with(model, "z");
    return model.refusal();
  };
  constexpr const char* kAdvice =
      ": the image decides how many rows 'chosen' has; accepted: what works on each row alone, or results "
      "ahead "
      "of it: --set network.outputs=chosen";
  CHECK_THAT(refusal("ReduceMean", {"real"}, -1),
             Contains("(ReduceMean): works along the rows") && Contains(kAdvice));
  CHECK_THAT(refusal("Softmax", {"real"}, 0),
             Contains("(Softmax): works along the rows") && Contains(kAdvice));
  CHECK_THAT(refusal("Gather", {"real", "zero"}, 0),
             Contains("(Gather): chooses among the rows") && Contains(kAdvice));
  CHECK_THAT(refusal("Add", {"real", "four"}, -1),
             Contains("(Add): combines rows with other rows") && Contains(kAdvice));
  CHECK_THAT(refusal("Concat", {"real", "four"}, 1), Contains("(Concat): joins rows with other rows"));
  CHECK_THAT(refusal("Concat", {"real", "real"}, 0), Contains("(Concat): joins rows with other rows"));
  CHECK_THAT(refusal("Flatten", {"real"}, 0), Contains("(Flatten): joins rows with other dimensions"));
  CHECK_THAT(refusal("Slice", {"real", "zero", "zero"}, -1), Contains("(Slice): takes some of the rows"));
  CHECK_THAT(refusal("Size", {"real"}, -1), Contains("(Size): does not work on each row alone"));
}

namespace {

/// "count" is how many rows are chosen, "real" the same as a real number, "any" whether there are some.
OnnxBuilder counter() {
  OnnxBuilder model = chooser();
  model.constant("zero", Ints{0}).constant("start", Ints{0}).constant("other", {1}, Floats{-5});
  model.node("Shape", {"chosen"}, "extents");
  model.node("Gather", {"extents", "zero"}, "count");
  model.cast("count", "real", onnx::TensorProto::FLOAT);
  model.cast("count", "any", onnx::TensorProto::BOOL);
  return model;
}

}  // namespace

TEST_CASE("the number of rows may be computed with, element by element") {
  const auto run = [](const char* op, const std::vector<std::string>& inputs, const Floats& image) {
    OnnxBuilder model = counter();
    model.node(op, inputs, "z");
    end_with(model, "z");
    CAPTURE(op);
    return model.run(image);
  };
  const Floats none(6, -1.0F);
  CHECK(run("Add", {"x", "real"}, kScores) == Floats{3.9F, 3.75F, 3.6F, 3.95F, 3.5F, 3.3F});  // 3, 0 and 5
  CHECK(run("Mul", {"real", "x"}, none) == Floats(6, 0));
  CHECK(run("Where", {"any", "x", "other"}, kScores) == kScores);
  CHECK(run("Where", {"any", "x", "other"}, none) == Floats(6, -5));
  CHECK(run("Div", {"x", "real"}, {0, 0, 0, 0.5F, 0, 1}) == Floats{0, 0, 0, 0.25F, 0, 0.5F});
}

TEST_CASE("the number of rows may be an output") {  // a detector's count of what it found
  OnnxBuilder model = counter();
  end_with(model, "extents", onnx::TensorProto::INT64);
  CHECK(model.run(kScores) == Floats{3, 3});
  CHECK(model.run({0, 0, 0, 0.5F, 0, 1}) == Floats{2, 3});
  CHECK(model.run(Floats(6, -1.0F)) == Floats{0, 3});
}

TEST_CASE("rows are computed with beside their number") {
  OnnxBuilder model = counter();
  model.cast("chosen", "rows", onnx::TensorProto::FLOAT);
  model.node("Mul", {"rows", "real"}, "z");
  end_with(model, "z");
  CHECK(model.run(kScores) == Floats{0, 0, 9, 0, 0, 0, 0, 0, 15, -1, -1, -1});
}

TEST_CASE("sums and products of all rows are of those that there are") {
  const auto run = [](const char* op, const Floats& image) {
    OnnxBuilder model = chooser();
    model.cast("chosen", "real", onnx::TensorProto::FLOAT);
    set_attribute(model.node(op, {"real"}, "z"), "axes", Ints{0});
    end_with(model, "z");
    CAPTURE(op);
    return model.run(image);
  };
  CHECK(run("ReduceL1", kScores) == Floats{0, 0, 8});
  CHECK(run("ReduceProd", {0, 0, 0, 0, 0, 0.9F}) == Floats{0, 0, 5});
  CHECK(run("ReduceProd", Floats(6, -1.0F)) == Floats{1, 1, 1});
  CHECK(run("ReduceSumSquare", kScores) == Floats{0, 0, 34});
  OnnxBuilder sum = chooser();
  sum.constant("axes", Ints{0, 1}).cast("chosen", "real", onnx::TensorProto::FLOAT);
  set_integer(sum.node("ReduceSum", {"real", "axes"}, "z"), "keepdims", 0);
  sum.node("Add", {"x", "z"}, "moved");
  end_with(sum, "moved");
  CHECK(sum.run({0, 0, 0, 0, 0, 1}) == Floats{5, 5, 5, 5, 5, 6});
}

TEST_CASE("the number of rows is refused where an extent or an index is wanted") {
  const auto refusal = [&](const char* op, const std::vector<std::string>& inputs) {
    OnnxBuilder model = counter();
    model.node(op, inputs, "z");
    end_with(model, "z");
    return model.refusal();
  };
  CHECK_THAT(refusal("Gather", {"x", "count"}), Contains("(Gather): computes with the number of rows"));
  CHECK_THAT(refusal("Slice", {"x", "start", "count"}),
             Contains("(Slice): computes with the number of rows"));
}

TEST_CASE("rows that a branch reads are refused where the image decides which branch that is") {
  OnnxBuilder model = chooser();
  model.constant("zero", {1}, Floats{0});
  set_attribute(model.node("Cast", {"chosen"}, "real"), "to", std::int64_t{onnx::TensorProto::FLOAT});
  set_attribute(model.node("ReduceMax", {"x"}, "largest"), "axes", Ints{0, 1, 2});
  set_attribute(*model.graph().mutable_node(model.graph().node_size() - 1), "keepdims", std::int64_t{0});
  model.node("Greater", {"largest", "zero"}, "any");
  onnx::NodeProto& choice = model.node("If", {"any"}, "z");
  for (const char* branch : {"then_branch", "else_branch"}) {
    onnx::GraphProto& graph = add_graph(choice, branch);
    add_node(graph, branch[0] == 't' ? "Identity" : "Neg", {"real"}, branch);
    declare(*graph.add_output(), branch, onnx::TensorProto::FLOAT);
  }
  end_with(model, "z");
  CHECK_THAT(model.refusal(), Contains("rows of which the image decides how many there are"));
}

namespace {

/// Of random graphs some are computed, with the rows that there are; the others are refused by a node or
/// output.
void check_random_rows(std::uint32_t first, std::uint32_t count) {
  std::uint32_t computed = 0;
  for (std::uint32_t seed = first; seed < first + count; ++seed) {
    RandomRows drawn = random_rows(seed);
    std::string wrong;
    bool is_computed = false;
    try {
      const Network network = drawn.model.import();
      is_computed = true;
      ++computed;
      wrong = difference_of_rows(drawn, network);
    } catch (const std::invalid_argument& error) {
      wrong = error.what();
      if (is_computed) wrong.insert(0, "while it runs: ");
      const bool has_place =
          wrong.find(": node '") != std::string::npos || wrong.find(": output '") != std::string::npos;
      if (has_place && !is_computed) wrong = strange_node(drawn.model.graph(), wrong);
    }
    if (!wrong.empty()) FAIL_CHECK(seed << ": " << wrong << ": " << drawn.model.graph().ShortDebugString());
  }
  CHECK(computed * 5 > count);
}

}  // namespace

TEST_CASE("random graphs behind NonMaxSuppression are computed with the rows that there are, or refused") {
  check_random_rows(1, 1500);
}

TEST_CASE("many random graphs behind NonMaxSuppression", "[.long]") {
  check_random_rows(1000, 20000);
}

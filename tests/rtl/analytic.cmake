# The analytic level against the clocked one.
bitbalance_test(rtl_analytic_test SOURCES analytic_test.cpp program_bench.cpp
  LIBRARIES bitbalance_simulation bitbalance_test_support)

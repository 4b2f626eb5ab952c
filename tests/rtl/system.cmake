# Whole programs on the whole accelerator.
bitbalance_test(rtl_random_programs_test SOURCES random_programs_test.cpp program_bench.cpp
  LIBRARIES bitbalance_simulation bitbalance_test_support)
bitbalance_test(rtl_waveform_test SOURCES waveform_test.cpp program_bench.cpp
  LIBRARIES bitbalance_simulation bitbalance_test_support)

# From a Compute command to drained accumulators.
target_sources(bitbalance_rtl PRIVATE
  activation_buffer.cpp
  pe_array.cpp
  shift_add.cpp
  tile_sequencer.cpp
  weight_encoder.cpp
)

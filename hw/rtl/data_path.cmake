target_sources(bitbalance_rtl PRIVATE
  load_engine.cpp
  parameter_buffer.cpp
  post_processor.cpp
  store_engine.cpp
  vector_unit.cpp
)

# Controller, memory port and the whole.
target_sources(bitbalance_rtl PRIVATE
  accelerator.cpp
  controller.cpp
  memory_port.cpp
)
target_link_libraries(bitbalance_rtl PUBLIC bitbalance_port)

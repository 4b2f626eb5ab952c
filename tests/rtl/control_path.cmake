# Registers, ports, memories and the controller.
bitbalance_test(rtl_registers_test SOURCES registers_test.cpp LIBRARIES bitbalance_core)
bitbalance_test(rtl_csr_port_test SOURCES csr_port_test.cpp LIBRARIES bitbalance_port)
bitbalance_test(rtl_memory_test SOURCES memory_test.cpp LIBRARIES bitbalance_tlm)
bitbalance_test(rtl_memory_port_test SOURCES memory_port_test.cpp LIBRARIES bitbalance_rtl bitbalance_tlm)
bitbalance_test(rtl_controller_test SOURCES controller_test.cpp LIBRARIES bitbalance_rtl bitbalance_tlm Boost::headers)
bitbalance_test(rtl_accelerator_test SOURCES accelerator_test.cpp LIBRARIES bitbalance_rtl bitbalance_tlm)

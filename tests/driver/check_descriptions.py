#!/usr/bin/env python3
"""Reads the descriptions of the registers as other tools do, and holds them against docs/registers.md and the platform.

  check_descriptions.py [--svd-schema CMSIS-SVD.xsd] [--ipxact-schema index.xsd]

The schemas are not in this tree: with them, xmllint validates as well. dtc compiles the device tree's node.
"""
import argparse
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IPXACT = "{http://www.accellera.org/XMLSchema/IPXACT/1685-2014}"
ACCESS = {"RO": ("read-only", None), "WO": ("write-only", None), "RW": ("read-write", None),
          "W1C": ("read-write", "oneToClear")}
FIELD_ORDER = ("name", "description", "bitOffset", "resets", "bitWidth", "volatile", "access", "enumeratedValues",
               "modifiedWriteValue")
CONSTANTS = {"ID", "VERSION", "CONFIG_HASH"}
TREE = """/dts-v1/;
/ {
	#address-cells = <2>;
	#size-cells = <2>;
	compatible = "bitbalance,platform";
	model = "platform";
	soc {
		#address-cells = <2>;
		#size-cells = <2>;
		compatible = "simple-bus";
		ranges;
		plic: interrupt-controller@c000000 {
			compatible = "sifive,plic-1.0.0";
			reg = <0x0 0xc000000 0x0 0x4000000>;
			interrupt-controller;
			#interrupt-cells = <1>;
			#address-cells = <0>;
		};
		/include/ "NODE"
	};
};
"""


def number(text):
    return int(text.replace("'h", "0x"), 0)


def page():
    """{register: (offset, access, reset, {field: (high, low)})}, {fault: value} of the page."""
    text = (ROOT / "docs/registers.md").read_text(encoding="utf-8")
    registers = {}
    for offset, name, access, reset in re.findall(r"^\| (0x\w\w) \| (\w+) \| (\w+) \| (0x\w+) \|", text, re.MULTILINE):
        registers[name] = (int(offset, 0), ACCESS[access], int(reset, 0), {})
    for name, bits, field in re.findall(r"^\| (\w+) \| ([\d:]+) \| (\w+) \|", text.split("## Fields")[1], re.MULTILINE):
        if name in registers:
            ends = [int(end) for end in bits.split(":")]
            registers[name][3][field] = (ends[0], ends[-1])
    faults = re.findall(r"^\| (\d+) \| (\w+) \|", text.split("## Values")[1], re.MULTILINE)
    return registers, {name: int(value) for value, name in faults}


def svd():
    device = xml.parse(ROOT / "driver/bitbalance.svd").getroot()
    registers, faults = {}, {}
    for register in device.iter("register"):
        fields = {}
        for field in register.iter("field"):
            high, low = re.fullmatch(r"\[(\d+):(\d+)\]", field.findtext("bitRange")).groups()
            fields[field.findtext("name")] = (int(high), int(low))
        registers[register.findtext("name")] = (
            number(register.findtext("addressOffset")),
            (register.findtext("access"), register.findtext("modifiedWriteValues")),
            number(register.findtext("resetValue")), fields)
    for value in device.iter("enumeratedValue"):
        faults[value.findtext("name")] = number(value.findtext("value"))
    place = (number(device.find(".//baseAddress").text), number(device.find(".//interrupt/value").text))
    return registers, faults, place


def is_volatile(name, access):
    """Whether the hardware changes the register: all that the bus does not write, and what it only clears."""
    return name not in CONSTANTS and access in (ACCESS["RO"], ACCESS["W1C"])


def ipxact():
    component = xml.parse(ROOT / "driver/bitbalance.ipxact.xml").getroot()
    registers, faults, volatile = {}, {}, set()
    for register in component.iter(IPXACT + "register"):
        fields, reset, written = {}, 0, None
        for field in register.iter(IPXACT + "field"):
            low = number(field.findtext(IPXACT + "bitOffset"))
            fields[field.findtext(IPXACT + "name")] = (low + number(field.findtext(IPXACT + "bitWidth")) - 1, low)
            order = [child.tag.removeprefix(IPXACT) for child in field]
            same(order, sorted(order, key=FIELD_ORDER.index), "bitbalance.ipxact.xml: the schema's order")
            volatile.add((register.findtext(IPXACT + "name"), field.findtext(IPXACT + "volatile", "false")))
            reset |= number(field.findtext(f"{IPXACT}resets/{IPXACT}reset/{IPXACT}value", "0")) << low
            written = field.findtext(IPXACT + "modifiedWriteValue")
        registers[register.findtext(IPXACT + "name")] = (
            number(register.findtext(IPXACT + "addressOffset")),
            (register.findtext(IPXACT + "access"), written), reset, fields)
    for value in component.iter(IPXACT + "enumeratedValue"):
        faults[value.findtext(IPXACT + "name")] = number(value.findtext(IPXACT + "value"))
    same(volatile, {(name, str(is_volatile(name, access)).lower()) for name, (_, access, *_) in registers.items()},
         "bitbalance.ipxact.xml: volatile")
    return registers, faults


def platform():
    """Address and interrupt of accelerator 0."""
    text = (ROOT / "tlm/platform/memory_map.h").read_text(encoding="utf-8")
    values = dict(re.findall(r"#define PLATFORM_ACCELERATOR_(\w+) (\w+?)u?\n", text))
    return int(values["BASE"], 0), int(values["SOURCE"], 0)


def device_tree():
    """Address and interrupt, as dtc understands the node."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "tree.dts")
        source.write_text(TREE.replace("NODE", str(ROOT / "driver/bitbalance.dtsi")), encoding="utf-8")
        done = subprocess.run(["dtc", "-I", "dts", "-O", "dts", str(source)], capture_output=True, text=True)
    if done.returncode != 0 or done.stderr:
        sys.exit(f"dtc: {done.stderr}")
    node = re.search(r"accelerator@(\w+) \{(.*?)\};", done.stdout, re.DOTALL)
    cells = re.search(r"reg = <(.*?)>", node[2])[1].split()
    address = int(cells[0], 0) << 32 | int(cells[1], 0)
    same(address, int(node[1], 16), "device tree: the node's name and its address")
    return address, int(re.search(r"interrupts = <(\w+)>", node[2])[1], 0)


def same(found, wanted, what):
    if found != wanted:
        sys.exit(f"{what}: {found}, not {wanted}")


def validate(schema, file):
    if schema:
        subprocess.run(["xmllint", "--noout", "--nonet", "--schema", schema, str(ROOT / file)], check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--svd-schema")
    parser.add_argument("--ipxact-schema")
    arguments = parser.parse_args()
    registers, faults = page()
    same(len(registers) > 20 and len(faults) > 10, True, "docs/registers.md is understood")
    *from_svd, place = svd()
    same(from_svd, [registers, faults], "bitbalance.svd")
    same(list(ipxact()), [registers, faults], "bitbalance.ipxact.xml")
    same(place, platform(), "bitbalance.svd: address and interrupt")
    same(device_tree(), platform(), "bitbalance.dtsi: address and interrupt")
    validate(arguments.svd_schema, "driver/bitbalance.svd")
    validate(arguments.ipxact_schema, "driver/bitbalance.ipxact.xml")
    print("the descriptions agree")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Talks to bitbalance-platform as GDB does: registers, memory, a breakpoint, steps, Ctrl-C, and on to the end.

  check_gdb.py PLATFORM SCENARIO
"""
import re
import socket
import subprocess
import sys

RESET = 0x20000000
RAM = 0x80000000


class Remote:
    def __init__(self, port):
        self.peer = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.stream = self.peer.makefile("rb")

    def send(self, text):
        self.peer.sendall(f"${text}#{sum(text.encode()) % 256:02x}".encode())

    def ask(self, text):
        self.send(text)
        return self.answer()

    def answer(self):
        while self.stream.read(1) != b"$":
            continue
        text = b""
        while (byte := self.stream.read(1)) != b"#":
            text += byte
        check = int(self.stream.read(2), 16)
        assert check == sum(text) % 256, "checksum"
        self.peer.sendall(b"+")
        return text.decode()

    def pc(self):
        return int.from_bytes(bytes.fromhex(self.ask("p20")), "little")


def little(value):
    return value.to_bytes(8, "little").hex()


def same(found, wanted, what):
    if found != wanted:
        sys.exit(f"{what}: {found}, not {wanted}")


def main():
    run = subprocess.Popen([sys.argv[1], sys.argv[2], "--images", "8", "--gdb", "0"], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True)
    remote = Remote(int(re.search(r"target remote :(\d+)", run.stderr.readline())[1]))
    same("PacketSize" in remote.ask("qSupported"), True, "qSupported")
    same(remote.ask("?"), "S05", "why it stopped")
    same(remote.pc(), RESET, "pc after reset")
    same(len(remote.ask("g")), 33 * 16, "registers")
    same(remote.ask("s"), "S05", "step")
    first = remote.pc()
    same(first in (RESET + 2, RESET + 4), True, f"pc {first:#x} after a step")
    same(remote.ask(f"M{RAM:x},4:01020304"), "OK", "write memory")
    same(remote.ask(f"m{RAM:x},4"), "01020304", "memory")
    same(remote.ask("m0,4"), "E01", "memory where nothing is")
    same(remote.ask("Pb=8877665544332211"), "OK", "write a1")
    same(remote.ask("pb"), "8877665544332211", "a1")

    # The breakpoint is in the middle of a block.
    same(remote.ask("s"), "S05", "step")
    second = remote.pc()
    same(remote.ask(f"Z0,{second + 4:x},4"), "OK", "breakpoint")
    same(remote.ask("c"), "S05", "breakpoint reached")
    same(remote.pc(), second + 4, "pc at the breakpoint")
    same(remote.ask(f"z0,{second + 4:x},4"), "OK", "no breakpoint")

    # An endless loop ends by Ctrl-C alone.
    loop = RAM + 0x100
    same(remote.ask(f"M{loop:x},2:01a0"), "OK", "write `j .`")
    for _ in range(2):
        same(remote.ask(f"P20={little(loop)}"), "OK", "write pc")
        remote.send("c")
        remote.peer.sendall(b"\x03")
        same(remote.answer(), "S05", "Ctrl-C")
        same(remote.pc(), loop, "pc at Ctrl-C")
    same(remote.ask(f"P20={little(second + 4)}"), "OK", "write pc back")

    # The boot table is not where a1 says now.
    remote.send("c")
    out, _ = run.communicate(timeout=60)
    same("load access fault" in out and "mtval 0x1122334455667788" in out, True, f"what the firmware says of a1: {out}")
    same(run.returncode, 1, "exit code")
    print("GDB's protocol is spoken")


if __name__ == "__main__":
    main()

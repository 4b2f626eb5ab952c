#!/usr/bin/env python3
"""Our DRAM controller against DRAMSys 5.1, with the timings of our presets in both and the same requests.

  dramsys_compare.py PLAYER DRAMSYS CONFIGS [--requests N] [--keep FOLDER]

PLAYER is build/release/dram_player, DRAMSYS the program of tukl-msd/DRAMSys, CONFIGS its folder configs/.
Prints the clocks until the last request is answered. Exit code 1 if a stream differs by more than 0.1 %, or
anything else by more than 2 %.

DRAMSys 5.1 lets DDR3 precharge all banks without tWR after a write, so that a stream of writes costs us 22 clocks
more per refresh: 0.5 % are allowed there.
"""
import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

MEMORY = Path(__file__).resolve().parents[2] / "scenarios/memory"
PRESETS = {
    "ddr3-1600.yaml": [],
    "ddr4-2400.yaml": [],
    "lpddr4-3200.yaml": ["memory.channels=1", "memory.controller.address_map=row bank column"],
}


def traces(preset, requests):
    """Name, largest difference in percent, and requests (is it a write, number of a burst)."""
    draw = random.Random(1)
    yield "stream of reads", 0.1, [(False, i) for i in range(requests)]
    yield "stream of writes", 0.5 if preset.startswith("ddr3") else 0.1, [(True, i) for i in range(requests)]
    blocks = [(i // 64 % 2 == 1, i // 64 % 2 * (1 << 20) + i) for i in range(requests)]
    yield "blocks of 64 reads and 64 writes", 2, blocks
    yield "random reads", 2, [(False, draw.randrange(1 << 20)) for _ in range(requests)]
    mixed = [(draw.random() < 1 / 3, draw.randrange(1 << 20)) for _ in range(requests)]
    yield "random, a third writes", 2, mixed


def bits(value):
    return value.bit_length() - 1


def address_mapping(f):
    """Positions of the bits of each field, of a map without cut fields."""
    offset = bits(f["width_bits"] // 8)
    low = bits(f["BL"])
    widths = {"row": bits(f["rows"]), "bank": bits(f["banks"]), "bank_group": bits(f["bank_groups"]),
              "column": bits(f["columns"]) - low}
    at = {"BYTE_BIT": list(range(offset)), "COLUMN_BIT": list(range(offset, offset + low))}
    offset += low
    for field in reversed(f["address_map"].split()):
        key = {"bank_group": "BANKGROUP_BIT"}.get(field, field.upper() + "_BIT")
        at.setdefault(key, []).extend(range(offset, offset + widths[field]))
        offset += widths[field]
    return {key: value for key, value in at.items() if value}


def memspec(f, kind):
    """A memspec with our clocks; what only sleeping needs is 1."""
    t = {name: 1 for name in ("CKE", "CKESR", "XP", "XPDLL", "XS", "XSDLL", "ACTPDEN", "PRPDEN", "REFPDEN", "CMDCKE",
                              "ESCKE", "SR", "XSR")}
    t.update({name: f[name] for name in ("RCD", "RAS", "RTP", "WR", "FAW", "REFI")})
    t.update(AL=0, RL=f["CL"], CL=f["CL"], WL=f["CWL"], DQSCK=f["DQSCK"], RTRS=1, tCK=round(f["tCK_ps"]))
    if kind == "LPDDR4":
        t.update(CCD=f["CCD_S"], CCDMW=f["CCDMW"], DQSS=f["DQSS"], DQS2DQ=0, PPD=f["PPD"], RFCAB=f["RFC"],
                 RFCPB=f["RFCpb"], REFIPB=f["REFI"] // f["banks"], RPAB=f["RPab"], RPPB=f["RP"], RCPB=f["RC"],
                 RCAB=f["RAS"] + f["RPab"], RRD=f["RRD_S"], WTR=f["WTR_S"], RPST=0,
                 WPRE=f["RTW"] - f["CL"] - f["DQSCK"] - f["BL"] // 2 + f["CWL"])
    elif kind == "DDR4":
        t.update(CCD_S=f["CCD_S"], CCD_L=f["CCD_L"], RRD_S=f["RRD_S"], RRD_L=f["RRD_L"], WTR_S=f["WTR_S"],
                 WTR_L=f["WTR_L"], RP=f["RP"], RC=f["RC"], RFC=f["RFC"], RFC2=f["RFC"], RFC4=f["RFC"], REFM=1, RPRE=1,
                 WPRE=f["RTW"] - f["CL"] - f["BL"] // 2 - 1 + f["CWL"])
    else:
        t.update(CCD=f["CCD_S"], RRD=f["RRD_S"], WTR=f["WTR_S"], RP=f["RP"], RC=f["RC"], RFC=f["RFC"])
    devices = f["width_bits"] // (16 if kind == "LPDDR4" else 8)
    shape = {"burstLength": f["BL"], "dataRate": 2, "nbrOfBanks": f["banks"] * f["bank_groups"],
             "nbrOfBankGroups": f["bank_groups"], "nbrOfColumns": f["columns"], "nbrOfRanks": 1, "nbrOfRows": f["rows"],
             "width": f["width_bits"] // devices, "nbrOfDevices": devices, "nbrOfChannels": 1}
    power = {name: 0 for name in ("idd0", "idd02", "idd2n", "idd2p0", "idd2p1", "idd3n", "idd3p0", "idd3p1", "idd4r",
                                  "idd4w", "idd5", "idd6", "idd62", "vdd", "vdd2")}
    return {"memarchitecturespec": shape, "memoryId": f["name"], "memoryType": kind, "mempowerspec": power,
            "memtimingspec": t}


def configuration(f, trace, clock_mhz):
    kind = f["name"].split("-")[0]
    controller = {"PagePolicy": "Open", "Scheduler": "GrpFrFcfsWm", "SchedulerBuffer": "ReadWrite",
                  "RequestBufferSizeRead": f["read_queue"], "RequestBufferSizeWrite": f["write_queue"],
                  "HighWatermark": f["write_high"], "LowWatermark": f["write_low"], "CmdMux": "Oldest",
                  "RespQueue": "Fifo", "RefreshPolicy": "AllBank", "RefreshMaxPostponed": 0, "RefreshMaxPulledin": 0,
                  "PowerDownPolicy": "NoPowerDown", "Arbiter": "Simple", "MaxActiveTransactions": 128,
                  "RefreshManagement": False}
    simulator = {"AddressOffset": 0, "CheckTLM2Protocol": False, "DatabaseRecording": False, "Debug": False,
                 "EnableWindowing": False, "PowerAnalysis": False, "SimulationName": "compare",
                 "SimulationProgressBar": False, "StoreMode": "NoStorage", "UseMalloc": False, "WindowSize": 1000}
    return {"simulation": {"addressmapping": address_mapping(f), "mcconfig": controller, "memspec": memspec(f, kind),
                           "simconfig": simulator, "simulationid": "compare",
                           "tracesetup": [{"clkMhz": clock_mhz, "name": str(trace)}]}}


def theirs(arguments, f, trace, folder):
    tck = round(f["tCK_ps"])
    config = folder / "simulation.json"
    config.write_text(json.dumps(configuration(f, trace, round(1e6 / tck)), indent=1), encoding="utf-8")
    run = subprocess.run([arguments.dramsys, config, arguments.configs], stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, check=False)
    found = re.search(r"Total Time:\s+([\d.]+) (ps|ns|us|ms)", run.stdout)
    if not found:
        sys.exit(f"DRAMSys: no total time:\n{run.stdout}")
    return float(found[1]) * {"ps": 1, "ns": 1e3, "us": 1e6, "ms": 1e9}[found[2]] / tck


def compare(arguments, folder):
    status = 0
    print(f"{'preset':16} {'requests':34} {'DRAMSys':>10} {'ours':>10}")
    for preset, settings in PRESETS.items():
        player = [arguments.player, MEMORY / preset]
        for setting in settings + ["memory.controller.posted_writes=false", "memory.controller.turns=watermarks"]:
            player += ["--set", setting]
        f = json.loads(subprocess.run(player, capture_output=True, text=True, check=True).stdout)
        burst = f["width_bits"] // 8 * f["BL"]
        for name, limit, requests in traces(preset, arguments.requests):
            trace = folder / (preset + "-" + name.replace(" ", "-").replace(",", "") + ".stl")
            trace.write_text("".join(f"{i}: {'write' if is_write else 'read'} {number * burst:#x}\n"
                                     for i, (is_write, number) in enumerate(requests)), encoding="utf-8")
            run = subprocess.run(player + [trace], capture_output=True, text=True, check=True)
            our = int(run.stdout.split()[-1])
            their = theirs(arguments, f, trace, folder)
            difference = 100 * (our - their) / their
            wrong = abs(difference) > limit
            status |= wrong
            print(f"{preset:16} {name:34} {their:10.0f} {our:10d} {difference:+7.2f} %{'  too far' if wrong else ''}")
    return int(status)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("player")
    parser.add_argument("dramsys")
    parser.add_argument("configs")
    parser.add_argument("--requests", type=int, default=20000)
    parser.add_argument("--keep", type=Path, help="folder for traces and configurations")
    arguments = parser.parse_args()
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
        return compare(arguments, arguments.keep)
    with tempfile.TemporaryDirectory() as folder:
        return compare(arguments, Path(folder))


if __name__ == "__main__":
    sys.exit(main())

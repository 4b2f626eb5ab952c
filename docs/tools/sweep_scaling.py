#!/usr/bin/env python3
"""How far a sweep scales: measured costs, what follows for 10^6 points by a formula, and a simulation of the same.

    docs/tools/sweep_scaling.py build/release/bitbalance

Runs scenarios/sweeps/resnet50-arrays.yaml as arrays of 10 and of 100 tasks. A stand-in for Slurm's commands runs the
tasks one after the other on this machine. All costs are processor time, so that other work on the machine does not
count. Prints tables in Markdown.
"""
import heapq
import math
import os
import pathlib
import random
import resource
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SWEEP = ROOT / "scenarios/sweeps/resnet50-arrays.yaml"
POINTS = 10_240
ALL = 1_000_000        # points of the question
COMMITS_PER_S = 10     # of a task: docs/sweep.md
SYNCS_PER_S = 2_000    # that a shared file system is assumed to complete
MOST_TASKS = 100_000

SBATCH = """#!/bin/sh
for word in "$@"; do case $word in --array=0-*) last=${word#--array=0-} ;; esac; done
cat > "$SCRATCH/job"
for task in $(seq 0 "$last"); do SLURM_ARRAY_TASK_ID=$task sh "$SCRATCH/job" || exit 1; done
times > "$SCRATCH/times"
"""
SCONTROL = "#!/bin/sh\necho 'MaxArraySize = 100001'\n"


def seconds_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def minutes(text):
    """Seconds of "1m2.5s"."""
    whole, rest = text.rstrip("s").split("m")
    return 60 * int(whole) + float(rest)


def run_array(command, tasks):
    """Seconds of checking all points, of all tasks, and of merging."""
    with tempfile.TemporaryDirectory() as scratch:
        for name, script in (("sbatch", SBATCH), ("scontrol", SCONTROL)):
            file = pathlib.Path(scratch) / name
            file.write_text(script)
            file.chmod(0o755)
        environment = dict(os.environ, PATH=f"{scratch}:{os.environ['PATH']}", SCRATCH=scratch)

        def sweep():
            before = seconds_of_children()
            subprocess.run([command, "sweep", str(SWEEP), "--engine", "slurm", "--tasks", str(tasks), "--jobs", "1",
                            "--out", f"{scratch}/r.sqlite"], check=True, env=environment,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            return seconds_of_children() - before

        whole = sweep()
        in_tasks = sum(minutes(word) for word in (pathlib.Path(scratch) / "times").read_text().split())
        checking = sweep()  # everything is there now
        return checking, in_tasks, whole - in_tasks - checking


def measure(command):
    few, many = 10, 100
    check, few_tasks, few_merge = run_array(command, few)
    _, many_tasks, many_merge = run_array(command, many)
    per_task = (many_tasks - few_tasks) / (many - few)
    per_shard = (many_merge - few_merge) / (many - few)
    return {
        "check of a point": check / POINTS,
        "a task's start": per_task,
        "a point": (few_tasks - few * per_task) / POINTS,
        "merge of a shard": per_shard,
        "merge of a row": max(0.0, (few_merge - few * per_shard) / POINTS),
    }


def formula(cost, tasks):
    """Seconds of each step for ALL points, with a processor for each task."""
    busy = cost["a task's start"] + ALL / tasks * cost["a point"]
    commits = tasks * math.ceil(ALL / tasks * cost["a point"] * COMMITS_PER_S)
    merge = tasks * cost["merge of a shard"] + ALL * cost["merge of a row"]
    return ALL * cost["check of a point"], max(busy, commits / SYNCS_PER_S), merge


def simulate(cost, tasks, seed=1):
    """The same, event by event: each task computes for a while of its own length, then queues for the file system."""
    draw = random.Random(seed)
    shares = [ALL // tasks + (1 if task < ALL % tasks else 0) for task in range(tasks)]
    pause, service = 1 / COMMITS_PER_S, 1 / SYNCS_PER_S
    per_commit = pause / cost["a point"]
    events = [(cost["a task's start"] * draw.uniform(0.9, 1.1), task) for task in range(tasks)]
    heapq.heapify(events)
    left, server, last = shares[:], 0.0, 0.0
    while events:
        now, task = heapq.heappop(events)
        batch = min(left[task], per_commit)
        if batch <= 0:
            last = max(last, now)
            continue
        left[task] -= batch
        ready = now + batch * cost["a point"] * draw.uniform(0.9, 1.1)
        server = max(server, ready) + service
        heapq.heappush(events, (server, task))
    merge = tasks * cost["merge of a shard"] + ALL * cost["merge of a row"]
    return ALL * cost["check of a point"], last, merge


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    cost = measure(sys.argv[1])
    print("| cost | ms |\n|---|---:|")
    for name, seconds in cost.items():
        print(f"| {name} | {1e3 * seconds:.3f} |")
    print("\n| tasks | check, s | tasks by formula, s | tasks by simulation, s | merge, s | sum by formula, s |")
    print("|---:|---:|---:|---:|---:|---:|")
    tasks = 10
    while tasks <= MOST_TASKS:
        check, busy, merge = formula(cost, tasks)
        simulated = f"{simulate(cost, tasks)[1]:.0f}" if tasks <= 10_000 else "-"
        print(f"| {tasks:,} | {check:.0f} | {busy:.0f} | {simulated} | {merge:.0f} | {check + busy + merge:.0f} |")
        tasks *= 10
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"\nLargest process: {peak:.0f} MB.")


main()

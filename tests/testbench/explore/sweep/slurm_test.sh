#!/bin/bash
# slurm_test.sh BITBALANCE SOURCE: starts slurmctld and slurmd on this machine, runs a sweep as an array, kills a task
# in the middle, gives the command again, and wants the rows that processes leave. Exits with 77 where Slurm is not
# installed or does not come up.
set -u
program=$1 source=$2
for command in slurmctld slurmd sbatch scontrol; do
  command -v "$command" >/dev/null || { echo "left out: $command is not installed (apt: slurm-wlm)"; exit 77; }
done
[[ $(id -u) -eq 0 ]] || { echo "left out: slurmd wants root"; exit 77; }

folder=$(mktemp -d)
daemons=()
cleanup() {
  [[ ${#daemons[@]} -gt 0 ]] && kill "${daemons[@]}" 2>/dev/null
  wait
  rm -rf "$folder"
}
trap cleanup EXIT
cd "$folder" || exit 1

key=$folder/munge.key
export SLURM_CONF=$folder/slurm.conf
host=$(hostname -s)
port=$((20000 + RANDOM % 20000))
cat >"$SLURM_CONF" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/ctld.pid
SlurmdPidFile=$folder/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
SchedulerType=sched/builtin
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MaxArraySize=11
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
mkdir state spool
dd if=/dev/urandom of="$key" bs=1024 count=1 status=none
chmod 0400 "$key"
munged --foreground --force --key-file="$key" --socket="$folder/munge.socket" --pid-file="$folder/munged.pid" \
  --log-file="$folder/munged.log" --seed-file="$folder/munged.seed" >munged.out 2>&1 &
daemons+=($!)
sleep 1
slurmctld -D >ctld.log 2>&1 &
daemons+=($!)
slurmd -D >slurmd.log 2>&1 &
daemons+=($!)
for _ in $(seq 60); do
  [[ $(sinfo -h -o %T 2>/dev/null) == idle ]] && break
  sleep 0.5
done
if [[ $(sinfo -h -o %T 2>/dev/null) != idle ]]; then
  echo "left out: no node of Slurm comes up"
  tail -n 5 munged.out munged.log ctld.log slurmd.log
  exit 77
fi

cat >sweep.yaml <<YAML
scenarios: $source/scenarios/lenet.yaml
level: tlm
settings: {network.count: 4}
space:
  accelerator.rows: {from: 4, to: 40, step: 4}
  quantization.nnzb: [2, 3]
YAML
fail() {
  echo "FAILED: $*"
  tail -n 20 ./*.log first second r.sqlite.tasks/*.log 2>/dev/null
  exit 1
}
"$program" sweep sweep.yaml --jobs 1 --out plain.sqlite --csv plain.csv || fail "in processes"

array() { "$program" sweep sweep.yaml --engine slurm --tasks 4 --out r.sqlite --csv r.csv; }
array >first 2>&1 &
command=$!
killed=
while kill -0 "$command" 2>/dev/null; do
  # A task in the middle of its points: its shard is there.
  for shard in r.sqlite.tasks/*.sqlite; do
    [[ -e $shard && -z $killed ]] || continue
    task=$(pgrep -f -- "--task $folder/r.sqlite.tasks/$(basename "$shard" .sqlite).task" | head -n 1)
    [[ -n $task ]] && kill -9 "$task" && killed=$shard
  done
  sleep 0.02
done
wait "$command"
code=$?
[[ -n $killed ]] || fail "no task was met in its middle"
[[ $code -eq 3 ]] || fail "exit code $code after a task was killed"
grep -q ' lost' first || fail "no points lost"
array >second || fail "resume: exit code $?"
cat first second
cmp plain.csv r.csv || fail "other rows than in processes"
[[ ! -e r.sqlite.tasks ]] || fail "the tasks' folder is left"
"$program" sweep sweep.yaml --engine slurm --tasks 12 --out t.sqlite && fail "more tasks than MaxArraySize"
echo "the same rows"

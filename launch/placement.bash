# shellcheck shell=bash disable=SC2034
# Where ranks run: looks at the machine and composes the launcher's command line.

# Sets `cores` and `nodes`: the cores that this process may use and their NUMA nodes; and `narrowed`: 1 when
# the process may use less than its container (taskset), which mpirun would not heed when it binds.
look_at_machine() {
  local allowed available group file
  allowed=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
  group=$(cat /proc/self/cpuset 2>/dev/null || true)
  for file in "/sys/fs/cgroup$group/cpuset.cpus.effective" \
    "/sys/fs/cgroup/cpuset$group/cpuset.effective_cpus" /sys/devices/system/cpu/online; do
    available=$(cat "$file" 2>/dev/null || true)
    [[ -z $available ]] || break
  done
  read -r cores nodes narrowed < <(
    lscpu --parse=CPU,CORE,SOCKET,NODE | awk -F, -v allowed="$allowed" -v available="$available" '
      function expand(list, set,   parts, bounds, i, cpu) {
        for (i = split(list, parts, ","); i > 0; i--) {
          if (split(parts[i], bounds, "-") == 1) bounds[2] = bounds[1]
          for (cpu = bounds[1] + 0; cpu <= bounds[2] + 0; cpu++) set[cpu]
        }
      }
      BEGIN { expand(allowed, mine); expand(available, all) }
      /^#/ { next }
      $1 in mine { if (!core[$2 "," $3]++) cores++; if (!node[$4]++) nodes++; next }
      $1 in all { narrowed = 1 }
      END { print cores + 0, nodes + 0, narrowed + 0 }')
}

# Hosts named in an mpirun host file.
count_hosts() {
  awk '{ sub(/#.*/, "") } NF && !seen[$1]++ { hosts++ } END { print hosts + 0 }' "$1"
}

# Sets `launcher` to start `ranks` of them, each on cores of its own: `workers` of them if that is not empty,
# else its share. `hosts` is a host file or empty. Hosts are taken to be like this one.
compose_mpirun() {
  local ranks=$1 workers=$2 hosts=$3 host_count=1 map=slot ranks_per_host share variable
  launcher=(mpirun -n "$ranks")
  if ((EUID == 0)); then launcher+=(--allow-run-as-root); fi
  if [[ -n $hosts ]]; then
    host_count=$(count_hosts "$hosts")
    launcher+=(--hostfile "$hosts")
  elif [[ -n ${SLURM_JOB_ID-} ]]; then
    host_count=${SLURM_NNODES:-1}
  elif ! command -v ssh >/dev/null && ! command -v rsh >/dev/null; then
    # mpirun wants a way to other hosts even where it needs none.
    launcher+=(--mca plm isolated)
  fi

  ranks_per_host=$(((ranks + host_count - 1) / host_count))
  if [[ -n $hosts ]] || ((host_count > 1)); then map=ppr:$ranks_per_host:node; fi
  share=$((cores / ranks_per_host))
  if [[ -n $workers ]] && ((workers < share)); then share=$workers; fi
  if ((share == 0)); then
    # Ranks that wait must let the others have the CPU.
    launcher+=(--map-by "$map" --bind-to none --oversubscribe --mca mpi_yield_when_idle 1)
  elif ((ranks_per_host == 1 || narrowed)); then
    launcher+=(--map-by "$map" --bind-to none)
  else
    launcher+=(--map-by "$map:PE=$share" --bind-to core)
  fi

  if [[ -n $workers ]]; then launcher+=(-x "TESSERA_WORKERS=$workers"); fi
  # Ranks write to pipes, whatever the terminal that the job was started from.
  if [[ -t 2 ]]; then launcher+=(-x TESSERA_TERMINAL=1); fi
  if [[ -n $hosts ]]; then
    for variable in "${!TESSERA_@}" ${LD_LIBRARY_PATH:+LD_LIBRARY_PATH}; do
      if [[ $variable != TESSERA_WORKERS || -z $workers ]]; then launcher+=(-x "$variable"); fi
    done
  fi
}

# Sets `plugin` to what srun uses to start MPI programs; fails outside an allocation or without one.
find_slurm_plugin() {
  [[ -n ${SLURM_JOB_ID-} ]] && command -v srun >/dev/null || return 1
  plugin=$(srun --mpi=list 2>&1 | grep -oE '\bpmix(_v[0-9]+)?\b' | head -n 1)
  [[ -n $plugin ]]
}

# Sets `launcher` to start ranks with srun, which knows the hosts of its allocation.
compose_srun() {
  local ranks=$1 workers=$2 variables=ALL cores_per_rank=${SLURM_CPUS_PER_TASK:-$2}
  launcher=(srun -n "$ranks" --mpi="$plugin" --cpu-bind=cores --kill-on-bad-exit=1)
  if [[ -n $cores_per_rank ]]; then launcher+=(--cpus-per-task="$cores_per_rank"); fi
  if [[ -n $workers ]]; then variables+=,TESSERA_WORKERS=$workers; fi
  if [[ -t 2 ]]; then variables+=,TESSERA_TERMINAL=1; fi
  launcher+=(--export="$variables")
}

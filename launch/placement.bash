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

# Sets `keepalive` to what lets mpirun and its daemons on other hosts notice within seven tenths of the ranks' deadline
# that a host or the way to it is gone. Without it they wait for a quarter of an hour, also for each other's end.
compose_keepalive() {
  local deadline=${TESSERA_TIMEOUT-} idle interval
  deadline=${deadline%%.*}
  if [[ ! $deadline =~ ^[0-9]{1,6}$ ]] || ((10#$deadline == 0)); then deadline=300; fi
  deadline=$((10#$deadline))
  idle=$((deadline / 4 > 0 ? deadline / 4 : 1)) interval=$((deadline / 20 > 0 ? deadline / 20 : 1))
  local probes=$(((deadline * 7 / 10 - idle) / interval))
  keepalive=(--mca oob_tcp_keepalive_time "$idle" --mca oob_tcp_keepalive_intvl "$interval"
    --mca oob_tcp_keepalive_probes "$((probes > 0 ? probes : 1))")
}

# Sets `launcher` to start `ranks` of them, each on cores of its own: `workers` of them if that is not empty,
# else its share. `hosts` is a host file or empty. Hosts are taken to be like this one.
compose_mpirun() {
  local ranks=$1 workers=$2 hosts=$3 host_count=1 map=slot ranks_per_host share variable keepalive
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

  if [[ -n $hosts ]] || ((host_count > 1)); then
    compose_keepalive
    launcher+=("${keepalive[@]}")
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

# Sets `share` to the most CPUs that each of the ranks can have on the nodes of the allocation: 0 where there are
# fewer CPUs than ranks. Empty where Slurm does not tell.
share_allocation() { # ranks
  local entry fits candidate cpus=()
  share=''
  IFS=, read -ra entries <<<"${SLURM_JOB_CPUS_PER_NODE-}"
  for entry in "${entries[@]}"; do
    [[ $entry =~ ^([0-9]+)(\(x([0-9]+)\))?$ ]] || return 0
    for ((fits = 0; fits < ${BASH_REMATCH[3]:-1}; fits++)); do cpus+=("${BASH_REMATCH[1]}"); done
  done
  ((${#cpus[@]} > 0)) || return 0
  for candidate in $(printf '%s\n' "${cpus[@]}" | sort -rnu | awk -v ranks="$1" '
    NR == 1 { for (count = $1; count > 0; count--) print count }'); do
    fits=0
    for entry in "${cpus[@]}"; do fits=$((fits + entry / candidate)); done
    if ((fits >= $1)); then share=$candidate && return; fi
  done
  share=0
}

# Sets `launcher` to start ranks with srun, which knows the hosts of its allocation. The allocation may have been made
# for another number of ranks: fewer have its CPUs among them, more share them and give way while they wait.
compose_srun() {
  local ranks=$1 workers=$2 variables=ALL cores_per_rank=${SLURM_CPUS_PER_TASK:-$2} share entries
  share_allocation "$ranks"
  launcher=(srun -n "$ranks" --mpi="$plugin")
  if [[ -n $share && $share -eq 0 ]]; then
    launcher+=(--overcommit --cpu-bind=none)
    cores_per_rank=''
    variables+=,OMPI_MCA_mpi_yield_when_idle=1
  else
    launcher+=(--cpu-bind=cores)
    if [[ -n $share ]]; then
      if [[ -z $cores_per_rank || $ranks -ne ${SLURM_NTASKS:-$ranks} ]]; then cores_per_rank=${workers:-$share}; fi
      if ((cores_per_rank > share)); then cores_per_rank=$share; fi
    fi
  fi
  launcher+=(--kill-on-bad-exit=1)
  if [[ -n $cores_per_rank ]]; then launcher+=(--cpus-per-task="$cores_per_rank"); fi
  if [[ -n $workers ]]; then variables+=,TESSERA_WORKERS=$workers; fi
  if [[ -t 2 ]]; then variables+=,TESSERA_TERMINAL=1; fi
  launcher+=(--export="$variables")
}

# shellcheck shell=bash disable=SC2034
# Processes by their numbers, as /proc shows them. `known` is a list of entries NUMBER:START, as numbers are given anew.

# Waits for the end of the known processes, or of those that are given, for tenths of a second.
await_known() { # tenths, processes
  local tenths=$1 entry alive
  while :; do
    alive=''
    for entry in "${known[@]}"; do
      if (($# > 1)) && [[ " ${*:2} " != *" ${entry%:*} "* ]]; then continue; fi
      if state_of "${entry%:*}" && [[ $started == "${entry#*:}" && $state != [ZX] ]]; then alive=1; fi
    done
    if [[ -z $alive ]]; then return; fi
    if ((tenths-- <= 0)); then return 1; fi
    sleep 0.1
  done
}

kill_known() {
  local entry
  for entry in "${known[@]}"; do
    if state_of "${entry%:*}" && [[ $started == "${entry#*:}" ]]; then kill -s KILL "${entry%:*}" 2>/dev/null || true; fi
  done
}

# Adds the processes below one to `known`, each with its time of start: numbers are given anew.
remember_below() { # process
  local child below
  children_of "$1"
  below=("${children[@]}")
  for child in "${below[@]}"; do
    if state_of "$child"; then known+=("$child:$started"); fi
    remember_below "$child"
  done
}

# Sets `children` to the numbers of a process's child processes. Starts none itself where the kernel lists them.
children_of() { # process
  local file list
  children=()
  if [[ -e /proc/$BASHPID/task/$BASHPID/children ]]; then
    for file in "/proc/$1/task"/*/children; do
      { read -r -d '' -a list <"$file" || true; } 2>/dev/null
      children+=("${list[@]}")
      list=()
    done
  else
    read -r -d '' -a children < <(ps -o pid= --ppid "$1" 2>/dev/null) || true
  fi
}

# Sets a process's `state` and when it `started`; fails where it is gone.
state_of() { # process
  local line fields
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
  read -ra fields <<<"${line##*) }"
  state=${fields[0]-} started=${fields[19]-}
  [[ -n $started ]]
}

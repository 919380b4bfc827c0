# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# Several hosts on one machine: each is a network namespace with a name of its own and its own shared memory, and they
# meet at a bridge in one more namespace. mpirun reaches them by an agent that enters the namespaces. They share files
# and processes with this machine, so that a test can look at what runs on a host, and kill it.
# shellcheck source-path=SCRIPTDIR source=../checks.bash
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../checks.bash"
# shellcheck source-path=SCRIPTDIR source=../../launch/processes.bash
source "$repository/launch/processes.bash"
programs=$repository/.build/release
networks=()
# A folder whose name has no space: mpirun takes that for the end of the agent's.
meeting=$(mktemp -d /tmp/tessera-hosts-XXXXXX)

trap 'remove_networks; rm -rf "$sandbox" "$meeting"' EXIT
trap 'trap "" INT TERM; exit 130' INT TERM

# Prints why there can be no hosts here; nothing where they can be.
hosts_refused() {
  local command name=tessera-$$-probe
  for command in ip nsenter unshare; do
    if ! command -v "$command" >/dev/null; then echo "there is no command $command" && return; fi
  done
  if ((EUID != 0)); then echo "only an administrator may make network namespaces" && return; fi
  if ! ip netns add "$name" 2>/dev/null; then echo "this system makes no network namespaces" && return; fi
  if ! ip -n "$name" link add name bridge type bridge 2>/dev/null; then echo "this system makes no bridges"; fi
  if ! ip netns exec "$name" unshare --uts --ipc --mount true 2>/dev/null; then echo "this system makes no namespaces"; fi
  ip netns del "$name"
}

# Makes hosts NETWORK-1, NETWORK-2, … that know each other by name, the host file $meeting/NETWORK.hosts and the agent
# $meeting/NETWORK.agent.
make_network() { # network, hosts, at most nine
  local network=$1 count=$2 number other host namespace=tessera-$$-$1
  networks+=("$network")
  mkdir -p "$meeting/$network"
  ip netns add "$namespace-switch"
  ip -n "$namespace-switch" link add name bridge type bridge
  ip -n "$namespace-switch" link set bridge up
  echo "127.0.0.1 localhost" >"$meeting/$network/names"
  for ((number = 1; number <= count; number++)); do
    host=$network-$number
    echo "10.77.0.$number $host" >>"$meeting/$network/names"
    echo "$host slots=64" >>"$meeting/$network.hosts"
    ip netns add "$namespace-$number"
    ip -n "$namespace-$number" link add eth0 address "02:00:00:00:00:0$number" type veth peer name "port$number" netns "$namespace-switch"
    ip -n "$namespace-switch" link set "port$number" master bridge up
    ip -n "$namespace-$number" address add "10.77.0.$number/24" dev eth0
    ip -n "$namespace-$number" link set lo up
    ip -n "$namespace-$number" link set eth0 up
  done
  for ((number = 1; number <= count; number++)); do
    host=$network-$number
    # What is lost is lost without a word, as behind a router: nobody asks in vain for the hardware's address.
    for ((other = 1; other <= count; other++)); do
      ip -n "$namespace-$number" neighbour replace "10.77.0.$other" lladdr "02:00:00:00:00:0$other" dev eth0 nud permanent
    done
    # It holds the namespaces as long as its standard input, a pipe, is open.
    mkfifo "$meeting/$network/$host.end"
    cat /proc/sys/kernel/random/uuid >"$meeting/$network/$host.boot" # by which a machine is known
    ip netns exec "$namespace-$number" unshare --uts --ipc --mount bash -c '
      hostname "$1" && mount --bind "$2" /etc/hosts && mount --bind "$5" /proc/sys/kernel/random/boot_id &&
        mount -t tmpfs tmpfs /dev/shm && echo $$ >"$3.new" &&
        mv "$3.new" "$3" && read -r <>"$4"' - \
      "$host" "$meeting/$network/names" "$meeting/$network/$host" "$meeting/$network/$host.end" "$meeting/$network/$host.boot" \
      </dev/null &
    disown $! # no word of its end
    until [[ -e $meeting/$network/$host ]]; do read -r -t 0.02 <> <(:) || true; done
  done
  # As ssh does: a host, then words that its shell takes as one command, with nothing of this environment.
  cat >"$meeting/$network.agent" <<END
#!/usr/bin/env bash
while [[ \$1 == -* ]]; do shift; done
host=\$1
shift
read -r holder <"$meeting/$network/\$host"
exec nsenter --target "\$holder" --net --uts --ipc --mount --wd="\$HOME" \\
  env -i PATH="$PATH" HOME="\$HOME" SHELL=/bin/bash USER=root bash -c "\$*"
END
  chmod +x "$meeting/$network.agent"
}

# Runs a command on a host, in the working directory of the caller.
on_host() { # host, command
  local holder network=${1%-*}
  read -r holder <"$meeting/$network/$1"
  OMPI_MCA_plm_rsh_agent=$meeting/$network.agent \
    nsenter --target "$holder" --net --uts --ipc --mount --wd="$PWD" "${@:2}"
}

# Runs launch/run on the first host of a network, with ranks on all of its hosts.
run_on() { # network, arguments of launch/run
  on_host "$1-1" "$repository/launch/run" --hosts "$meeting/$1.hosts" "${@:2}"
}

# Prints the processes of a host but the one that holds it: “NUMBER COMMAND”.
processes_of() { # host
  local number holder network=${1%-*}
  read -r holder <"$meeting/$network/$1"
  for number in $(ip netns pids "tessera-$$-$1"); do
    if [[ $number != "$holder" ]] && state_of "$number" && [[ $state != [ZX] ]]; then
      echo "$number $(tr '\0' ' ' 2>/dev/null <"/proc/$number/cmdline")"
    fi
  done
}

# Takes a host off the network, or puts it back.
set_link() { # host, up or down
  ip -n "tessera-$$-${1%-*}-switch" link set "port${1##*-}" "$2"
}

# Ends all that runs on the hosts, then the hosts.
remove_networks() {
  local network namespace pass
  for network in "${networks[@]}"; do
    for pass in 1 2; do
      for namespace in $(ip netns list | grep -oE "^tessera-$$-$network-[0-9a-z]+"); do
        ip netns pids "$namespace" | xargs -r kill -s KILL 2>/dev/null || true
      done
      if ((pass == 1)); then sleep 0.1; fi
    done
    for namespace in $(ip netns list | grep -oE "^tessera-$$-$network-[0-9a-z]+"); do
      ip netns del "$namespace"
    done
  done
}

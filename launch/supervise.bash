# shellcheck shell=bash disable=SC2154
# A job under supervision: the launcher is a child in the process group of this shell, with its terminal and its
# standard input, so that Ctrl-C, Ctrl-Z and pipes reach it as they would without a supervisor. Beside it a guard,
# a subshell that wakes up once a second, notices when the job is over and the launcher stays.

# Seconds that a launcher may stay after its job, or take to end it.
grace=10

# Runs the launcher's command and returns its status: 1 where the launcher had to be ended, else its own.
supervise() { # command
  local command_name=${1##*/} note='' launcher='' first second to_guard from_guard guard
  local status=0 signal='' signalled='' reply='' forced='' name
  # Ranks that fail leave a word here, if it is on their host. Without a place for it the job runs all the same.
  note=$(mktemp "${TMPDIR:-/tmp}/tessera-job-XXXXXX" 2>/dev/null || mktemp /tmp/tessera-job-XXXXXX 2>/dev/null) || true
  if [[ -n $note ]]; then export TESSERA_FAILURE_NOTE=$note; else unset TESSERA_FAILURE_NOTE; fi

  coproc guard_the_job { guard_job "$note"; }
  guard=$guard_the_job_PID
  from_guard=${guard_the_job[0]} to_guard=${guard_the_job[1]}
  exec {first}<&"$from_guard" {second}>&"$to_guard" {from_guard}<&- {to_guard}>&-
  from_guard=$first to_guard=$second
  trap : PIPE # where the guard is gone
  for name in INT TERM HUP QUIT USR1 USR2; do
    # shellcheck disable=SC2064
    trap "hand_on $name" "$name"
  done
  # Commands in the background ignore interruptions unless they are told not to.
  (
    trap - INT QUIT
    exec {from_guard}<&- {to_guard}>&-
    exec "$@"
  ) <&0 &
  launcher=$!
  echo "watch it $launcher" >&"$to_guard" || true
  # A signal ends the waiting, too. What has ended is asked for its status once more, which the shell keeps, unless the
  # signal came at the very moment of the end: then bash has lost it, and would wait for ever.
  { while [[ -e /proc/$launcher ]]; do wait "$launcher" || true; done; } 2>/dev/null # without its notice of a signal
  if [[ -n $signalled ]] && jobs -rp | grep -qx "$launcher"; then
    status=1
  else
    wait "$launcher" 2>/dev/null || status=$?
  fi
  trap '' INT TERM HUP QUIT USR1 USR2
  ask_guard over "$status" && forced=${reply#over}
  exec {to_guard}>&- {from_guard}<&-
  { wait "$guard" || true; } 2>/dev/null
  if [[ -n $note ]]; then rm -f "$note"; fi
  if [[ -n $forced && $status -ne 1 ]]; then status=1; fi
  if [[ -n $signal ]] && ((status != 0)); then say "$program: ended by SIG$signal, as asked"; fi
  trap - INT TERM HUP QUIT PIPE USR1 USR2
  return "$status"
}

# Hands a signal on to the launcher unless that has got it too, as from a terminal or `timeout`: mpirun leaves ranks
# behind when a second one follows the first. What the whole group gets the guard gets as well, and it answers after it
# has noted it.
hand_on() { # signal
  local reply=''
  signalled=1
  if [[ -z $launcher ]]; then exit 1; fi
  if [[ $1 != USR? ]]; then
    if [[ -n $signal ]]; then return 0; fi # without a number it is that of what was interrupted
    signal=$1
  fi
  read -r -t 0.05 reply <&"$from_guard" || true # the guard has it soon; no process is started where one is waited for
  ask_guard got "$1" || true
  if [[ $reply != "got $1" ]]; then kill -s "$1" "$launcher" 2>/dev/null || true; fi
}

# Sends a line to the guard and sets `reply` to its answer; fails where it is gone. The line is sent again until there is
# one, as a signal in the middle of a line makes the guard forget it.
ask_guard() { # word, argument
  local status
  reply=''
  while echo "$1 $2 $launcher" >&"$to_guard"; do
    status=0
    read -r -t 0.5 reply <&"$from_guard" || status=$?
    if ((status == 0)) && [[ $1 == got && $reply == *" $2" || $reply == "$1"* ]]; then return; fi
    if ((status > 0 && status <= 128)); then break; fi
  done 2>/dev/null
  return 1
}

# The guard. It reads lines of the supervisor, and its end where that is killed.
guard_job() { # note
  local note=$1 launcher='' word argument process got='' status name
  local begun='' gone=0 failed=0 asked=0 forced='' known=()
  for name in INT TERM HUP QUIT USR1 USR2; do
    # shellcheck disable=SC2064
    trap "got+=' $name '" "$name"
  done
  while :; do
    status=0
    read -r -t 1 word argument process || status=$?
    if ((status > 128)); then
      if [[ -n $launcher && -z $forced ]]; then look_at_job; fi
    elif ((status > 0)); then
      # The supervisor was killed, so that nobody waits for the job.
      if [[ -n $launcher ]]; then end_job; fi
      if [[ -n $note ]]; then rm -f "$note"; fi
      return
    else
      if [[ $process =~ ^[0-9]+$ ]]; then launcher=$process; else continue; fi
      case $word in
        got)
          if [[ $got == *" $argument "* ]]; then echo "got $argument"; else echo "not $argument"; fi
          if [[ $argument != USR? ]]; then asked=1; fi
          look_at_job
          ;;
        over)
          if ((argument > 128 || asked)) || [[ -n $forced ]]; then end_survivors; fi
          echo "over$forced"
          return
          ;;
      esac
    fi
  done
}

# Once a second, of those in which this process could run: a machine that sleeps is no reason to end a job.
look_at_job() {
  local alive=0 process
  children_of "$launcher"
  for process in "${children[@]}"; do
    begun=1 # also where it has ended, and the launcher has not noticed
    if state_of "$process" && [[ $state != Z ]]; then alive=$((alive + 1)); fi
  done
  known=()
  remember_below "$launcher"
  # On several hosts the launcher's child processes come and go: its ranks may be elsewhere.
  if [[ -z ${several_hosts-} ]]; then
    if ((alive > 0)); then begun=1 gone=0; elif [[ -n $begun ]]; then gone=$((gone + 1)); fi
  fi
  if [[ -n $note && -s $note ]]; then failed=$((failed + 1)); fi
  if ((asked > 0)); then asked=$((asked + 1)); fi
  if ((gone > grace)); then
    force "all ranks have ended, and $command_name stayed for $grace s more"
  elif ((failed > grace)); then
    force "a rank has ended the job, and $command_name stayed for $grace s more"
  elif ((asked > grace + 1)); then
    force "$command_name was asked to end, and stayed for $grace s more"
  fi
}

force() { # why
  forced=' by force'
  say "$program: $1: ended by force"
  end_job
}

# Ends the launcher, which may clear up if it still can, and everything that it started here. While mpirun ends a job a
# signal only confuses it.
end_job() {
  known=()
  remember_below "$launcher"
  remember_by_note
  if state_of "$launcher"; then
    known=("$launcher:$started" "${known[@]}")
    if ((gone == 0 && failed == 0 && asked == 0)); then kill -s TERM "$launcher"; fi
    if [[ $state == T ]]; then kill -s CONT "$launcher"; fi
    await_known 20 "$launcher" || true
  fi 2>/dev/null
  if ! await_known 1; then
    kill_known
    await_known 20 || true
  fi
  remove_session
}

# What mpirun keeps of a job, and would have removed: a folder in one for all jobs of the user, of which the last one
# removes that, too.
remove_session() {
  local folder
  for folder in "${TMPDIR:-/tmp}"/ompi.*."$EUID"; do
    rm -rf "$folder/pid.$launcher"
    rmdir "$folder" 2>/dev/null || true
  done
}

# Adds all that the launcher has started here, also what has lost its parent since: it knows the name of the note.
remember_by_note() {
  local number
  if [[ -n $note ]]; then
    while IFS=/ read -r _ _ number _; do
      if state_of "$number"; then known+=("$number:$started"); fi
    done < <(grep -lszxF "TESSERA_FAILURE_NOTE=$note" /proc/[0-9]*/environ || true)
  fi
}

# Ranks end with their launcher. Those that do not within the grace are ended.
end_survivors() {
  remember_by_note
  if ((${#known[@]} > 0)) && ! await_known $((asked > 0 || ${#forced} > 0 ? 20 : grace * 10)); then
    say "$program: processes of the job stayed after $command_name had ended: ended by force"
    forced=' by force'
    kill_known
    await_known 20 || true
  fi
  remove_session
}

# shellcheck shell=bash disable=SC2034,SC2154
# Jobs of ranks, for test programs that have sourced checks.bash: several at once, how each ends, what it leaves.

# shellcheck source-path=SCRIPTDIR source=../launch/placement.bash
source "$repository/launch/placement.bash"
programs=$repository/.build/release
look_at_machine

# Seconds after which mpirun ends a job; a job that comes so far has failed its test.
job_limit=60
# Jobs at a time: most wait for most of theirs.
job_count=4
# A folder in shared memory, where Open MPI keeps the segments of these jobs, apart from those of others.
shared=$(mktemp -d /dev/shm/tessera-test-XXXXXX)
trap 'end_jobs; rm -rf "$sandbox" "$shared"' EXIT
trap 'trap "" INT TERM; exit 130' INT TERM

# Runs a program on ranks, as launch/run does.
on_ranks() { # ranks, program, arguments
  compose_mpirun "$1" "" ""
  "${launcher[@]}" --timeout "$job_limit" "${@:2}"
}

# Starts a command or function as a job, in a working directory of its own. `wait` waits for all of them.
start_job() { # name, command
  while (($(jobs -rp | wc -l) >= job_count)); do wait -n || true; done
  run_job "$@" &
}

# A job's processes are known by a variable in their environment; its temporary files and segments by their folders.
run_job() { # name, command
  local folder=$sandbox/jobs/$1 status=0
  mkdir -p "$folder/working" "$folder/temporary" "$shared/$1"
  segments >"$folder/segments"
  (
    cd "$folder/working" || exit 1
    export TESSERA_TEST_JOB=$folder TMPDIR=$folder/temporary
    export OMPI_MCA_btl_vader_backing_directory=$shared/$1
    "${@:2}"
  ) >"$folder/output" 2>"$folder/errors" </dev/null || status=$?
  echo "$status" >"$folder/status"
  await_end "$folder"
}

# Notes what of a job is left five seconds after its end, and clears it away.
await_end() { # folder
  local end=$((${EPOCHREALTIME//[!0-9]/} + 5000000))
  while remains "$1" >"$1/left" && [[ -s $1/left ]]; do
    if ((${EPOCHREALTIME//[!0-9]/} >= end)); then
      clear_away "$1"
      return
    fi
    sleep 0.1
  done
}

# Prints what is there of a job: processes, files, segments of shared memory. Segments outside its folder may be
# those of other jobs, unless they were not there before it and no process uses them.
remains() { # folder
  local environment process kind name
  grep -lszxF "TESSERA_TEST_JOB=$1" /proc/[0-9]*/environ | while read -r environment; do
    process=${environment//[!0-9]/}
    echo "process $process $(tr '\0' ' ' 2>/dev/null <"/proc/$process/cmdline")"
  done
  find "$1/temporary" "$1/working" -mindepth 1 -printf 'file %P\n'
  find "$shared/${1##*/}" -mindepth 1 -printf 'segment %p\n'
  segments | comm -13 "$1/segments" - | while read -r kind name; do
    if [[ $kind == segment ]] && grep -qsF -- "$name" /proc/[0-9]*/maps; then continue; fi
    echo "$kind $name"
  done
}

# Prints the user's segments of shared memory: POSIX ones in use or not, except Open MPI's, which has been given a
# folder for them; and System V ones that no process uses.
segments() {
  {
    find /dev/shm -mindepth 1 -maxdepth 1 -user "$EUID" -type f ! -name 'vader_segment.*' -printf 'segment %p\n'
    awk -v user="$EUID" 'NR > 1 && $8 == user && $7 == 0 { print "memory", $2 }' /proc/sysvipc/shm
  } 2>/dev/null | sort
}

# Ends the processes of a job, mpirun first of all so that it clears up after its ranks; then removes segments.
clear_away() { # folder
  local signal kind name rest
  for signal in TERM KILL KILL; do
    while read -r kind name rest; do
      case $kind in
        process) kill -s "$signal" "$name" ;;
        segment) rm -f "$name${rest:+ $rest}" ;;
        memory) ipcrm --shmem-id "$name" ;;
        *) continue ;;
      esac
    done < <(remains "$1") 2>/dev/null
    if ! remains "$1" | grep -qv '^file '; then return; fi
    sleep 1
  done
}

# Where this program is ended early, its jobs end with it.
end_jobs() {
  local folder
  for folder in "$sandbox"/jobs/*; do
    if [[ -d $folder && ! -e $folder/left ]]; then clear_away "$folder"; fi
  done
}

# Prints lines of standard error without the line of a program that messages end with, or its function where the machine
# was too busy to find the line in time: Tests/FailureTests/places looks at them.
without_place() { # file
  sed -E 's/, (at [^,]*\.swift:[0-9]+|in [^,]*)$//' "$1"
}

# Prints what is wrong with the way in which a job failed: the status, a regular expression; a line of standard error,
# another; ranks that spoke where one has spoken for all; the noise of a trap; things that it left.
faults() { # name, status, line
  local folder=$sandbox/jobs/$1 status
  status=$(<"$folder/status")
  [[ $status =~ ^($2)$ ]] || echo "status: $status, expected: $2"
  without_place "$folder/errors" | grep -E -- "$3" >/dev/null || echo "no line like: $3"
  if (($(grep -c '^tessera: ' "$folder/errors") > 1)); then echo "more than one message"; fi
  if grep -qE 'Fatal error|[Cc]rashed|Backtrac' "$folder/errors"; then echo "a trap"; fi
  sed 's/^/left: /' "$folder/left"
}

expect_failure() { # name, status, line
  local seen
  seen=$(faults "$@")
  if [[ -z $seen ]]; then report "$1"; else report "$1" "$seen" "$(head -c 4000 "$sandbox/jobs/$1/errors")"; fi
}

# The job ended with status 0, wrote this to standard output, and left nothing.
expect_success() { # name, output
  local folder=$sandbox/jobs/$1
  expect_equal "$1" "$(<"$folder/status"): $(<"$folder/output")$(<"$folder/left")" "0: $2"
}

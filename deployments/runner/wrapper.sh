# Starts, follows, cancels or tidies up runs on one host. Sent to a plain `sh` on standard input, after
# assignments (see wrapper.py) and before the line that calls main: cut anywhere, nothing has run.
# The comments stay here: only whole lines are comments, and they are not sent.
#
# A shell that is kept (keep=1) has its input open: it goes on reading there once a run has ended, and gets for the next
# one no more than assignments and the call. All else that may be told of a run ends it.
#
# Standard output: the nonce on a line of its own, then bytes of the log from `offset` on, nothing else.
# Standard error: control lines, each begun by the nonce:
#   started | attached | beat (at work) | end CODE POSITION [cut [WHY]] | lost - POSITION | cancelled | none | short
#   refused WHY | gone CODE | gone before start | left PIDS | tidied     (left without PIDS: it could not look)
# A run's folder (0700) holds files (0600), written with shell built-ins so that no process is spent:
#   script.TAG  what is run; emptied afterwards, as it may hold secrets
#   claim       "PID BIRTH BOOT ." of the supervisor, "0 - - ." of a canceller, or "0 lost - ." of a follower that
#               waited too long for a supervisor; made exclusively
#   group       "PID BIRTH ." of the script, whose pid names its process group and its session; "PID ." of the relay
#   log         both outputs of the script, which the relay brings there
#   hole        a blank line, then why some of them could not be kept
#   status      "running", overwritten in place by "CODE ."; the final dot means: whole; "small" below, if the log is
#   cancelled, refused    empty marks
main() {
told= supervisor=
# It is at work while this is open.
[ -z "$keep" ] || exec 3</dev/null
# What the supervisor needs too, which is a shell of its own. No single quotes in here, nor in what only it needs.
library='
# Sets state, and birth: when process $1 began, in ticks since boot; "-" without /proc. Fails if it is gone or a zombie.
birth_of() {
  birth=- state=S
  [ -r /proc/self/stat ] || { kill -0 "$1" 2>/dev/null; return; }
  { read -r _line <"/proc/$1/stat"; } 2>/dev/null || return 1
  _line=${_line##*) }
  set -- $_line
  birth=${20} state=$1
  [ "$state" != Z ]
}

nap() { sleep .1 2>/dev/null || { sleep 1; false; }; }

# True if the relay $1 waits for more: then all that was printed is in the log. Where a host does not tell what it waits
# for, it is found asleep several times in a row.
rests() {
  _where=
  { read -r _where <"/proc/$1/wchan"; } 2>/dev/null
  case $_where in *pipe_*) return 0 ;; esac
  birth_of "$1" && [ "$state" = S ] && asleep=$((asleep + 1)) || asleep=0
  [ $asleep -gt 3 ]
}

# Where a host hides what its own processes have open, the longer look tells.
lives() { [ -e "/proc/$1/fd/0" ] || birth_of "$1"; }

# What a script holds may be secret. Nobody reads it any more.
empty_scripts() {
  for file in script.*; do [ ! -e "$file" ] || true >"$file"; done
}
'
eval "$library"

# What only the supervisor needs.
supervision='
# Passes a signal on to the group of the script; before the script has a session, to its process. A relay that somebody
# stopped would keep the end from coming.
forward() {
  interrupted=1 wanted=$1
  [ -z "$relay" ] || kill -s CONT "$relay" 2>/dev/null
  [ -z "$child" ] || kill -s "$1" -- "-$child" 2>/dev/null || kill -s "$1" "$child" 2>/dev/null
}

# True while somebody of the session of the script is left who can print to the log.
prints_on() {
  for _process in $(grep -lsE "\) [^ZX] [0-9]+ ($child|[0-9]+ $child) " /proc/[0-9]*/stat); do
    _process=${_process%/*}
    [ "/proc/$$/fd/5" -ef "$_process/fd/1" ] || [ "/proc/$$/fd/5" -ef "$_process/fd/2" ] || continue
    return 0
  done
  return 1
}

# Opens a pipe, at 4 to read and at 5 to write. Most shells make one for a here-document, which takes no process. One
# that is made is opened for both first, as nobody is at its other end. A relay that could write would wait for itself.
open_pipe() {
  exec 4<<E
.
E
  if [ -p /proc/self/fd/4 ] && { true 5>/proc/self/fd/4; } 2>/dev/null; then
    read -r _line <&4
    exec 5>/proc/self/fd/4
  else
    mkfifo pipe && exec 6<>pipe 4<pipe 5>pipe 6<&- && rm -f pipe
  fi
}

# Brings what is printed to the log. The script has a pipe, as of a file whoever opens /dev/stdout anew cuts what stands
# there. On a full disk tee says so, and reads on: the script is not to blame. Where none can live, nothing is kept.
start_relay() {
  if [ $mended -lt 5 ]; then tee -a log <&4 >/dev/null 2>>hole 4<&- 5>&- &
  else cat <&4 >/dev/null 2>&1 4<&- 5>&- &
  fi
  relay=$!
}

# As long as we could print, the relay does not end unless it is killed.
tend_relay() {
  hurried=1 interrupted=1
  [ "$relay" ] && [ -z "$tending" ] || return 0
  tending=1
  while ! lives "$relay"; do mend_relay; done
  tending=
}

mend_relay() {
  printf "killed\n" >>hole
  mended=$((mended + 1))
  nap
  start_relay
  note_group
}

# All has come once the relay ends. Where somebody who stays holds the pipe, whoever waits for the end hurries us.
relay_all() {
  exec 5>&-
  tending=1 asleep=0
  while :; do
    interrupted= got=0
    if [ "$hurried" ] && lives "$relay"; then
      ! rests "$relay" || { weigh; return 0; }
      nap
      continue
    fi
    wait "$relay" || got=$?
    [ -z "$interrupted" ] || continue
    [ $got -gt 128 ] || return 0
    mend_relay
  done
}

# Some relays tell at their end only what they could not write, as that of busybox. What one that goes on has written,
# to nobody and to the log, tells it; more than once, as it may be between the two.
weigh() {
  [ $mended = 0 ] || return 0
  for _look in 1 2 3; do
    _key=
    { read -r _line && read -r _key _bytes && size=$(wc -c <log); } 2>/dev/null <"/proc/$relay/io" || return 0
    [ "$_key" = wchar: ] && [ "$_bytes" -gt $((2 * size)) ] || return 0
    nap
  done
  printf "not all could be written\n" >>hole
}

note_group() { printf "%s %s .\n%s .\n" "$child" "$child_birth" "$relay" 1<>group; }

# Sets size: small, if all that was started here, and has ended, wrote so little that it can be read byte by byte.
measure() {
  size= _key=
  { read -r _line && read -r _key _bytes; } 2>/dev/null </proc/$$/io
  [ "$hurried" ] || [ "$_key" != wchar: ] || [ "$_bytes" -gt 9999 ] || size=small
}

# Leads a session, is the only writer of claim, group and status, and the parent of the script.
supervise() {
  run=$1 interpreter=$2 file=$3 newsession=$4 mask=$5 boot=$6 starter=$7
  child= wanted= code=127 relay= tending= mended=0 hurried=
  trap interrupted=1 HUP INT PIPE
  trap "forward TERM" TERM
  trap "forward KILL" USR1
  trap tend_relay USR2
  claim && { open_pipe || { deny; false; }; } || { true >"$file"; exit 0; }
  start_relay
  # The script starts in the home, without input, in a session whose number is its own pid.
  (
    file=$PWD/$file SHIPMATE_RUN=$run
    export SHIPMATE_RUN
    cd "$HOME" 2>/dev/null
    umask "$mask"
    exec $newsession "$interpreter" "$file"
  ) </dev/null >&5 2>&1 4<&- 5>&- &
  child=$!
  birth_of "$child"
  child_birth=$birth
  # Without it nobody finds out that we are to be hurried.
  note_group || hurried=1
  [ -z "$wanted" ] || forward "$wanted"
  # A trap cuts wait short: its status is not the one of the script. 127: collected already.
  while :; do
    interrupted=
    wait "$child"
    got=$?
    [ $got = 127 ] || code=$got
    [ "$interrupted" ] || break
  done
  # Ended by a signal, it may have left others in the middle of their work: it is over when they are.
  [ "$code" -lt 129 ] || while prints_on; do sleep .3 2>/dev/null || sleep 1; done
  child=
  relay_all
  measure
  # A disk that takes nothing may do so again. Until then, and for a day at most, our name tells it.
  tries=0
  until printf "%s .\n%s\n" "$code" "$size" 1<>status; do
    [ -e claim ] && [ $tries -lt 8640 ] || exit 1
    tries=$((tries + 1))
    printf "ended %s" "$code" >/proc/$$/comm || [ $tries -lt 9 ] || exit 1
    sleep 10
  done
  tell_starter
  # A shell that was killed as it was about to start the run has left one too.
  empty_scripts
}

# Wakes who started the run, if that is still here: the number may be somebody else's by now.
tell_starter() { [ ! "/proc/$starter/cwd" -ef . ] || kill -s TERM "$starter" 2>/dev/null; }

# To rename what is there takes no inode, where it may be that which lacks.
deny() { { true >refused; } 2>/dev/null || { true >"$file"; mv "$file" refused; }; }

# True for the one who may start the script. Whoever could claim but not write says so, and nothing starts.
claim() {
  set -C
  { true >claim; } 2>/dev/null
  mine=$?
  set +C
  if [ $mine != 0 ]; then
    [ -e claim ] || deny
    return 1
  fi
  birth_of $$
  # Both take their blocks of the disk now: a full one cannot lose the exit code later, nor that it was full.
  { printf "%s %s %s .\n" $$ "$birth" "$boot" >claim && printf "running         \n" >status && printf "\n" >hole
  } 2>/dev/null || { deny; return 1; }
  # After the claim is whole: who finds none that is whole makes this mark, and nothing begins.
  [ -e cancelled ] || return 0
  printf "0 - - .\n" 1<>claim
  return 1
}
'

boot_id() {
  boot=-
  { read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null || boot=-
}

refuse() { say refused "$*"; exit 5; }

claimed() {
  owner= _end=
  { read -r owner began booted _end <claim; } 2>/dev/null
  [ "$_end" = . ] || { owner=; false; }
}

ended() {
  code=- _end=
  { read -r code _end <status; } 2>/dev/null
  # Shells read byte by byte: where it is overwritten meanwhile, letters of "running" stand in front.
  case $code in *[!0-9]*) _end= ;; esac
  [ "$_end" = . ] || { code=-; false; }
}

alive() { [ "$booted" = "$boot" ] && birth_of "$owner" && [ "$birth" = "$began" ]; }

# Sets mask, the login's own. Where the kernel tells it, that takes no process.
own_mask() {
  [ -z "$mask" ] || return 0
  _key=
  { { read -r _line && read -r _key mask; } </proc/self/status; } 2>/dev/null
  [ "$_key" = Umask: ] || mask=$(umask)
}

enter() {
  umask 077
  boot_id
  { [ "$mode" = attach ] || [ -d "$folder" ] || mkdir -p "$folder"; } 2>/dev/null && cd "$folder" 2>/dev/null
}

# True if the host was started anew since it was first asked for this run.
restarted() {
  [ "$since" ] && { read -r up _rest </proc/uptime; } 2>/dev/null && [ "${up%%.*}" -lt "$since" ]
}

# Claims the run for nobody.
lose() {
  set -C
  { printf '0 lost - .\n' >claim; } 2>/dev/null
  set +C
}

write() { printf '%s' "$script" >"$file" && true >>log; }

# The reason, in the words of the host.
locked_out() { refuse "cannot enter $folder: $({ LC_ALL=C mkdir -p "$folder" && cd "$folder"; } 2>&1)"; }

start() {
  [ ! -e claim ] || return 0
  # A claim may have gone with the power, after the script had begun.
  if restarted; then { true >>log; } 2>/dev/null; lose; return; fi
  # The supervisor tells of its end by a signal, which may come before anybody waits for it.
  trap told=1 TERM
  # set -m would give a process group too, but in dash and busybox only with a terminal.
  newsession=setsid
  command -v setsid >/dev/null 2>&1 || {
    newsession='perl -MPOSIX -e setsid;exec@ARGV'
    command -v perl >/dev/null 2>&1 || refuse 'the host has neither setsid nor perl'
  }
  # A name of its own: a second starter must not truncate what a shell is reading.
  file=script.${nonce%????????????????}
  write 2>/dev/null || { error=$(write 2>&1); true >"$file"; refuse "cannot write to $PWD: is the disk full? $error"; }
  $newsession sh -c "$library$supervision
supervise \"\$@\"" supervisor "$run" "$interpreter" "$file" "$newsession" "$mask" "$boot" $$ \
    </dev/null >/dev/null 2>&1 3<&- &
  supervisor=$!
}

# Descriptor 3 is shared by tail and every cat, so each goes on where the last one stopped.
follow() {
  if [ ! -r log ]; then
    [ ! -e cancelled ] || { say cancelled; exit 0; }
    say none
    exit 4
  fi
  exec 3<log
  printf '%s\n' "$nonce"
  if [ "$offset" != 0 ]; then
    # tail would seek past the end of a log that was cut, and never say so.
    [ "$(wc -c <log)" -ge "$offset" ] || { say short; exit 5; }
    tail -c "+$((offset + 1))" <&3 || exit 1
  fi
  pump
}

judge() {
  over=
  if ended; then over=end
  elif [ -e refused ]; then over=refused
  elif [ "$owner" ] || claimed; then
    if [ "$owner" = 0 ]; then over=cancelled; [ "$began" != lost ] || over=lost
    elif ! alive; then
      if ended; then over=end
      # Laid down since, as somebody cancelled.
      elif claimed && [ "$owner" = 0 ]; then over=cancelled
      elif ! goes_on_alone; then over=lost; [ -d "$folder" ] || over=none
      fi
    elif [ $looks -gt 5 ]; then
      hurry
      [ -z "$overdue" ] || ! named || over=end
    fi
  elif [ ! -d "$folder" ]; then over=none
  elif [ $looks -gt 100 ]; then forgo
  fi
}

# Sets leader, the script's pid, "-1" where that is not known or is somebody else by now; and courier, the relay's.
find_leader() {
  leader=-1 courier= _end=
  [ "$booted" != "$boot" ] || { { read -r leader _birth _end && read -r courier _rest; } <group; } 2>/dev/null
  [ "$_end" = . ] || leader=-1
  [ "$leader" = -1 ] || ! birth_of "$leader" || [ "$birth" = "$_birth" ] || leader=-1
}

# True where the supervisor was killed and its script was not, or what that printed is on its way: how it ends will not
# be known, but when it does.
goes_on_alone() {
  find_leader
  { [ "$leader" != -1 ] && birth_of "$leader"; } || is_on_its_way
}

# The relay has our log open, or the number is somebody else's.
is_on_its_way() { [ "$courier" ] && [ log -ef "/proc/$courier/fd/3" ] && ! rests "$courier"; }

# True where the supervisor knows how the script ended, and cannot write it. Sets unkept: why, in the host's words.
named() {
  _word= _code=
  { read -r _word _code <"/proc/$owner/comm"; } 2>/dev/null
  [ "$_word" = ended ] || return
  code=$_code
  unkept=$(LC_ALL=C; { true 1<>status; } 2>&1) || unkept=${unkept##*: }
}

# Sets cut, to what is to be told of a hole. What the loader says of any program is none.
look_for_hole() {
  cut=
  { while read -r _hole; do case $_hole in '' | 'ERROR: ld.so:'*) ;; *) cut=cut ;; esac; done <hole; } 2>/dev/null
}

# Tells the supervisor to look after the relay, where that was killed, or where the script has left somebody who could
# print for ever. Once it has had the time to learn how the script ended: a signal in that moment, and bash never does.
hurry() {
  find_leader
  [ "$courier" ] || return 0
  # A script that has become sudo cannot be signalled, but seen.
  if [ "$leader" != -1 ] && { kill -0 "$leader" 2>/dev/null || [ -e "/proc/$leader" ]; }; then
    overdue=
    ! lives "$courier" || return 0
  elif [ -z "$overdue" ]; then
    overdue=1
    return
  fi
  kill -s USR2 "$owner" 2>/dev/null
}

# A supervisor that did not come up in time must not begin later: it is lost once the claim is not to be had any more.
forgo() {
  lose
  claimed || { true >cancelled; claimed; } 2>/dev/null || over=lost
}

# Sets position, which descriptor 3 has come to; "-" without /proc.
where() {
  _key=
  { read -r _key position </proc/self/fdinfo/3; } 2>/dev/null
  [ "$_key" = pos: ] || position=-
}

# Copies what is new. A log that was cut would have a hole once it has grown beyond that position again.
copy() {
  if [ $looks -gt 3 ] && { where; [ "$position" != - ]; } && [ -e log ]; then
    size=$(wc -c 2>/dev/null <log) || return 0
    [ "$size" -ge "$position" ] || over=short
    [ "$size" -gt "$position" ] || return 0
  fi
  # Also where somebody has removed it: what is open can be read to its end.
  { [ -e log ] && [ ! -s log ]; } || copy_little || cat <&3 || exit 1
}

# True if it was all: a few lines of a run that is over take no process. NUL, and in some shells letters of more than
# one byte, are left to tail.
copy_little() {
  [ "$over" = end ] && [ -e log ] && { where; [ "$position" != - ]; } || return
  { read -r _line && read -r _size; } <status
  [ "$_size" = small ] || return
  _from=$position _lines=0 _text=
  while IFS= read -r _line <&3; do
    _text=$_text$_line$newline _lines=$((_lines + 1))
    [ $_lines -lt 20 ] || break
  done
  [ $_lines -ge 20 ] || _text=$_text$_line
  where
  if [ ${#_text} = $((position - _from)) ]; then
    printf %s "$_text" || exit 1
    [ $_lines -lt 20 ]
  else
    exec 3<log
    tail -c "+$((_from + 1))" <&3 || exit 1
  fi
}

# Copies the log until the run is over. Also ends when nobody reads any more, which a beat finds out.
# Looks, quiet and pause are tenths of a second. Each look takes two processes once something was printed.
pump() {
  looks=0 quiet=0 owner= pause=3 asleep=0 overdue= tries=0 unkept=
  clock
  begun=$now
  newline='
'
  trap told=1 TERM
  trap : PIPE
  while :; do
    judge
    copy
    [ -z "$over" ] || break
    looks=$((looks + pause)) quiet=$((quiet + pause))
    [ $quiet -lt 50 ] || { quiet=0; say beat || exit 1; }
    case $told in
    '') rest ;;
    1) told=2 ;;
    # It was looked at again since, and is not over: somebody else wants this process to end.
    *) exit 1 ;;
    esac
  done
  where
  case $over in
  refused) refuse 'the host could not write the files of the run. Its disk may be full, or out of inodes' ;;
  short | none) say $over ;;
  lost) empty_scripts; say lost - "$position" ;;
  cancelled) say cancelled "$code" "$position"; exit 0 ;;
  # Where the position is not known, only the end of the output tells where it ends.
  end)
    look_for_hole
    [ -z "$unkept" ] || cut="cut $unkept"
    say end "$code" "$position" $cut
    [ "$keep" ] && [ "$position" != - ] && [ -z "$unkept" ] || exit 0
    await_more
    return
    ;;
  esac
  exit 3
}

# The supervisor's signal must have come before the next run is waited for: it would be taken for that one's.
await_more() {
  exec 3<&-
  # Without its beginning a program has no nonce, and nothing is run.
  script= nonce=
  [ -z "$supervisor" ] || wait "$supervisor" || true
  [ -z "$guard" ] || return 0
  # For one short run, which may be all there is, it would cost too much; sshd finds a dead line too, only later.
  clock
  [ "$used" ] || [ $now -gt $begun ] || { used=1; return 0; }
  # By exec: for a function, dash would hold on to the shell's own output, and the channel would never end.
  (
    exec </dev/null >/dev/null 2>&1
    guard_idle
  ) &
  guard=$!
  trap 'kill "$guard" 2>/dev/null' EXIT
}

# Ends a kept shell that is not used any more, as nothing else does where the line to it swallows all. Not used is one
# that was not at work, and was in the same folder, at two looks. Its number may be somebody else's by now.
guard_idle() {
  birth_of "$$"
  born=$birth before=$! idle=
  trap '[ "$!" = "$before" ] || kill "$!"; exit' TERM
  while birth_of "$$" && [ "$birth" = "$born" ]; do
    if [ -e "/proc/$$/fd/3" ]; then idle=
    elif [ "$idle" ] && [ . -ef "/proc/$$/cwd" ]; then kill -s KILL $$; return
    else idle=1
    fi
    cd "/proc/$$/cwd"
    sleep 15 &
    wait $!
  done
}

# The first naps end with empty lines that whoever follows has promised: most runs are over by then, and a sleep would
# be a process more. Who is stopped sends none, and misses nothing. Where the input ends, this shell naps by itself.
rest() {
  if [ "$ticks" -gt 0 ]; then
    ticks=$((ticks - 1))
    read -r _line || [ "$told" ] || ticks=0
  else
    doze || pause=10
  fi
}

# A nap that a signal ends. A sleep that knows no fractions exits 1.
doze() {
  sleep ".$pause" >/dev/null 2>&1 3<&- &
  wait $!
  [ $? = 1 ] || return 0
  sleep 1
  false
}

# Sets left: living processes of the script's group or session, or with the mark of this run in their environment.
# A group of before a reboot, or one whose number was given again, is not looked at: it is somebody else's.
# Where the host has no room for a process that looks, blind is set: nothing was seen, which is not nobody.
nobody_left() {
  left= blind=
  find_leader
  if [ ! -r /proc/self/stat ]; then
    [ "$leader" = -1 ] || ! kill -0 -- "-$leader" 2>/dev/null || left=" -$leader"
  else
    blind=1
    for process in $(marked); do
      [ "$process" != looked ] || { blind=; continue; }
      process=${process#/proc/}
      process=${process%/*}
      case " $left " in *" $process "*) ;; *) left="$left $process" ;; esac
    done
  fi
  [ -z "$left$blind" ]
}

# Processes end while they are looked at, which grep takes for a fault: 2. What could not run ends with more.
marked() {
  grep -lsE "\) [^ZX] [0-9]+ ($leader|[0-9]+ $leader) " /proc/[0-9]*/stat
  [ $? -le 2 ] || return
  grep -lszxF "SHIPMATE_RUN=$run" /proc/[0-9]*/environ
  [ $? -gt 2 ] || echo looked
}

finished() { nobody_left && { ended || ! alive || { hurry; false; }; }; }

# Sets now: seconds since boot, as a look at all processes may take long; without /proc, those that were napped.
clock() {
  now=$((tries / 10))
  { read -r now _rest </proc/uptime; } 2>/dev/null
  now=${now%%.*}
}

last() { tries=0; clock; limit=$((now + $1)) due=$((now + 5)); }

pass() {
  tries=$((tries + 1))
  nap || tries=$((tries + 9))
  clock
  [ $now -lt $due ] || { say beat; due=$((now + 5)); }
}

# What ended by itself is left alone: a service that it started on purpose must not be killed. Such a one may hold the
# pipe, and nobody may have hurried the supervisor yet.
over_by_itself() {
  overdue= tries=0
  while [ ! -e cancelled ] && ! ended && claimed && alive; do
    hurry
    ! named || return 0
    [ "$overdue" ] && [ $tries -lt 20 ] || break
    tries=$((tries + 1))
    nap || tries=$((tries + 9))
  done
  [ ! -e cancelled ] && ended
}

cancel() {
  # Whoever asked may be gone; what was asked for is done.
  trap '' PIPE
  say beat
  if over_by_itself; then say gone "$code"; exit 0; fi
  { true >cancelled; } 2>/dev/null
  set -C
  { printf '0 - - .\n' >claim; } 2>/dev/null
  set +C
  claimed || { sleep 1; claimed; }
  # It may have begun all the same, where somebody has removed its folder since.
  if [ "$owner" = 0 ] || [ -e refused ]; then ! nobody_left || { say gone before start; exit 0; }; fi
  # The supervisor first: that takes no process, of which there may be none left. Who was stopped goes on, to hear it.
  ! alive || kill -s TERM "$owner" 2>/dev/null
  ! alive || kill -s CONT "$owner" 2>/dev/null
  nobody_left || { kill -s TERM -- $left; kill -s CONT -- $left; } 2>/dev/null
  last $grace
  while ! finished && [ $now -lt $limit ]; do pass; done
  last 5
  until finished || { [ $now -ge $limit ] && [ $tries -ge 3 ]; }; do
    ! alive || kill -s USR1 "$owner" 2>/dev/null
    [ -z "$left" ] || kill -s KILL -- $left 2>/dev/null
    pass
  done
  empty_scripts
  ended
  nobody_left || { say left $left; exit 6; }
  say gone "$code"
  exit 0
}

old() { [ -n "$(find "$1" -prune -mtime +0 2>/dev/null)" ]; }

# A claim is kept for a day at least: without it a start that arrives late would run again. Where somebody stays who
# could print, and nobody has followed the run to its end, that end is asked for here, and its day begins now.
forgettable() {
  cd "./$1" || return 1
  if ended; then old status
  elif claimed && alive; then
    overdue=
    hurry
    [ -z "$overdue" ] || { nap; nap; nap; hurry; }
    false
  else old .
  fi
}

tidy() {
  for name in $uploads; do rm -f -- "uploads/$name" "uploads/$name".*.partial; done
  for name in uploads/*; do
    [ ! -f "$name" ] || ! old "$name" || rm -f -- "$name"
  done
  for name in runs/*; do
    [ ! -d "$name" ] || ! (forgettable "$name") || rm -rf -- "$name"
  done
  say tidied
}

# Open from the beginning: that is how the guard of a kept shell tells that it is at work, however slow a disk is.
exec 3</dev/null
case $mode in
start)
  own_mask
  enter || locked_out
  start
  say started
  follow
  ;;
attach)
  own_mask
  # The log is there before the claim: who attaches a moment after a start waits for the supervisor.
  { enter && { [ -e claim ] || [ -e log ]; }; } || { say none; exit 4; }
  say attached
  follow
  ;;
cancel)
  enter || locked_out
  cancel
  ;;
tidy)
  enter || locked_out
  tidy
  ;;
esac
}

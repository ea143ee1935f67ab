# shellcheck shell=bash disable=SC2034 # what is set here is used by the scripts that read this file
# ops.sh: what is measured. Each operation is a set-up, one command that is timed, and a teardown.
#
# prepare OP TOOL ID does the set-up and leaves the command in the array `command`; it fails when a step of the set-up
# does. teardown OP TOOL ID STATUS removes what is left. An operation of a runtime acts on the container ID of the bundle
# `true` (it ends at once) or `sleep` (it stays).
#
#   op            set-up                                     timed
#   version       -                                          --version
#   run           -                                          run            (bundle: true)
#   create        -                                          create         (bundle: true)
#   start         create                                     start          (bundle: true)
#   exec          create, start                              exec /bin/true (bundle: sleep)
#   state, list   create, start                              state, list    (bundle: sleep)
#   kill          create, start                              kill KILL      (bundle: sleep)
#   delete        create, start, wait for its end            delete         (bundle: true)
#   delete-force  create, start                              delete --force (bundle: sleep)

# shellcheck disable=SC2154 # bin, state, work and programs come from lib.sh
all_ops=(version run create start exec state list kill delete delete-force)
all_tools=(husk crun runc floor floor+ empty)
command=()

# floor is one hard-coded `run`; the empty program stands for "any process at all".
has_op() {
    case $2 in
    floor | floor+) [ "$1" = run ] ;;
    empty) [ "$1" = run ] || [ "$1" = version ] ;;
    esac
}

# A call that is not timed.
quiet() {
    "$@" </dev/null >/dev/null 2>>"$work/log"
}

runtime() {
    local tool=$1
    shift
    quiet "${bin[$tool]}" --root "$state/$tool" "$@"
}

launch() {
    runtime "$1" create --bundle "$work/$3" "$2" && runtime "$1" start "$2"
}

wait_until_stopped() {
    local try
    for ((try = 0; try < 200; try++)); do
        "${bin[$1]}" --root "$state/$1" state "$2" 2>>"$work/log" | grep -q '"status": *"stopped"' && return
        sleep 0.01
    done
    echo "container did not stop" >>"$work/log"
    return 1
}

prepare() {
    local op=$1 tool=$2 id=$3
    case $tool in
    empty) command=("$programs/empty") && return ;;
    floor) command=("$programs/floor" "$work/rootfs" "$floor_cgroup" -- /bin/true) && return ;;
    floor+) command=("$programs/floor" -x "$work/rootfs" "$floor_cgroup" -- /bin/true) && return ;;
    esac
    command=("${bin[$tool]}" --root "$state/$tool")
    [ "$op" = version ] || active["$tool $id"]=1
    case $op in
    version) command=("${bin[$tool]}" --version) ;;
    run | create) command+=("$op" --bundle "$work/true" "$id") ;;
    start) command+=(start "$id") && runtime "$tool" create --bundle "$work/true" "$id" ;;
    exec) command+=(exec "$id" /bin/true) && launch "$tool" "$id" sleep ;;
    state) command+=(state "$id") && launch "$tool" "$id" sleep ;;
    list) command+=(list) && launch "$tool" "$id" sleep ;;
    kill) command+=(kill "$id" KILL) && launch "$tool" "$id" sleep ;;
    delete) command+=(delete "$id") && launch "$tool" "$id" true && wait_until_stopped "$tool" "$id" ;;
    delete-force) command+=(delete --force "$id") && launch "$tool" "$id" sleep ;;
    esac
}

# After these the container is gone if they went well; all others leave one.
teardown() {
    local op=$1 tool=$2 id=$3 status=$4
    [ -n "${active["$tool $id"]:-}" ] || return 0
    case $op$status in
    run0 | delete0 | delete-force0) ;;
    *) runtime "$tool" delete --force "$id" || true ;;
    esac
    unset "active[$tool $id]"
}

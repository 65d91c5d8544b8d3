# Made by `myelin docs` from the declarations of the program; do not edit.
_myelin() {
  local word="${COMP_WORDS[COMP_CWORD]}" options="--help"
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W "init new check fmt test try explain graph schema docs parse get diff validate profile convert send load sink run status queue trace retry hold release park discard unmapped plan reload history rollback shadow top tail doctor table messages incidents replay backup restore version" -- "$word")
    return
  fi
  case "${COMP_WORDS[1]}" in
    init) options="--help" ;;
    new) options="--help --from --name --conf" ;;
    check) options="--help --strict --site --sarif --json" ;;
    fmt) options="--help --check --json" ;;
    test) options="--help --filter --junit --coverage --bless --watch --json" ;;
    try) options="--help --conf --named --user --header --query --json" ;;
    explain) options="--help --json" ;;
    graph) options="--help --format --json" ;;
    schema) options="--help --into" ;;
    docs) options="--help --into" ;;
    parse) options="--help --profile --conf --html --json" ;;
    get) options="--help --json" ;;
    diff) options="--help --ignore --json" ;;
    validate) options="--help --profile --conf --least --err --strict --json" ;;
    profile) options="--help --name --conf --json" ;;
    convert) options="--help --json" ;;
    send) options="--help --to --connections --rate --timeout --journal --tls --tls-ca --tls-cert --tls-key --tls-name --repeat --again --own-ids --as-is --json" ;;
    load) options="--help --to --connections --rate --timeout --journal --tls --tls-ca --tls-cert --tls-key --tls-name --for --count --warm-up --think --received --drain --html --json" ;;
    sink) options="--help --listen --journal --fields --behave --count --tls --tls-ca --tls-cert --tls-key --tls-name --json" ;;
    run) options="--help --conf --store --socket" ;;
    status) options="--help --socket --json" ;;
    queue) options="--help --state --limit --after --ids --socket --json" ;;
    trace) options="--help --bytes --socket --json" ;;
    retry) options="--help --reason --yes --socket --json" ;;
    hold) options="--help --reason --yes --socket --json" ;;
    release) options="--help --reason --yes --socket --json" ;;
    park) options="--help --reason --yes --socket --json" ;;
    discard) options="--help --reason --yes --socket --json" ;;
    unmapped) options="--help --conf --reason --socket --json" ;;
    plan) options="--help --socket --json" ;;
    reload) options="--help --socket --json" ;;
    history) options="--help --socket --json" ;;
    rollback) options="--help --reason --socket --json" ;;
    shadow) options="--help --last --limit --show --conf --socket --json" ;;
    top) options="--help --every --once --socket --json" ;;
    tail) options="--help --type --last --every --socket --json" ;;
    doctor) options="--help --conf --store --socket --json" ;;
    table) options="--help --limit --socket --json" ;;
    messages) options="--help --channel --type --control-id --state --since --until --limit --below --ids --socket --json" ;;
    incidents) options="--help --bytes --channel --control-id --since --until --limit --below --ids --socket --json" ;;
    replay) options="--help --route --rate --reason --yes --socket --json" ;;
    backup) options="--help --socket --json" ;;
    restore) options="--help --conf --store --json" ;;
    version) options="--help --json" ;;
  esac
  case "$word" in
    -*) mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word") ;;
    *) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
  esac
}
complete -o filenames -F _myelin myelin

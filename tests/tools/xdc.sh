# Two clusters on this machine that stay: dc1 and dc2, each one server with a store of its own, all on loopback. To be sourced,
# with the repository's root as working directory, after server.sh.

xdc_data=${CADENZA_XDC_DATA:-/var/tmp/cadenza-xdc-$(id -u)}
xdc_domain=samples-domain

# xdc_end NAME SIGNAL: ends what the file NAME.pid tells, and waits for it.
xdc_end() { end_by_pid_file "$xdc_data/$1.pid" "$2"; }

stop_xdc() {
  local name
  [ -d "$xdc_data" ] || { echo "there are no clusters in $xdc_data"; return 0; }
  for name in worker-1 worker-2 dc1 dc2; do xdc_end "$name" TERM; done
  echo "the clusters have ended; what they stored is in $xdc_data"
}

# xdc_keep NAME COMMAND...: starts something that outlives this script and the terminal's Ctrl-C; its log is NAME.log.
xdc_keep() {
  local name=$1
  shift
  set -m
  "$@" </dev/null >>"$xdc_data/$name.log" 2>&1 &
  set +m
  disown $!
  echo $! >"$xdc_data/$name.pid"
}

# configure_xdc NUMBER: writes the configuration of a cluster; the ports of both are known.
configure_xdc() {
  local number=$1
  cat >"$xdc_data/dc$number.yaml" <<YAML
services:
  frontend:
    rpc: {grpcPort: ${xdc_grpc[number]}, port: ${xdc_tchannel[number]}, http: {port: ${xdc_http[number]}}}
persistence:
  numHistoryShards: 16
clusterGroupMetadata:
  failoverVersionIncrement: 10
  primaryClusterName: dc1
  currentClusterName: dc$number
  clusterGroup:
    dc1: {enabled: true, initialFailoverVersion: 1, rpcTransport: actor, rpcAddress: "127.0.0.1:${xdc_link[1]}"}
    dc2: {enabled: true, initialFailoverVersion: 2, rpcTransport: actor, rpcAddress: "127.0.0.1:${xdc_link[2]}"}
clusterLinks:
  bindAddress: 127.0.0.1
dynamicconfig:
  client: filebased
  filebased: {filepath: "$xdc_data/dynamic.yaml"}
YAML
}

begin_xdc() {
  xdc_keep "dc$1" build/cadenza server start --config "$xdc_data/dc$1.yaml" --data "$xdc_data/dc$1"
}

xdc_worker() {
  xdc_keep "worker-$1" build/samples/hello/hello --address "127.0.0.1:${xdc_grpc[$1]}" --domain "$xdc_domain" --serve
}

# xdc_until WHAT COMMAND...: until the command is true, a minute at most.
xdc_until() {
  local what=$1 waited=0
  shift
  until "$@" >/dev/null 2>&1; do
    if [ "$waited" -ge 600 ]; then
      echo "$what: not after a minute; the logs are in $xdc_data" >&2
      tail -n 20 "$xdc_data"/dc*.log >&2
      return 1
    fi
    waited=$((waited + 1))
    sleep 0.1
  done
}

xdc_ready() { curl -fsS -o /dev/null "http://127.0.0.1:${xdc_http[$1]}/ready"; }

# in_xdc NUMBER WORDS...: the command line, through that cluster.
in_xdc() {
  local number=$1
  shift
  build/cadenza --address "127.0.0.1:${xdc_grpc[number]}" --http_address "127.0.0.1:${xdc_http[number]}" --do "$xdc_domain" "$@"
}

xdc_history() { in_xdc "$1" workflow show --workflow_id "$2" --output json; }
xdc_same_history() { [ "$(xdc_history 1 "$1")" = "$(xdc_history 2 "$1")" ]; }
xdc_active_in() { in_xdc "$1" domain describe | grep -q "^ActiveClusterName: $2\$"; }

# The way of one workflow over the death of the cluster that it began in.
show_xdc() {
  local id=traveller-$$
  echo
  echo "== a global domain, registered in dc1"
  in_xdc 1 domain register --global_domain true --clusters dc1 dc2 --active_cluster dc1 --retention 1
  xdc_until "dc2 knows the domain" xdc_active_in 2 dc1
  in_xdc 2 domain describe
  echo
  echo "== a workflow begins in dc1; nobody works on it yet; dc2 knows it"
  in_xdc 1 workflow start --workflow_id "$id" --tasklist hello-world --workflow_type HelloWorld --execution_timeout 1h \
    --input '"Ada"'
  xdc_until "dc2 has the workflow" xdc_same_history "$id"
  in_xdc 2 workflow show --workflow_id "$id"
  echo
  echo "== dc1 dies (kill -9 $(cat "$xdc_data/dc1.pid")); the domain fails over to dc2, and the workflow finishes there"
  xdc_end dc1 KILL
  in_xdc 2 d up --ac dc2
  xdc_worker 2
  in_xdc 2 --context_timeout 60 workflow observe "$id"
  echo
  echo "== dc1 comes back and catches up"
  begin_xdc 1
  xdc_until "dc1 is ready" xdc_ready 1
  xdc_until "dc1 has caught up" xdc_same_history "$id"
  in_xdc 1 workflow show --workflow_id "$id"
  xdc_until "dc1 knows of the fail-over" xdc_active_in 1 dc2
  echo
  echo "== the domain fails back to dc1, and both tell the same history"
  in_xdc 1 d up --ac dc1
  xdc_until "dc2 knows of the fail-over" xdc_active_in 2 dc1
  xdc_worker 1
  in_xdc 1 workflow run --workflow_id "$id-home" --tasklist hello-world --workflow_type HelloWorld --execution_timeout 1m \
    --input '"Grace"'
  xdc_until "dc2 has caught up" xdc_same_history "$id-home"
  in_xdc 1 admin replication diff --other "127.0.0.1:${xdc_grpc[2]}"
}

start_xdc() {
  local number
  mkdir -p "$xdc_data"
  stop_xdc >/dev/null
  # Each demonstration begins with nothing.
  rm -rf "$xdc_data/dc1" "$xdc_data/dc2" "$xdc_data"/*.log
  xdc_grpc=() xdc_http=() xdc_tchannel=() xdc_link=()
  for number in 1 2; do
    xdc_grpc[number]=$(free_port $((17700 + number * 10)))
    xdc_http[number]=$(free_port $((xdc_grpc[number] + 1)))
    xdc_tchannel[number]=$(free_port $((xdc_http[number] + 1)))
    xdc_link[number]=$(free_port $((xdc_tchannel[number] + 1)))
  done
  # Else a domain that has failed over stays where it is for a minute.
  echo "frontend.failoverCoolDown: [{value: 0s}]" >"$xdc_data/dynamic.yaml"
  for number in 1 2; do configure_xdc "$number"; done
  for number in 1 2; do begin_xdc "$number"; done
  for number in 1 2; do xdc_until "dc$number is ready" xdc_ready "$number"; done
  show_xdc
  cat <<TEXT

Both clusters are running, each with a worker of the sample; logs and configurations are in $xdc_data:
  dc1  gRPC 127.0.0.1:${xdc_grpc[1]}  HTTP http://127.0.0.1:${xdc_http[1]}
  dc2  gRPC 127.0.0.1:${xdc_grpc[2]}  HTTP http://127.0.0.1:${xdc_http[2]}
so that this moves the domain, and this is done where it is active then:
  build/cadenza --address 127.0.0.1:${xdc_grpc[2]} --do $xdc_domain d up --ac dc2
  build/cadenza --address 127.0.0.1:${xdc_grpc[2]} --do $xdc_domain workflow run --tasklist hello-world \\
    --workflow_type HelloWorld --execution_timeout 1m --input '"Ada"'
End them with: ./dev xdc --stop
TEXT
}

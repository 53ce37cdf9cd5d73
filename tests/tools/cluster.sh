# A cluster on this machine that stays: Debian's PostgreSQL and HAProxy and three nodes, all on loopback. To be sourced, with the
# repository's root as working directory, after server.sh.

cluster_data=${CADENZA_CLUSTER_DATA:-/var/tmp/cadenza-cluster-$(id -u)}

# cluster_end NAME SIGNAL: ends what the file NAME.pid tells, and waits for it.
cluster_end() { end_by_pid_file "$cluster_data/$1.pid" "$2"; }

cluster_postgres() {
  local program=$1
  shift
  (cd / && "${cluster_user[@]}" "$cluster_programs/$program" "$@")
}

cluster_settings() {
  cluster_programs=$(find /usr/lib/postgresql -name initdb -printf '%h\n' 2>/dev/null | sort -V | tail -n 1)
  [ -n "$cluster_programs" ] || { echo "PostgreSQL is missing" >&2; return 1; }
  cluster_user=()
  # The server of the database refuses to run as root.
  [ "$(id -u)" != 0 ] || cluster_user=(setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups)
}

stop_cluster() {
  local node
  [ -d "$cluster_data" ] || { echo "there is no cluster in $cluster_data"; return 0; }
  cluster_settings
  cluster_end worker TERM
  cluster_end haproxy TERM
  for node in 1 2 3; do cluster_end "node-$node" TERM; done
  cluster_postgres pg_ctl -s -w -D "$cluster_data/postgres" -m fast stop 2>/dev/null || true
  echo "the cluster has ended; its database is in $cluster_data/postgres"
}

# Starts the database, with what an earlier cluster left in it.
start_cluster_database() {
  cluster_database=$(free_port 15432)
  if [ ! -d "$cluster_data/postgres" ]; then
    mkdir "$cluster_data/postgres"
    [ "$(id -u)" != 0 ] || chown nobody "$cluster_data/postgres"
    cluster_postgres initdb -U cadenza -A trust -E UTF8 --locale=C -D "$cluster_data/postgres" >/dev/null
  fi
  cluster_postgres pg_ctl -s -w -t 120 -D "$cluster_data/postgres" -l "$cluster_data/postgres/log" \
    -o "-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c port=$cluster_database -c max_connections=200" start
  if ! cluster_postgres psql -h 127.0.0.1 -p "$cluster_database" -U cadenza -d postgres -Atqc \
    "SELECT 1 FROM pg_database WHERE datname = 'cadenza'" | grep -q 1; then
    cluster_postgres psql -h 127.0.0.1 -p "$cluster_database" -U cadenza -d postgres -qc \
      "CREATE DATABASE cadenza TEMPLATE template0 ENCODING 'UTF8'"
  fi
}

# configure_cluster_node NUMBER: picks its ports and writes its configuration.
configure_cluster_node() {
  local number=$1
  node_grpc[number]=$(free_port $((17800 + number * 10)))
  node_http[number]=$(free_port $((node_grpc[number] + 1)))
  node_tchannel[number]=$(free_port $((node_http[number] + 1)))
  node_link[number]=$(free_port $((node_tchannel[number] + 1)))
  cat >"$cluster_data/node-$number.yaml" <<YAML
services:
  frontend:
    rpc: {grpcPort: ${node_grpc[number]}, port: ${node_tchannel[number]}, http: {port: ${node_http[number]}}}
node:
  name: node-$number
  address: "127.0.0.1:${node_link[number]}"
persistence:
  numHistoryShards: 16
  defaultStore: postgres
  datastores:
    postgres:
      sql:
        pluginName: postgres
        connectAddr: "127.0.0.1:$cluster_database"
        databaseName: cadenza
        user: cadenza
YAML
}

# begin_cluster_node NUMBER: it outlives this script and the terminal's Ctrl-C.
begin_cluster_node() {
  set -m
  build/cadenza server start --migrate --config "$cluster_data/node-$1.yaml" </dev/null >>"$cluster_data/node-$1.log" 2>&1 &
  set +m
  disown $!
  echo $! >"$cluster_data/node-$1.pid"
}

# await_cluster URL: until it answers well, a minute at most.
await_cluster() {
  local waited=0
  until curl -fsS -o /dev/null "http://$1" 2>/dev/null; do
    if [ "$waited" -ge 600 ]; then
      echo "http://$1 does not answer; the logs are in $cluster_data" >&2
      tail -n 20 "$cluster_data"/*.log >&2
      return 1
    fi
    waited=$((waited + 1))
    sleep 0.1
  done
}

start_cluster_proxy() {
  local number rules=()
  cluster_grpc=$(free_port 7833)
  cluster_tchannel=$(free_port 7933)
  cluster_http=$(free_port 8088)
  cluster_page=$(free_port 8404)
  rules+=(-e "s/bind :7833/bind 127.0.0.1:$cluster_grpc/" -e "s/bind :7933/bind 127.0.0.1:$cluster_tchannel/"
    -e "s/bind :8088/bind 127.0.0.1:$cluster_http/" -e "s/bind :8404/bind 127.0.0.1:$cluster_page/" -e "s/ port 8088 / /")
  for number in 1 2 3; do
    rules+=(-e "s/node-$number:7833/127.0.0.1:${node_grpc[number]} port ${node_http[number]}/"
      -e "s/node-$number:7933/127.0.0.1:${node_tchannel[number]} port ${node_http[number]}/"
      -e "s/node-$number:8088/127.0.0.1:${node_http[number]} port ${node_http[number]}/")
  done
  sed "${rules[@]}" docker/haproxy/haproxy.cfg >"$cluster_data/haproxy.cfg"
  set -m
  PATH=$PATH:/usr/sbin haproxy -db -f "$cluster_data/haproxy.cfg" </dev/null >"$cluster_data/haproxy.log" 2>&1 &
  set +m
  disown $!
  echo $! >"$cluster_data/haproxy.pid"
}

# Which node holds the shard of a workflow: its number.
holder_of() {
  local shard
  shard=$(build/cadenza admin history_host getshard --workflow_id "$1" --number_of_shards 16 | sed -n 's/.* is \([0-9]*\)$/\1/p')
  build/cadenza --http_address "127.0.0.1:${node_http[1]}" admin cluster shards |
    awk -F'|' -v shard="$shard" '$1 + 0 == shard && $2 ~ /node-/ { sub(/.*node-/, "", $2); print $2 + 0 }'
}

# The way of one workflow over the death of the node that holds it.
show_cluster() {
  local ask=(build/cadenza --address "127.0.0.1:$cluster_grpc" --domain samples-domain) id=survivor-$$ dying
  echo
  echo "== the hello sample, through HAProxy"
  build/samples/hello/hello --address "127.0.0.1:$cluster_grpc" --domain samples-domain
  echo
  echo "== a workflow that nobody works on yet, and the death (kill -9) of the node that holds it"
  "${ask[@]}" workflow start --workflow_id "$id" --tasklist hello-world --workflow_type HelloWorld --execution_timeout 1h \
    --input '"Ada"'
  dying=$(holder_of "$id")
  echo "node-$dying holds it: kill -9 $(cat "$cluster_data/node-$dying.pid")"
  cluster_end "node-$dying" KILL
  set -m
  build/samples/hello/hello --address "127.0.0.1:$cluster_grpc" --domain samples-domain --serve >"$cluster_data/worker.log" 2>&1 &
  set +m
  disown $!
  echo $! >"$cluster_data/worker.pid"
  "${ask[@]}" --context_timeout 60 workflow observe "$id"
  echo
  echo "== the node is started again"
  begin_cluster_node "$dying"
  await_cluster "127.0.0.1:${node_http[dying]}/ready"
  build/cadenza --http_address "127.0.0.1:${node_http[dying]}" admin cluster members
}

start_cluster() {
  local number
  mkdir -p "$cluster_data"
  stop_cluster >/dev/null
  cluster_settings
  start_cluster_database
  node_grpc=() node_http=() node_tchannel=() node_link=()
  for number in 1 2 3; do configure_cluster_node "$number"; done
  for number in 1 2 3; do begin_cluster_node "$number"; done
  for number in 1 2 3; do await_cluster "127.0.0.1:${node_http[number]}/ready"; done
  start_cluster_proxy
  await_cluster "127.0.0.1:$cluster_http/ready"
  show_cluster
  cat <<TEXT

The cluster is running, with a worker of the sample; logs and configurations are in $cluster_data:
  gRPC      127.0.0.1:$cluster_grpc           HTTP  http://127.0.0.1:$cluster_http
  TChannel  127.0.0.1:$cluster_tchannel           HAProxy's own page  http://127.0.0.1:$cluster_page
so that this is done at once, whichever node is killed:
  build/cadenza --address 127.0.0.1:$cluster_grpc --domain samples-domain workflow run --tasklist hello-world \\
    --workflow_type HelloWorld --execution_timeout 1m --input '"Ada"'
  build/cadenza --http_address 127.0.0.1:${node_http[1]} admin cluster members
End it with: ./dev cluster --stop
TEXT
}

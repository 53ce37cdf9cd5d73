# Starting and ending a server from scripts; to be sourced, with the repository's root as working directory.

# Whether somebody listens on a port of this machine.
port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The first free port from $1 on.
free_port() {
  local port=$1
  while port_taken "$port"; do port=$((port + 1)); done
  echo "$port"
}

# start_server BINARY DATA LOG GRPC_PORT HTTP_PORT [TCHANNEL_PORT]: sets server_pid; fails when the server does not become
# ready. Without the last one TChannel is not spoken. SERVER_CONFIG: a configuration file for it (postgres_scratch.py makes
# one), whose database is brought up to date first.
start_server() {
  local binary=$1 data=$2 log=$3 port=$4 http_port=$5 tchannel_port=${6:-} waited=0
  local how=(--port "$port" --http-port "$http_port")
  if [ -n "$tchannel_port" ] || [ -n "${SERVER_CONFIG:-}" ]; then
    echo "services: {frontend: {rpc: {grpcPort: $port, port: ${tchannel_port:-0}, http: {port: $http_port}}}}" >"$log.yaml"
    how=(--config "$log.yaml")
  fi
  if [ -n "${SERVER_CONFIG:-}" ]; then
    cat "$SERVER_CONFIG" >>"$log.yaml"
    how+=(--migrate)
  fi
  "$binary" server start --data "$data" "${how[@]}" </dev/null >"$log" 2>&1 &
  server_pid=$!
  until curl -fsS -o /dev/null "http://127.0.0.1:$http_port/ready" 2>/dev/null; do
    if ! kill -0 "$server_pid" 2>/dev/null; then
      echo "the server ended before it was ready; its log:" >&2
      tail -n 50 "$log" >&2
      return 1
    fi
    if [ "$waited" -ge 300 ]; then
      echo "the server was not ready after 30 seconds; its log:" >&2
      tail -n 50 "$log" >&2
      stop_server
      return 1
    fi
    waited=$((waited + 1))
    sleep 0.1
  done
}

# Ends the server started last and waits for it.
stop_server() {
  [ -n "${server_pid:-}" ] || return 0
  kill "$server_pid" 2>/dev/null || true
  wait "$server_pid" 2>/dev/null || true
  server_pid=
}

# end_by_pid_file FILE SIGNAL: sends a signal to the process that the file names, if there is one, and waits for its end.
end_by_pid_file() {
  local file=$1 pid
  [ -f "$file" ] || return 0
  pid=$(cat "$file")
  if kill "-$2" "$pid" 2>/dev/null; then
    while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
  fi
  rm -f "$file"
}

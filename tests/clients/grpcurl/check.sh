#!/usr/bin/env bash
# grpcurl against a server, with nothing but the server's reflection to go by.
# usage: check.sh GRPCURL HOST:PORT; prints `passed: NAME` or `failed: NAME` for each check.
set -uo pipefail
grpcurl=$1 address=$2 failed=0

# check NAME PATTERN ARGUMENTS...: grpcurl's output has the pattern, and it ends well. With ! before the pattern it must fail.
check() {
  local name=$1 pattern=$2 status=0 wanted=0 out
  shift 2
  [[ $pattern != !* ]] || { wanted=1 pattern=${pattern#!}; }
  out=$("$grpcurl" -plaintext -max-time 20 "$@" 2>&1) || status=$?
  if [ $((status != 0)) -eq "$wanted" ] && grep -qE "$pattern" <<<"$out"; then
    echo "passed: $name"
  else
    echo "failed: $name: exit code $status: ${out:0:1000}"
    failed=1
  fi
}

api=uber.cadence.api.v1
for service in $api.WorkflowAPI $api.DomainAPI $api.WorkerAPI $api.VisibilityAPI $api.MetaAPI uber.cadence.admin.v1.AdminAPI \
  grpc.health.v1.Health; do
  check "list has $service" "^$service\$" "$address" list
done
check "the methods of a service" "^$api.WorkflowAPI.StartWorkflowExecution\$" "$address" list $api.WorkflowAPI
check "a service described" "rpc StartWorkflowExecution \( \.$api.StartWorkflowExecutionRequest \)" "$address" describe $api.WorkflowAPI
check "a message described" 'google.protobuf.Duration execution_start_to_close_timeout = ' "$address" describe $api.StartWorkflowExecutionRequest
check "an enum described" 'WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE = ' "$address" describe $api.WorkflowIdReusePolicy
check "a domain registered" '^\{\}' -d '{"name": "clients-grpcurl", "workflow_execution_retention_period": "86400s"}' "$address" $api.DomainAPI/RegisterDomain
check "the domain described" '"name": "clients-grpcurl"' -d '{"name": "clients-grpcurl"}' "$address" $api.DomainAPI/DescribeDomain
check "an error with its detail" '!Code: AlreadyExists' -d '{"name": "clients-grpcurl", "workflow_execution_retention_period": "86400s"}' \
  "$address" $api.DomainAPI/RegisterDomain
check "the detail of an error, by its type" "!\"@type\": \"type.googleapis.com/$api.DomainAlreadyExistsError\"" -format json \
  -d '{"name": "clients-grpcurl", "workflow_execution_retention_period": "86400s"}' "$address" $api.DomainAPI/RegisterDomain
check "health" '"status": "SERVING"' -d '{}' "$address" grpc.health.v1.Health/Check
check "a service that is not there" '!does not (include|expose) service|not found|Symbol not found' "$address" list $api.NobodyAPI
exit "$failed"

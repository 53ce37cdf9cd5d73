// What cadence-web asks of a server, with its gRPC library and its settings: every RPC that is served answers with what the
// web page reads from it. usage: CADENZA_ADDRESS=host:port CADENZA_PROTO=messages/proto node --test web.test.mjs
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, after, test } from 'node:test';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const proto = process.env.CADENZA_PROTO;
const domain = `web-${process.pid}`;
const id = `web-workflow-${process.pid}`;
const taskList = { name: `web-list-${process.pid}` };
const names = ['domain', 'workflow', 'visibility', 'worker'];
const files = names.map((name) => `uber/cadence/api/v1/service_${name}.proto`);
const definition = loader.loadSync([...files, 'uber/cadence/admin/v1/service_admin.proto'], {
  includeDirs: [proto, '/usr/include'],
  keepCase: false,
  longs: String,
  enums: String,
  defaults: true,
  oneofs: true,
});
const { api, admin } = grpc.loadPackageDefinition(definition).uber.cadence;
const options = { 'grpc.max_receive_message_length': 64 << 20, 'grpc.max_send_message_length': 64 << 20 };
const connect = (service) => new service(process.env.CADENZA_ADDRESS, grpc.credentials.createInsecure(), options);
const clients = {
  domain: connect(api.v1.DomainAPI),
  workflow: connect(api.v1.WorkflowAPI),
  visibility: connect(api.v1.VisibilityAPI),
  worker: connect(api.v1.WorkerAPI),
  admin: connect(admin.v1.AdminAPI),
};

// ask calls a method with the headers that cadence-web sends.
function ask(service, method, request) {
  const headers = new grpc.Metadata();
  for (const [key, value] of Object.entries({
    'rpc-service': 'cadence-frontend',
    'rpc-caller': 'cadence-web',
    'rpc-encoding': 'proto',
    'cadence-caller-type': 'ui',
  }))
    headers.set(key, value);
  return new Promise((resolve, reject) => {
    clients[service][method](request, headers, { deadline: Date.now() + 50_000 }, (error, response) =>
      error ? reject(error) : resolve(response),
    );
  });
}

const refused = (code, promise) => assert.rejects(promise, (error) => error.code === code);

let execution;
before(async () => {
  await ask('domain', 'RegisterDomain', { name: domain, workflowExecutionRetentionPeriod: { seconds: 86400 } });
  const { runId } = await ask('workflow', 'StartWorkflowExecution', {
    domain,
    workflowId: id,
    workflowType: { name: 'web-type' },
    taskList,
    input: { data: Buffer.from('"hello"') },
    executionStartToCloseTimeout: { seconds: 600 },
    taskStartToCloseTimeout: { seconds: 10 },
    requestId: randomUUID(),
    workflowIdReusePolicy: 'WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE',
  });
  execution = { workflowId: id, runId };
});
after(() => Object.values(clients).forEach((client) => client.close()));

test('DescribeCluster tells that lists by query work', async () => {
  const { persistenceInfo } = await ask('admin', 'DescribeCluster', {});
  assert.deepEqual(
    persistenceInfo.visibilityStore.features.find((feature) => feature.key === 'advancedVisibilityEnabled'),
    { key: 'advancedVisibilityEnabled', enabled: true },
  );
});

test('ListDomains in pages of 2000, DescribeDomain and UpdateDomain', async () => {
  const { domains } = await ask('domain', 'ListDomains', { pageSize: 2000 });
  assert.ok(domains.some((one) => one.name === domain));
  await ask('domain', 'UpdateDomain', { name: domain, description: 'seen', updateMask: { paths: ['description'] } });
  const { domain: told } = await ask('domain', 'DescribeDomain', { name: domain });
  assert.equal(told.description, 'seen');
  await refused(grpc.status.NOT_FOUND, ask('domain', 'DescribeDomain', { name: 'no-such-domain' }));
});

test('the search of the workflow page', async () => {
  const query =
    `(WorkflowType = "${id}" OR WorkflowID = "${id}" OR RunID = "${id}") AND (CloseTime = missing)` +
    ' AND StartTime > "2020-01-01T00:00:00.000Z" AND StartTime <= "2099-01-01T00:00:00.000Z" ORDER BY StartTime DESC';
  const { executions } = await ask('visibility', 'ListWorkflowExecutions', { domain, pageSize: 20, query });
  assert.deepEqual(executions.map((one) => one.workflowExecution), [execution]);
  const { count } = await ask('visibility', 'CountWorkflowExecutions', { domain, query: `WorkflowID = "${id}"` });
  assert.equal(count, '1');
  const { keys } = await ask('visibility', 'GetSearchAttributes', {});
  assert.equal(keys.WorkflowID, 'INDEXED_VALUE_TYPE_KEYWORD');
  await refused(grpc.status.INVALID_ARGUMENT, ask('visibility', 'ListWorkflowExecutions', { domain, query: 'a = ' }));
});

test('describe, history, task list', async () => {
  const described = await ask('workflow', 'DescribeWorkflowExecution', { domain, workflowExecution: execution });
  assert.equal(described.workflowExecutionInfo.type.name, 'web-type');
  assert.equal(described.workflowExecutionInfo.closeStatus, 'WORKFLOW_EXECUTION_CLOSE_STATUS_INVALID');
  const { history } = await ask('workflow', 'GetWorkflowExecutionHistory', { domain, workflowExecution: execution, pageSize: 200 });
  assert.equal(history.events[0].attributes, 'workflowExecutionStartedEventAttributes');
  await ask('workflow', 'DescribeTaskList', { domain, taskList, taskListType: 'TASK_LIST_TYPE_DECISION' });
});

test('a run that is not there is a 404 for the page', async () => {
  const gone = { workflowId: 'no-such-workflow', runId: '01234567-89ab-cdef-0123-456789abcdef' };
  for (const method of ['DescribeWorkflowExecution', 'GetWorkflowExecutionHistory'])
    await refused(grpc.status.NOT_FOUND, ask('workflow', method, { domain, workflowExecution: gone }));
});

test('known query types are told as the worker told them', async () => {
  const query = ask('workflow', 'QueryWorkflow', {
    domain,
    workflowExecution: execution,
    query: { queryType: '__query_types' },
    queryRejectCondition: 'QUERY_REJECT_CONDITION_INVALID',
  }).catch((error) => error);
  const message = 'unknown queryType __query_types. KnownQueryTypes=[__stack_trace state]';
  const poll = () => ask('worker', 'PollForDecisionTask', { domain, taskList, identity: 'web-test' });
  let task = await poll();
  if (!task.query && !Object.keys(task.queries ?? {}).length) {
    await ask('worker', 'RespondDecisionTaskCompleted', { taskToken: task.taskToken, decisions: [], identity: 'web-test' });
    task = await poll();
  }
  await ask('worker', 'RespondQueryTaskCompleted', {
    taskToken: task.taskToken,
    result: { resultType: 'QUERY_RESULT_TYPE_FAILED', errorMessage: message },
  });
  const error = await query;
  assert.equal(error.code, grpc.status.INVALID_ARGUMENT);
  assert.match(error.details, /KnownQueryTypes=\[(.*)?\]/);
});

test('the buttons of the page: signal, cancel, terminate, restart', async () => {
  const at = { domain, workflowExecution: execution };
  await ask('workflow', 'SignalWorkflowExecution', { ...at, signalName: 'button', requestId: randomUUID() });
  await ask('workflow', 'RequestCancelWorkflowExecution', { ...at, requestId: randomUUID() });
  await ask('workflow', 'TerminateWorkflowExecution', { ...at, reason: 'button' });
  await refused(grpc.status.NOT_FOUND, ask('workflow', 'TerminateWorkflowExecution', { ...at, reason: 'again' }));
  const { history } = await ask('workflow', 'GetWorkflowExecutionHistory', {
    ...at,
    historyEventFilterType: 'EVENT_FILTER_TYPE_CLOSE_EVENT',
  });
  assert.equal(history.events.at(-1).attributes, 'workflowExecutionTerminatedEventAttributes');
  const { runId } = await ask('workflow', 'RestartWorkflowExecution', at);
  assert.notEqual(runId, execution.runId);
});

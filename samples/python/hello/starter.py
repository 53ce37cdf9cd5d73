"""Starts a greeting, asks for its state, signs it and prints the result."""

import asyncio
import sys
from datetime import timedelta

from cadence.api.v1.history_pb2 import EVENT_FILTER_TYPE_CLOSE_EVENT
from cadence.api.v1.service_workflow_pb2 import GetWorkflowExecutionHistoryRequest

from hello.greeting import DOMAIN, TASK_LIST, GreetingWorkflow, connect


async def result_of(client, execution) -> str:
    """Waits for the run's last event; the client has no call of its own for that."""
    request = GetWorkflowExecutionHistoryRequest(
        domain=DOMAIN,
        workflow_execution=execution,
        wait_for_new_event=True,
        history_event_filter_type=EVENT_FILTER_TYPE_CLOSE_EVENT,
    )
    while True:
        response = await client.workflow_stub.GetWorkflowExecutionHistory(request)
        if response.history.events:
            break
        request.next_page_token = response.next_page_token
    event = response.history.events[0]
    if not event.HasField("workflow_execution_completed_event_attributes"):
        failure = event.workflow_execution_failed_event_attributes.failure
        raise SystemExit(f"the workflow did not complete: {failure.reason} {failure.details.decode(errors='replace')}")
    return client.data_converter.from_data(event.workflow_execution_completed_event_attributes.result, [str])[0]


async def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "world"
    async with connect() as client:
        execution = await client.start_workflow(
            GreetingWorkflow.__name__,
            name,
            task_list=TASK_LIST,
            execution_start_to_close_timeout=timedelta(seconds=60),
        )
        print(f"workflow id: {execution.workflow_id}, run id: {execution.run_id}")

        async def state() -> str:
            return await client.query_workflow(execution.workflow_id, execution.run_id, "state", result_type=str)

        if name == "nobody":
            await result_of(client, execution)  # ends the program with the reason
        print(f"state: {await state()}")
        await client.signal_workflow(execution.workflow_id, execution.run_id, "sign", "the Python worker")
        print(f"result: {await result_of(client, execution)}")
        print(f"state: {await state()}")


asyncio.run(main())

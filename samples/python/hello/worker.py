"""Registers the domain and runs the worker until it is told to stop."""

import asyncio
import signal

from cadence.api.v1.service_domain_pb2 import RegisterDomainRequest
from cadence.error import DomainAlreadyExistsError
from cadence.worker import Worker

from hello.greeting import DOMAIN, TASK_LIST, connect, registry


async def main() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with connect() as client:
        request = RegisterDomainRequest(name=DOMAIN)
        request.workflow_execution_retention_period.FromSeconds(3 * 24 * 3600)
        try:
            await client.domain_stub.RegisterDomain(request)
        except DomainAlreadyExistsError:
            pass
        async with Worker(client, TASK_LIST, registry):
            print(f"the worker polls {TASK_LIST}", flush=True)
            await stop.wait()


asyncio.run(main())

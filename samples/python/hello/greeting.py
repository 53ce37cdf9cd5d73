"""A workflow with two activities, a signal and a query, for the worker and the starter beside it."""

import os
from datetime import timedelta

from cadence import Client, Registry, workflow

DOMAIN = "samples-domain"
TASK_LIST = "hello-world"

registry = Registry()


@registry.activity(name="compose_greeting")
def compose_greeting(name: str) -> str:
    """Makes a greeting. Fails when nobody is to be greeted, to show how that looks."""
    if name == "nobody":
        raise ValueError("nobody to greet")
    return f"Hello, {name}!"


@registry.activity(name="sign_greeting")
async def sign_greeting(greeting: str, author: str) -> str:
    """Puts a name under a greeting."""
    return f"{greeting} Yours, {author}."


@registry.workflow(name="GreetingWorkflow")
class GreetingWorkflow:
    """Asks for a greeting, waits for the signal that says who signs it, has it signed."""

    def __init__(self) -> None:
        self.current = "composing"
        self.author = ""

    @workflow.run
    async def run(self, name: str) -> str:
        limits = {
            "schedule_to_close_timeout": timedelta(seconds=20),
            "schedule_to_start_timeout": timedelta(seconds=10),
            "start_to_close_timeout": timedelta(seconds=10),
        }
        greeting = await workflow.execute_activity("compose_greeting", str, name, **limits)
        self.current = "waiting for a signature"
        await workflow.wait_condition(lambda: self.author != "")
        signed = await workflow.execute_activity("sign_greeting", str, greeting, self.author, **limits)
        self.current = "signed"
        return signed

    @workflow.signal(name="sign")
    def sign(self, author: str) -> None:
        self.author = author

    @workflow.query(name="state")
    def state(self) -> str:
        return self.current


def connect() -> Client:
    """A client of the server at CADENCE_CLI_ADDRESS, 127.0.0.1:7833 when that is not set."""
    return Client(domain=DOMAIN, target=os.environ.get("CADENCE_CLI_ADDRESS", "127.0.0.1:7833"))

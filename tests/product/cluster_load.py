"""Workers and clients that a cluster's nodes may leave at any moment: what is refused as unavailable they ask again, of the next
node; anything else that goes wrong they tell."""
import itertools
import threading
import uuid

from worker import Channel, Refused, activity, complete

CLOSE_EVENT = 1  # HistoryEventFilterType
STARTED, COMPLETED = 0, 1  # EventType
TASK_LIST = "orders"


def unavailable(error):
    """Whether an error says that the request may be made again: no connection, or TChannel's `declined`, as UNAVAILABLE is
    there. A poll that was cut off is one, too."""
    return isinstance(error, OSError) or (isinstance(error, Refused) and str(error).startswith("error frame 4:"))


def too_fast(error):
    """Whether a client asks for more than its domain may: it asks again until it may."""
    return isinstance(error, Refused) and "Too many outstanding requests" in str(error)


class Client:
    """Asks one node after the other until one answers."""

    def __init__(self, ports, first=0):
        self.ports = itertools.cycle(ports[first:] + ports[:first])
        self.channel, self.refusals, self.closing = None, 0, False

    def call(self, method, request):
        while not self.closing:
            try:
                if self.channel is None:
                    self.channel = Channel(next(self.ports))
                return self.channel.call(method, request)
            except (OSError, Refused) as error:
                if too_fast(error):
                    continue
                if not unavailable(error):
                    raise
                self.refusals += 1
                self.leave()
        return None

    def leave(self):
        channel, self.channel = self.channel, None
        if channel is not None:
            channel.close()

    def close(self):
        self.closing = True
        self.leave()


class Crew:
    """Polls for decisions and activities over every node: each workflow has one activity."""

    def __init__(self, domain, ports, task_list=TASK_LIST):
        self.domain, self.task_list, self.problems, self.clients, self.threads = domain, task_list, [], [], []
        for number in range(len(ports)):
            for work in (self.decide, self.act):
                client = Client(ports, number)
                self.clients.append(client)
                self.threads.append(threading.Thread(target=self.run, args=(client, work), daemon=True))
        for thread in self.threads:
            thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.clients:
            client.close()
        for thread in self.threads:
            thread.join(timeout=60)

    def run(self, client, work):
        while not client.closing:
            try:
                work(client)
            except Refused as error:
                # Fields 3 and 5: the task is over, the run closed; a request that was made again finds that.
                if not str(error).startswith(("{3:", "{5:", "{8:")):
                    self.problems.append(f"{work.__name__}: {error}")
            except Exception as error:  # told where the crew ends
                if not client.closing:
                    self.problems.append(f"{work.__name__}: {type(error).__name__} {error}")

    def poll(self, client, method):
        return client.call(method, {10: self.domain, 20: {10: self.task_list}, 30: "crew"}) or {}

    def decide(self, client):
        task = self.poll(client, "PollForDecisionTask")
        if not task.get(10):
            return
        if 80 in task:
            client.call("RespondQueryTaskCompleted", {10: task[10], 20: 0, 30: b'"asked and answered"'})
            return
        events = task[60][10]
        done = any(event[30] == 11 for event in events)  # ActivityTaskCompleted
        begun = any(event[30] == 9 for event in events)  # ActivityTaskScheduled
        decisions = [complete()] if done else [] if begun else [activity(self.task_list, start_to_close=10,
                                                                         retry=(1, 20))]
        client.call("RespondDecisionTaskCompleted", {10: task[10], 20: decisions, 40: "crew"})

    def act(self, client):
        task = self.poll(client, "PollForActivityTask")
        if task.get(10):
            client.call("RespondActivityTaskCompleted", {10: task[10], 20: b"1", 30: "crew"})


def start(client, domain, workflow_id, task_list=TASK_LIST, seconds=300, decision_seconds=5):
    """The run's id. Made again with the same request id, so that one run comes of it."""
    return client.call("StartWorkflowExecution",
                       {10: domain, 20: workflow_id, 30: {10: "Order"}, 40: {10: task_list}, 50: b"1", 60: seconds,
                        70: decision_seconds, 80: "load", 90: str(uuid.uuid4())})[10]


def history(client, domain, workflow_id, run_id):
    """All events, once the run is closed."""
    execution = {10: workflow_id, 20: run_id}
    token = None
    while True:
        request = {10: domain, 20: execution, 50: True, 60: CLOSE_EVENT}
        if token:
            request[40] = token
        answer = client.call("GetWorkflowExecutionHistory", request)
        if answer.get(10, {}).get(10):
            break
        token = answer.get(20)
    events, token = [], None
    while True:
        request = {10: domain, 20: execution}
        if token:
            request[40] = token
        answer = client.call("GetWorkflowExecutionHistory", request)
        events += answer[10][10]
        token = answer.get(20)
        if not token:
            return events


class Load:
    """Threads that start workflows until told to stop; `acknowledged` are those whose start was answered."""

    def __init__(self, domain, ports, threads=4, prefix="load"):
        self.domain, self.prefix, self.problems, self.acknowledged, self.stopping = domain, prefix, [], [], False
        self.changed = threading.Condition()
        self.clients = [Client(ports, number % len(ports)) for number in range(threads)]
        self.threads = [threading.Thread(target=self.run, args=(number,), daemon=True) for number in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self, number):
        client = self.clients[number]
        for count in itertools.count():
            if self.stopping:
                return
            workflow_id = f"{self.prefix}-{number}-{count}"
            try:
                run_id = start(client, self.domain, workflow_id)
            except Exception as error:
                self.problems.append(f"start of {workflow_id}: {type(error).__name__} {error}")
                run_id = None
            with self.changed:
                if run_id:
                    self.acknowledged.append((workflow_id, run_id))
                self.changed.notify_all()
            if len(self.problems) > 20:
                return

    def wait_for(self, more, seconds=120):
        """Until so many more starts were answered; False when they were not in that time."""
        with self.changed:
            goal = len(self.acknowledged) + more
            return self.changed.wait_for(lambda: len(self.acknowledged) >= goal or len(self.problems) > 20, seconds) and \
                len(self.acknowledged) >= goal

    def stop(self):
        self.stopping = True
        for thread in self.threads:
            thread.join(timeout=60)
        for client in self.clients:
            client.close()
        return self.acknowledged

    @property
    def refusals(self):
        return sum(client.refusals for client in self.clients)


def broken(client, domain, runs):
    """What is wrong with these runs, a line each: every one completes, its event ids without a gap."""
    out = []
    for workflow_id, run_id in runs:
        events = history(client, domain, workflow_id, run_id)
        ids = [event[10] for event in events]
        if ids != list(range(1, len(ids) + 1)):
            out.append(f"{workflow_id}: event ids {ids}")
        if events[0][30] != STARTED or events[-1][30] != COMPLETED:
            out.append(f"{workflow_id}: from event type {events[0][30]} to {events[-1][30]}")
    return out

"""A worker for tests that says exactly what a test tells it to: Thrift over TChannel, with nothing but Python.

Structures are dictionaries from field numbers to values, as the Thrift contract numbers them.
"""
import socket
import struct
import threading

BOOL, DOUBLE, I32, I64, STRING, STRUCT, MAP, SET, LIST = 2, 4, 8, 10, 11, 12, 13, 14, 15
INIT_REQUEST, CALL_REQUEST, CALL_RESPONSE, CALL_RESPONSE_MORE, ERROR = 1, 3, 4, 0x14, 0xFF
SCHEDULE_ACTIVITY, START_TIMER, COMPLETE, FAIL = 0, 2, 3, 4  # DecisionType
ANSWERED = 0  # QueryTaskCompletedType
PANIC = 13  # DecisionTaskFailedCause: the workflow's code failed


class Long(int):
    """An i64; other integers are i32."""


class Refused(Exception):
    """The server's answer was an exception of the contract, or an error of the protocol."""


def typed(value):
    """(type, bytes) of a value."""
    if isinstance(value, bool):
        return BOOL, struct.pack(">b", value)
    if isinstance(value, Long):
        return I64, struct.pack(">q", value)
    if isinstance(value, int):
        return I32, struct.pack(">i", value)
    if isinstance(value, float):
        return DOUBLE, struct.pack(">d", value)
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return STRING, struct.pack(">i", len(value)) + value
    if isinstance(value, dict):
        fields = b""
        for number, one in value.items():
            kind, content = typed(one)
            fields += struct.pack(">bh", kind, number) + content
        return STRUCT, fields + b"\0"
    items = [typed(one) for one in value]
    return LIST, struct.pack(">bi", items[0][0] if items else STRUCT, len(items)) + b"".join(one for _, one in items)


class Reader:
    def __init__(self, content):
        self.content, self.at = content, 0

    def take(self, form):
        values = struct.unpack_from(form, self.content, self.at)
        self.at += struct.calcsize(form)
        return values if len(values) > 1 else values[0]

    def text(self, form):
        return self.take(f"{self.take(form)}s")

    def value(self, kind):
        if kind == STRUCT:
            out = {}
            while (kind := self.take(">b")) != 0:
                number = self.take(">h")
                out[number] = self.value(kind)
            return out
        if kind in (LIST, SET):
            kind, count = self.take(">bi")
            return [self.value(kind) for _ in range(count)]
        if kind == MAP:
            of, to, count = self.take(">bbi")
            return {self.value(of): self.value(to) for _ in range(count)}
        if kind == STRING:
            return self.text(">i")
        return self.take({BOOL: ">b", 3: ">b", DOUBLE: ">d", 6: ">h", I32: ">i", I64: ">q"}[kind])


class Channel:
    """One connection, one call at a time."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=90)
        self.number = 0
        words = (("host_port", "0.0.0.0:0"), ("process_name", "worker of a test"), ("tchannel_language", "python"),
                 ("tchannel_language_version", "3"), ("tchannel_version", "1"))
        self.send(INIT_REQUEST, struct.pack(">HH", 2, len(words)) +
                  b"".join(struct.pack(f">H{len(a)}sH{len(b)}s", len(a), a.encode(), len(b), b.encode()) for a, b in words))
        self.receive()

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)  # wakes up who waits for an answer
        except OSError:
            pass
        self.socket.close()

    def send(self, kind, payload):
        self.number += 1
        self.socket.sendall(struct.pack(">HBBIQ", 16 + len(payload), kind, 0, self.number, 0) + payload)

    def exactly(self, size):
        out = b""
        while len(out) < size:
            part = self.socket.recv(size - len(out))
            if not part:
                raise ConnectionError("the server has closed the connection")
            out += part
        return out

    def receive(self):
        size, kind, _, number, _ = struct.unpack(">HBBIQ", self.exactly(16))
        return kind, number, Reader(self.exactly(size - 16))

    def call(self, method, request):
        """The result's field 0, or None where a method answers nothing."""
        name = f"WorkflowService::{method}".encode()
        body = typed({1: request})[1]
        words = (("as", "thrift"), ("cn", "test"))
        payload = struct.pack(">BI25sB", 0, 80_000, b"", 16) + b"cadence-frontend" + struct.pack(">B", len(words))
        for a, b in words:
            payload += struct.pack(f">B{len(a)}sB{len(b)}s", len(a), a.encode(), len(b), b.encode())
        payload += b"\0" + struct.pack(f">H{len(name)}s", len(name), name) + struct.pack(">HH", 2, 0)
        self.send(CALL_REQUEST, payload + struct.pack(f">H{len(body)}s", len(body), body))
        return self.answer(self.number)

    def answer(self, wanted):
        arguments, more = [b""], True
        while more:
            kind, number, frame = self.receive()
            if number != wanted:
                continue
            if kind == ERROR:
                code, _ = frame.take(">B25s")
                raise Refused(f"error frame {code}: {frame.text('>H').decode()}")
            more = bool(frame.take(">B") & 1)
            if kind == CALL_RESPONSE:
                frame.take(">B25s")
                for _ in range(frame.take(">B")):
                    frame.text(">B"), frame.text(">B")
            if frame.take(">B") != 0:
                frame.take(">I")
            # The first piece goes on with what the frame before ended in.
            arguments[-1] += frame.text(">H")
            while frame.at < len(frame.content):
                arguments.append(frame.text(">H"))
        result = Reader(arguments[2]).value(STRUCT)
        if any(number != 0 for number in result):
            raise Refused(str(result))
        return result.get(0)


class Worker:
    """Polls a task list in threads of its own until it is closed.

    `decide` gets a decision task and returns decisions, or a text: the decision fails for it; queries all
    have one answer. `act` gets an activity task and
    returns the result as bytes, or a (reason, details) pair: the activity fails for it; None: nobody answers."""

    def __init__(self, port, domain, task_list, decide=None, act=None, identity="worker-of-a-test"):
        self.domain, self.task_list, self.identity = domain, task_list, identity
        self.channels, self.threads, self.closing, self.failure = [], [], False, None
        for loop, work in ((self.decisions, decide), (self.activities, act)):
            if work:
                channel = Channel(port)
                self.channels.append(channel)
                self.threads.append(threading.Thread(target=self.run, args=(loop, channel, work), daemon=True))
        for thread in self.threads:
            thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closing = True
        for channel in self.channels:
            channel.close()
        for thread in self.threads:
            thread.join(timeout=30)
        if self.failure:
            raise self.failure

    def run(self, loop, channel, work):
        try:
            while not self.closing:
                loop(channel, work)
        except (OSError, ConnectionError) as error:
            if not self.closing:
                self.failure = error
        except Exception as error:  # told where the worker ends
            self.failure = error

    def poll(self, channel, method):
        return channel.call(method, {10: self.domain, 20: {10: self.task_list}, 30: self.identity}) or {}

    def decisions(self, channel, decide):
        task = self.poll(channel, "PollForDecisionTask")
        if not task.get(10):
            return
        if 80 in task:  # a query: every type has the same answer
            channel.call("RespondQueryTaskCompleted", {10: task[10], 20: ANSWERED, 30: b'"asked and answered"'})
            return
        answer = decide(task)
        try:
            if isinstance(answer, str):
                channel.call("RespondDecisionTaskFailed", {10: task[10], 20: PANIC, 30: answer, 40: self.identity})
            else:
                channel.call("RespondDecisionTaskCompleted", {10: task[10], 20: answer, 40: self.identity})
        except Refused:
            pass  # it came too late: the workflow was ended meanwhile

    def activities(self, channel, act):
        task = self.poll(channel, "PollForActivityTask")
        if not task.get(10):
            return
        answer = act(task)
        try:
            if isinstance(answer, bytes):
                channel.call("RespondActivityTaskCompleted", {10: task[10], 20: answer, 30: self.identity})
            elif answer:
                channel.call("RespondActivityTaskFailed",
                             {10: task[10], 20: answer[0], 30: answer[1], 40: self.identity})
        except Refused:
            pass


def activity(task_list, *, kind="Charge", number="0", retry=None, heartbeat=None, start_to_close=600):
    """The decision that schedules one; `retry` is (first interval, attempts at most)."""
    attributes = {10: number, 20: {10: kind}, 30: {10: task_list}, 40: b"1", 45: 3600, 50: 3600, 55: start_to_close}
    if heartbeat:
        attributes[60] = heartbeat
    if retry:
        attributes[70] = {10: retry[0], 20: 1.0, 30: retry[0], 40: retry[1], 60: 3600}
    return {10: SCHEDULE_ACTIVITY, 20: attributes}


def timer(seconds, number="wait"):
    return {10: START_TIMER, 25: {10: number, 20: Long(seconds)}}


def complete(result=b"1"):
    return {10: COMPLETE, 30: {10: result}}


def fail(reason, details=b"null"):
    return {10: FAIL, 35: {10: reason, 20: details}}

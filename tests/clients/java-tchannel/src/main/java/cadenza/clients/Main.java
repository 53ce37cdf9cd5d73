package cadenza.clients;

import com.uber.cadence.DescribeDomainRequest;
import com.uber.cadence.DomainAlreadyExistsError;
import com.uber.cadence.EntityNotExistsError;
import com.uber.cadence.EventType;
import com.uber.cadence.GetWorkflowExecutionHistoryRequest;
import com.uber.cadence.HistoryEvent;
import com.uber.cadence.ListClosedWorkflowExecutionsRequest;
import com.uber.cadence.RegisterDomainRequest;
import com.uber.cadence.StartTimeFilter;
import com.uber.cadence.TerminateWorkflowExecutionRequest;
import com.uber.cadence.WorkflowExecution;
import com.uber.cadence.WorkflowExecutionFilter;
import com.uber.cadence.client.WorkflowClient;
import com.uber.cadence.client.WorkflowClientOptions;
import com.uber.cadence.client.WorkflowException;
import com.uber.cadence.client.WorkflowOptions;
import com.uber.cadence.client.WorkflowStub;
import com.uber.cadence.serviceclient.ClientOptions;
import com.uber.cadence.serviceclient.IWorkflowService;
import com.uber.cadence.serviceclient.WorkflowServiceTChannel;
import com.uber.cadence.worker.Worker;
import com.uber.cadence.worker.WorkerFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * Runs the Java client 3.x over TChannel against the server at CADENZA_ADDRESS: a worker and its workflows, and plain calls.
 * Prints `passed: NAME` or `failed: NAME` for each check; the exit code is 0 when all passed.
 */
public final class Main {
  private static final String DOMAIN = "clients-java-tchannel";
  private static final String TASK_LIST = "java-tchannel-" + System.nanoTime();

  private interface Check {
    void run() throws Exception;
  }

  private final IWorkflowService service;
  private final WorkflowClient client;
  private boolean failed;

  private Main(IWorkflowService service) {
    this.service = service;
    this.client =
        WorkflowClient.newInstance(
            service, WorkflowClientOptions.newBuilder().setDomain(DOMAIN).build());
  }

  public static void main(String[] arguments) throws Exception {
    System.out.println(); // Maven leaves a line begun.
    String address = System.getenv("CADENZA_ADDRESS");
    int colon = address.lastIndexOf(':');
    Main main =
        new Main(
            new WorkflowServiceTChannel(
                ClientOptions.newBuilder()
                    .setHost(address.substring(0, colon))
                    .setPort(Integer.parseInt(address.substring(colon + 1)))
                    .build()));
    main.registered();
    WorkerFactory factory = WorkerFactory.newInstance(main.client);
    Worker worker = factory.newWorker(TASK_LIST);
    worker.registerWorkflowImplementationTypes(
        Kinds.GreetingRun.class,
        Kinds.ParentRun.class,
        Kinds.ChildRun.class,
        Kinds.WaitingRun.class,
        Kinds.CountdownRun.class);
    worker.registerActivitiesImplementations(new Kinds.WorkDone());
    factory.start();
    main.check("activities, a signal and queries", main::greets);
    main.check("an activity that fails", main::fails);
    main.check("a timer, a child and an activity that is tried again", main::asks);
    main.check("a cancellation", main::cancels);
    main.check("a termination", main::terminates);
    main.check("runs that continue as new", main::countsDown);
    main.check("exceptions come as they are declared", main::refuses);
    main.check("histories and lists", main::lists);
    factory.shutdownNow();
    System.exit(main.failed ? 1 : 0); // The client keeps threads of its own alive.
  }

  private void check(String name, Check check) {
    try {
      check.run();
      System.out.println("passed: " + name);
    } catch (Throwable failure) {
      failed = true;
      System.out.println("failed: " + name + ": " + failure);
      failure.printStackTrace(System.out);
    }
  }

  private void registered() throws Exception {
    try {
      service.RegisterDomain(register());
    } catch (DomainAlreadyExistsError alreadyThere) {
      // An earlier run on the same server.
    }
  }

  private static RegisterDomainRequest register() {
    return new RegisterDomainRequest()
        .setName(DOMAIN)
        .setDescription("the Java client's")
        .setWorkflowExecutionRetentionPeriodInDays(3);
  }

  private static WorkflowOptions options() {
    return new WorkflowOptions.Builder()
        .setTaskList(TASK_LIST)
        .setExecutionStartToCloseTimeout(Duration.ofSeconds(60))
        .build();
  }

  private void greets() {
    Kinds.Greeting greeting = client.newWorkflowStub(Kinds.Greeting.class, options());
    WorkflowClient.start(greeting::greet, "Ada");
    String state = greeting.state();
    equal(state.equals("composing") || state.equals("waiting for a signature"), true, "state " + state);
    greeting.sign("the Java client");
    equal(
        WorkflowStub.fromTyped(greeting).getResult(String.class),
        "Hello, Ada! Yours, the Java client.",
        "result");
    equal(greeting.state(), "signed", "state of a closed run");
  }

  private void fails() {
    Kinds.Greeting greeting = client.newWorkflowStub(Kinds.Greeting.class, options());
    try {
      greeting.greet("nobody");
      throw new IllegalStateException("the workflow does not fail");
    } catch (WorkflowException failure) {
      Throwable cause = failure;
      while (cause.getCause() != null) {
        cause = cause.getCause();
      }
      equal(cause.getClass(), IllegalArgumentException.class, "class of the cause");
      equal(cause.getMessage(), "nobody to greet", "message of the cause");
    }
  }

  private void asks() {
    equal(
        client.newWorkflowStub(Kinds.Parent.class, options()).ask("Bea"),
        "The child says: Hello, Bea! At attempt 2.",
        "result");
  }

  private void cancels() {
    WorkflowStub waiting = WorkflowStub.fromTyped(client.newWorkflowStub(Kinds.Waiting.class, options()));
    waiting.start();
    waiting.cancel();
    try {
      waiting.getResult(Void.class);
      throw new IllegalStateException("the workflow is not cancelled");
    } catch (CancellationException cancelled) {
      // As it should be.
    }
  }

  private void terminates() throws Exception {
    WorkflowStub waiting = WorkflowStub.fromTyped(client.newWorkflowStub(Kinds.Waiting.class, options()));
    WorkflowExecution execution = waiting.start();
    service.TerminateWorkflowExecution(
        new TerminateWorkflowExecutionRequest()
            .setDomain(DOMAIN)
            .setWorkflowExecution(execution)
            .setReason("enough"));
    try {
      waiting.getResult(Void.class);
      throw new IllegalStateException("the workflow is not terminated");
    } catch (WorkflowException terminated) {
      equal(last(execution).getEventType(), EventType.WorkflowExecutionTerminated, "last event");
      equal(last(execution).getWorkflowExecutionTerminatedEventAttributes().getReason(), "enough", "reason");
    }
  }

  private void countsDown() {
    equal(client.newWorkflowStub(Kinds.Countdown.class, options()).from(3), "lift-off", "result");
  }

  private void refuses() throws Exception {
    try {
      service.RegisterDomain(register());
      throw new IllegalStateException("the domain is registered twice");
    } catch (DomainAlreadyExistsError expected) {
      equal(expected.getMessage() == null || expected.getMessage().isEmpty(), false, "no message");
    }
    try {
      service.DescribeDomain(new DescribeDomainRequest().setName("nobodys-domain"));
      throw new IllegalStateException("a domain that is not there is described");
    } catch (EntityNotExistsError expected) {
      // As it should be.
    }
    WorkflowStub waiting = WorkflowStub.fromTyped(client.newWorkflowStub(Kinds.Waiting.class, options()));
    WorkflowExecution execution = waiting.start();
    try {
      client.newUntypedWorkflowStub("Waiting::await",
          new WorkflowOptions.Builder(options()).setWorkflowId(execution.getWorkflowId()).build()).start();
      throw new IllegalStateException("a workflow is started twice");
    } catch (com.uber.cadence.client.DuplicateWorkflowException expected) {
      equal(expected.getExecution().getRunId(), execution.getRunId(), "run of the one that is there");
    }
    waiting.cancel();
  }

  private void lists() throws Exception {
    equal(
        service.DescribeDomain(new DescribeDomainRequest().setName(DOMAIN)).getDomainInfo().getDescription(),
        "the Java client's",
        "description");
    WorkflowStub countdown = WorkflowStub.fromTyped(client.newWorkflowStub(Kinds.Countdown.class, options()));
    WorkflowExecution execution = countdown.start(0);
    countdown.getResult(String.class);
    List<EventType> types = new ArrayList<>();
    for (HistoryEvent event : history(execution)) {
      types.add(event.getEventType());
    }
    equal(
        types,
        List.of(
            EventType.WorkflowExecutionStarted,
            EventType.DecisionTaskScheduled,
            EventType.DecisionTaskStarted,
            EventType.DecisionTaskCompleted,
            EventType.WorkflowExecutionCompleted),
        "events");
    ListClosedWorkflowExecutionsRequest request =
        new ListClosedWorkflowExecutionsRequest()
            .setDomain(DOMAIN)
            .setMaximumPageSize(10)
            .setStartTimeFilter(new StartTimeFilter().setEarliestTime(0).setLatestTime(Long.MAX_VALUE))
            .setExecutionFilter(new WorkflowExecutionFilter().setWorkflowId(execution.getWorkflowId()));
    // Visibility follows the run's end: it is asked until it has seen it, or the bound is reached.
    long until = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    int found = 0;
    while (found == 0 && System.nanoTime() < until) {
      found = service.ListClosedWorkflowExecutions(request).getExecutionsSize();
    }
    equal(found, 1, "closed runs of the workflow");
  }

  private List<HistoryEvent> history(WorkflowExecution execution) throws Exception {
    return service
        .GetWorkflowExecutionHistory(
            new GetWorkflowExecutionHistoryRequest().setDomain(DOMAIN).setExecution(execution))
        .getHistory()
        .getEvents();
  }

  private HistoryEvent last(WorkflowExecution execution) throws Exception {
    List<HistoryEvent> events = history(execution);
    return events.get(events.size() - 1);
  }

  private static void equal(Object got, Object wanted, String what) {
    if (!got.equals(wanted)) {
      throw new IllegalStateException(what + ": got " + got + ", wanted " + wanted);
    }
  }
}

package cadenza.samples;

import com.uber.cadence.DomainAlreadyExistsError;
import com.uber.cadence.RegisterDomainRequest;
import com.uber.cadence.serviceclient.IWorkflowService;
import com.uber.cadence.worker.Worker;
import com.uber.cadence.worker.WorkerFactory;
import com.uber.cadence.workflow.Workflow;

/** Registers the domain and runs the worker until it is told to stop. */
public final class HelloWorker {
  private HelloWorker() {}

  /** The workflow: an instance lives as long as a run is in the worker's memory. */
  public static final class Greeting implements GreetingWorkflow {
    private final GreetingActivities activities =
        Workflow.newActivityStub(GreetingActivities.class);
    private String state = "composing";
    private String author;

    @Override
    public String greet(String name) {
      String greeting = activities.compose(name);
      state = "waiting for a signature";
      Workflow.await(() -> author != null);
      String signed = activities.sign(greeting, author);
      state = "signed";
      return signed;
    }

    @Override
    public void sign(String author) {
      this.author = author;
    }

    @Override
    public String state() {
      return state;
    }
  }

  /** The activities: one instance serves all runs. */
  public static final class Activities implements GreetingActivities {
    @Override
    public String compose(String name) {
      if (name.equals("nobody")) {
        throw new IllegalArgumentException("nobody to greet");
      }
      return "Hello, " + name + "!";
    }

    @Override
    public String sign(String greeting, String author) {
      return greeting + " Yours, " + author + ".";
    }
  }

  public static void main(String[] arguments) throws Exception {
    IWorkflowService service = Connection.open();
    try {
      service.RegisterDomain(
          new RegisterDomainRequest()
              .setName(Connection.DOMAIN)
              .setWorkflowExecutionRetentionPeriodInDays(3));
    } catch (DomainAlreadyExistsError alreadyThere) {
      // Another sample came first.
    }
    WorkerFactory factory = WorkerFactory.newInstance(Connection.client(service));
    Worker worker = factory.newWorker(Connection.TASK_LIST);
    worker.registerWorkflowImplementationTypes(Greeting.class);
    worker.registerActivitiesImplementations(new Activities());
    Runtime.getRuntime().addShutdownHook(new Thread(factory::shutdownNow));
    factory.start();
    System.out.println("the worker polls " + Connection.TASK_LIST);
    Thread.currentThread().join();
  }
}

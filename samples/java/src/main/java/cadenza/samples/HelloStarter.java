package cadenza.samples;

import com.uber.cadence.WorkflowExecution;
import com.uber.cadence.client.WorkflowClient;
import com.uber.cadence.client.WorkflowException;
import com.uber.cadence.client.WorkflowOptions;
import com.uber.cadence.client.WorkflowStub;
import com.uber.cadence.serviceclient.IWorkflowService;
import java.time.Duration;

/** Starts a greeting, asks for its state, signs it and prints the result. */
public final class HelloStarter {
  private HelloStarter() {}

  public static void main(String[] arguments) {
    IWorkflowService service = Connection.open();
    GreetingWorkflow greeting =
        Connection.client(service)
            .newWorkflowStub(
                GreetingWorkflow.class,
                new WorkflowOptions.Builder()
                    .setTaskList(Connection.TASK_LIST)
                    .setExecutionStartToCloseTimeout(Duration.ofSeconds(60))
                    .build());
    WorkflowExecution execution =
        WorkflowClient.start(greeting::greet, arguments.length > 0 ? arguments[0] : "world");
    System.out.println(
        "workflow id: " + execution.getWorkflowId() + ", run id: " + execution.getRunId());
    if (arguments.length > 0 && arguments[0].equals("nobody")) {
      fail(greeting);
    }
    System.out.println("state: " + greeting.state());
    greeting.sign("the Java worker");
    System.out.println("result: " + WorkflowStub.fromTyped(greeting).getResult(String.class));
    System.out.println("state: " + greeting.state());
    service.close();
    System.exit(0); // The client keeps threads of its own alive.
  }

  /** Waits for a workflow that fails, and prints why it did. */
  private static void fail(GreetingWorkflow greeting) {
    try {
      WorkflowStub.fromTyped(greeting).getResult(String.class);
    } catch (WorkflowException failure) {
      for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
        System.out.println("failed: " + cause.getMessage());
      }
    }
    System.exit(1);
  }
}
